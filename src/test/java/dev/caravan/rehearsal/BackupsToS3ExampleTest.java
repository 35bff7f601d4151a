package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.Engine;
import dev.caravan.engine.EngineOptions;
import dev.caravan.packages.Family;
import dev.caravan.routes.RouteFiles;
import dev.caravan.spec.Cluster;
import dev.caravan.testkit.Clusters;
import dev.caravan.testkit.RehearsedRuns;
import dev.caravan.testkit.RehearsedRuns.Ended;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Rehearsal: {@code examples/backups-to-s3}, with simulated hosts, Camel's own S3 component and a real S3 server. */
class BackupsToS3ExampleTest {
    private static final Path ROUTES = Path.of("examples", "backups-to-s3", "routes");
    private static final String BUCKET = "cluster-backups";

    @RegisterExtension
    final Scratch scratch = new Scratch();

    private final RehearsedRuns runs = new RehearsedRuns(scratch);

    /** So that the example does not keep an older version of the route. */
    @Test
    void theCopiedRouteIsTheBuiltInOneWithOneLineMore() throws IOException {
        String file = "hosts/backup-cluster.camel.yaml";
        assertThat(Files.readString(ROUTES.resolve(file))).isEqualTo(RouteFiles.builtIn().text(file).orElseThrow()
                + "        - to: direct:backup-to-s3\n");
    }

    @Tag("long")
    @Test
    void eachBackupAndItsRecordAreInTheBucketAndARunWithoutTheBucketFails() throws Exception {
        try (S3Server server = S3Server.start(Files.createDirectories(scratch.parent().resolve("s3")), BUCKET);
                Rehearsal rehearsal = Rehearsal.start(
                        Clusters.of(1, 0, "1.36.3", Cluster.RuntimeName.CONTAINERD, Clusters.root()), List.of(), scratch.directory(),
                        Rehearsal.Options.usual().withFamily(Family.APT).withPace(0));
                Engine engine = runs.engine(new EngineOptions(runs.data(), Optional.of(ROUTES), false, true, rehearsal::target, Map.of(
                        "s3.bucket", BUCKET, "camel.component.aws2-s3.region", "eu-west-1",
                        "camel.component.aws2-s3.access-key", "key", "camel.component.aws2-s3.secret-key", "secret",
                        "camel.component.aws2-s3.override-endpoint", "true", "camel.component.aws2-s3.force-path-style", "true",
                        "camel.component.aws2-s3.uri-endpoint-override", server.address())))) {
            assertSucceeded(runs.run(engine, rehearsal.cluster(), "apply"));
            assertThat(list(server)).as("an installation takes no backup").doesNotContain("<Key>");

            assertSucceeded(runs.run(engine, rehearsal.cluster(), "backup"));
            List<Path> saved = saved();
            assertThat(saved).hasSize(2);
            for (Path file : saved) {
                assertThat(list(server)).contains("<Key>demo/" + file.getFileName() + "</Key>");
                assertThat(server.get("/" + BUCKET + "/demo/" + file.getFileName()).body()).as(file.toString())
                        .isEqualTo(Files.readAllBytes(file));
            }

            server.close();
            Ended failed = runs.run(engine, rehearsal.cluster(), "backup");
            assertThat(failed.state()).as(failed.details()).isEqualTo("failed");
            assertThat(saved()).as("the backup itself is there").hasSize(4);
        }
    }

    private static void assertSucceeded(Ended ended) {
        assertThat(ended.state()).as(ended.details()).isEqualTo("succeeded");
    }

    private static String list(S3Server server) throws Exception {
        return new String(server.get("/" + BUCKET + "?list-type=2").body(), StandardCharsets.UTF_8);
    }

    private List<Path> saved() throws IOException {
        try (Stream<Path> files = Files.list(runs.data().resolve("backups/demo"))) {
            return files.sorted().toList();
        }
    }
}
