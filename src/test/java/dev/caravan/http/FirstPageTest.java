package dev.caravan.http;

import static dev.caravan.http.Client.json;
import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.access.Tokens;
import dev.caravan.rehearsal.Rehearsal;
import dev.caravan.rehearsal.Rehearsals;
import dev.caravan.rehearsal.ScratchDirectory;
import dev.caravan.spec.Secret;
import dev.caravan.testkit.Serving;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What somebody sees in a real Chromium before the first run. */
class FirstPageTest {
    @Test
    void anExampleIsTriedWithOneClickWhereHostsAreSimulated(@TempDir Path directory) throws Exception {
        Path program = Chromium.orSkip();
        try (ScratchDirectory scratch = ScratchDirectory.open();
                Rehearsals rehearsals = new Rehearsals(scratch.hosts(), Rehearsal.Options.usual().withPace(0));
                Serving serving = Serving.rehearse(directory, rehearsals);
                Chromium browser = new Chromium(program)) {
            browser.open(serving.uri("/"));
            browser.until("!byId('first').hidden && byId('first').querySelector('h1')");
            assertThat(browser.text("#first")).contains("mv spec.yaml " + serving.inbox().toRealPath(), "curl -X POST -H",
                    serving.uri("/api/v1/runs?action=apply").toString());
            browser.click("#try");
            browser.until("page.model && page.model.ended", Duration.ofMinutes(5));
            assertThat(browser.value("page.model.state + page.model.run.action + realHosts(page.model)").asText())
                    .isEqualTo("succeededapply3");
            browser.value("location.hash = '#/'");
            browser.until("byId('first').hidden && document.querySelector('#runs a')");
            assertThat(browser.problems()).isEmpty();
        }
    }

    @Tag("long")
    @Test
    void anExampleIsTriedWithOneClickBesideAnEngineOfRealHosts(@TempDir Path directory) throws Exception {
        Path program = Chromium.orSkip();
        Path real = directory.toRealPath();
        try (Serving serving = Serving.start(real, Optional.empty()); Chromium browser = new Chromium(program)) {
            browser.open(serving.uri("/"));
            browser.click("#try");
            browser.until("location.port !== '" + serving.port() + "' && typeof page === 'object' && page.model && page.model.ended",
                    Duration.ofMinutes(5));
            assertThat(browser.value("page.model.state + page.model.run.action + realHosts(page.model)").asText())
                    .isEqualTo("succeededapply3");
            assertThat(browser.text("#hosts")).isEqualTo("Rehearsal: simulated hosts");
            assertThat(new Client(serving).get("/api/v1/runs").body()).as("this engine has none").isEqualTo("{\"runs\":[]}");
            Path trial = trial();
            assertThat(browser.problems()).isEmpty();
            serving.close();
            assertThat(trial).as("ends with it").doesNotExist();
        }
    }

    /** The directory of the engine that is tried. */
    private static Path trial() throws IOException {
        try (Stream<Path> all = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return all.filter(each -> each.getFileName().toString().startsWith("caravan-rehearsal-")
                    && Files.isDirectory(each.resolve("served"))).findFirst().orElseThrow();
        }
    }

    @Test
    void nothingIsTriedWhereItIsNotToBe(@TempDir Path directory) throws Exception {
        try (Serving serving = Serving.start(directory, Tokens.read("otto operate otto-token-0123456789"))) {
            assertThat(new Client(serving).postSpec("/api/v1/trial", Serving.spec(), "Authorization", "Bearer otto-token-0123456789")
                    .statusCode()).isEqualTo(403);
        }
        Path other = Files.createDirectories(directory.resolve("other"));
        try (Serving serving = Serving.start(other, Optional.empty())) {
            Client client = new Client(serving);
            assertThat(client.postSpec("/api/v1/trial", "kind: Nothing").statusCode()).isEqualTo(422);
            serving.release(client.begin());
            assertThat(json(client.postSpec("/api/v1/trial", Serving.spec())).get("detail").asText())
                    .startsWith("This engine has runs on real hosts.");
        }
        Path login = Files.createDirectories(directory.resolve("login"));
        try (Serving serving = Serving.start(login, Optional.of(new Secret("right")), Map.of("caravan.oidc.issuer", "http://localhost:1",
                "caravan.oidc.url", "http://localhost", "caravan.oidc.view", "*"))) {
            Client client = new Client(serving);
            assertThat(json(client.get("/api/v1/engine", "Authorization", "Bearer right")).get("trial").asBoolean()).isFalse();
            assertThat(client.postSpec("/api/v1/trial", Serving.spec(), "Authorization", "Bearer right").statusCode()).isEqualTo(409);
        }
    }

    @Test
    void whereHostsAreRealItSaysHowToBegin(@TempDir Path directory) throws Exception {
        Path program = Chromium.orSkip();
        Path real = directory.toRealPath();
        try (Serving serving = Serving.start(real, Optional.empty()); Chromium browser = new Chromium(program)) {
            browser.open(serving.uri("/"));
            browser.until("!byId('first').hidden && byId('first').querySelector('h1')");
            assertThat(browser.text("#first")).contains("caravan serve --rehearse --port 8081 --inbox rehearsal-inbox",
                    "caravan apply -f spec.yaml --data " + real.resolve("data"), "mv spec.yaml " + real.resolve("inbox"));
            Files.writeString(serving.inbox().resolve("spec.yaml"), Serving.spec());
            browser.until("byId('first').hidden && document.querySelector('#runs a')");
            assertThat(browser.problems()).isEmpty();
            serving.engine().runs().underWay().forEach(serving::release);
        }
    }
}
