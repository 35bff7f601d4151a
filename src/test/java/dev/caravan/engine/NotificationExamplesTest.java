package dev.caravan.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import dev.caravan.actions.Action;
import dev.caravan.run.RunOrder;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.SpecReader;
import dev.caravan.testkit.Serving;
import jakarta.mail.internet.MimeMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The examples that tell how runs ended, as they stand in {@code examples/}, against a real SMTP server and a real broker. */
class NotificationExamplesTest {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final String WORKFLOW = """
            - route:
                id: %s
                note: |
                  title: The workflow of a test
                  changesHosts: true
                routeConfigurationId: workflow-errors
                from:
                  uri: direct:%s
                  steps:
                    - %s
            """;

    @TempDir
    Path directory;

    private Path routes(String example) throws IOException {
        Path routes = directory.resolve("routes");
        Path from = Path.of("examples", example, "routes");
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path target = routes.resolve(from.relativize(file).toString());
                Files.createDirectories(target.getParent());
                Files.copy(file, target);
            }
        }
        Path actions = Files.createDirectories(routes.resolve("actions"));
        Files.writeString(actions.resolve("good.camel.yaml"), WORKFLOW.formatted("good", "good", "log: done"));
        Files.writeString(actions.resolve("bad.camel.yaml"), WORKFLOW.formatted("bad", "bad",
                "throwException: {exceptionType: java.lang.IllegalStateException, message: broken on purpose}"));
        return routes;
    }

    private static String run(Serving serving, String action) throws Exception {
        Cluster cluster = SpecReader.read(Serving.spec("demo", "192.0.2.1"), "test");
        Action known = serving.engine().runs().actions().find(action).orElseThrow();
        String id = serving.engine().runs().begin(new RunOrder(cluster, "spec", "", known, "command", List.of())).id();
        serving.ended(id);
        return id;
    }

    @Test
    void mailMessageMailsHowARunEnded() throws Exception {
        GreenMail server = new GreenMail(new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_SMTP));
        server.start();
        try (Serving serving = Serving.start(directory, routes("mail-message"), Map.of(
                "mail.server", "127.0.0.1:" + server.getSmtp().getPort(), "mail.from", "caravan@example.com",
                "mail.to", "operators@example.com"))) {
            String good = run(serving, "good");
            await().atMost(LONG).until(() -> server.getReceivedMessages().length == 1);
            String bad = run(serving, "bad");
            await().atMost(LONG).until(() -> server.getReceivedMessages().length == 2);
            MimeMessage first = server.getReceivedMessages()[0];
            assertThat(first.getSubject()).isEqualTo("good of demo succeeded");
            assertThat(first.getFrom()[0]).hasToString("caravan@example.com");
            assertThat(first.getAllRecipients()[0]).hasToString("operators@example.com");
            assertThat(first.getContent().toString().strip()).isEqualTo("Run " + good + ": good of demo succeeded.");
            assertThat(server.getReceivedMessages()[1].getContent().toString().strip())
                    .isEqualTo("Run " + bad + ": bad of demo failed.");
        } finally {
            server.stop();
        }
    }

    @Test
    void runsToKafkaWritesARecordOfEachRun() throws Exception {
        try (KafkaBroker kafka = KafkaBroker.start(directory.resolve("kafka"))) {
            kafka.createTopic("runs");
            try (Serving serving = Serving.start(directory, routes("runs-to-kafka"),
                    Map.of("runs.topic", "runs", "camel.component.kafka.brokers", kafka.address()))) {
                String good = run(serving, "good");
                String bad = run(serving, "bad");
                List<ConsumerRecord<String, String>> records = kafka.read("runs", 2, LONG);
                assertThat(records).extracting(ConsumerRecord::key).containsExactly("demo", "demo");
                assertThat(records).extracting(ConsumerRecord::value).containsExactlyInAnyOrder(
                        "{\"run\": \"" + good + "\", \"action\": \"good\", \"cluster\": \"demo\", \"ended\": \"succeeded\"}",
                        "{\"run\": \"" + bad + "\", \"action\": \"bad\", \"cluster\": \"demo\", \"ended\": \"failed\"}");
            }
        }
    }
}
