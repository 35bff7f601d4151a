package dev.caravan.http;

import static dev.caravan.http.Client.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.routes.RouteFiles;
import dev.caravan.testkit.Serving;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A routes directory with the built-in files in it, as a checkout has one. */
class ExportedRoutesTest {
    @TempDir
    private Path directory;

    @Test
    void onlyWhatWasChangedIsTheUsersOwn() throws Exception {
        Path routes = directory.resolve("routes");
        RouteFiles.export(routes);
        Path changed = routes.resolve("hosts/before-host.camel.yaml");
        Files.writeString(changed, Files.readString(changed) + "# ours\n");
        try (Serving serving = Serving.start(directory, routes, Map.of())) {
            JsonNode all = json(new Client(serving).get("/api/v1/routes")).get("routes");
            assertThat(all).hasSizeGreaterThan(30).filteredOn(route -> !route.get("builtIn").asBoolean())
                    .extracting(route -> route.get("id").asText()).containsExactly("before-host");
            assertThat(json(new Client(serving).get("/api/v1/actions")).get("actions")).isNotEmpty()
                    .allMatch(action -> action.get("builtIn").asBoolean());
        }
    }
}
