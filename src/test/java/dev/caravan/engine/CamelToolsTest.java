package dev.caravan.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.caravan.testkit.Serving;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import javax.management.ObjectName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What Camel's own tools find of a service that lets them in: the camel command's status file, and MBeans. */
class CamelToolsTest {
    @TempDir
    private Path directory;

    @Tag("long")
    @Test
    void theCamelCommandAndJmxSeeTheRoutesWhenSwitchedOn() throws Exception {
        String home = System.getProperty("user.home");
        System.setProperty("user.home", directory.toString());
        try (Serving serving = Serving.start(directory, Files.createDirectories(directory.resolve("routes")),
                Map.of("caravan.camel-tools", "true"))) {
            Path status = directory.resolve(".camel").resolve(ProcessHandle.current().pid() + "-status.json");
            await().atMost(Duration.ofMinutes(5)).until(() -> Files.exists(status)
                    && routes(Files.readString(status)).contains("kubeadm-init"));
            assertThat(ManagementFactory.getPlatformMBeanServer().queryNames(new ObjectName("org.apache.camel:type=routes,*"), null))
                    .hasSize(serving.engine().context().getRoutes().size());
        } finally {
            System.setProperty("user.home", home);
        }
    }

    /** None while it is being written, and before the routes have started. */
    private static List<String> routes(String status) {
        try {
            return new ObjectMapper().readTree(status).path("routes").findValuesAsText("routeId");
        } catch (JsonProcessingException e) {
            return List.of();
        }
    }
}
