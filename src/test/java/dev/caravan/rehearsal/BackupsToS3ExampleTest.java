package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.Engine;
import dev.caravan.engine.EngineOptions;
import dev.caravan.packages.Family;
import dev.caravan.routes.RouteFiles;
import dev.caravan.routes.RouteFiles.RouteFile;
import dev.caravan.spec.Cluster;
import dev.caravan.testkit.Clusters;
import dev.caravan.testkit.RehearsedRuns;
import dev.caravan.testkit.RehearsedRuns.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Rehearsal: {@code examples/backups-to-s3}, with simulated hosts, Camel's own S3 component and a real S3 server. */
class BackupsToS3ExampleTest {
    private static final Path ROUTES = Path.of("examples", "backups-to-s3", "routes");
    private static final String BUCKET = "cluster-backups";
    private static final String CHECKSUMS = "aws.requestChecksumCalculation";

    @RegisterExtension
    final Scratch scratch = new Scratch();

    private final RehearsedRuns runs = new RehearsedRuns(scratch);

    /** A copy of a route would keep an older version of it. */
    @Test
    void theExampleReplacesAHookAndNoRoute() throws IOException {
        Set<String> builtIn = RouteFiles.builtIn().all().keySet();
        assertThat(RouteFiles.with(ROUTES).routes().stream().filter(file -> file.origin().isPresent()).map(RouteFile::name)
                .filter(builtIn::contains)).containsExactly("hosts/after-backup.camel.yaml");
    }

    /** As the example says for servers that speak S3 as it was before. */
    @BeforeAll
    static void withoutNewerChecksums() {
        System.setProperty(CHECKSUMS, "WHEN_REQUIRED");
    }

    @AfterAll
    static void asBefore() {
        System.clearProperty(CHECKSUMS);
    }

    private Engine engine(Rehearsal rehearsal, S3Server server, String bucket, String secretKey) throws Exception {
        return runs.engine(new EngineOptions(runs.data(), Optional.of(ROUTES), false, true, rehearsal::target, Map.of(
                "s3.bucket", bucket, "camel.component.aws2-s3.region", "eu-west-1",
                "camel.component.aws2-s3.access-key", S3Server.ACCESS_KEY, "camel.component.aws2-s3.secret-key", secretKey,
                "camel.component.aws2-s3.override-endpoint", "true", "camel.component.aws2-s3.force-path-style", "true",
                "camel.component.aws2-s3.uri-endpoint-override", server.address())));
    }

    @Tag("long")
    @Test
    void eachBackupAndItsRecordAreInTheBucketAndARunThatCannotCopyThemSaysWhy() throws Exception {
        try (S3Server server = S3Server.start(Files.createDirectories(scratch.parent().resolve("s3")), BUCKET);
                Rehearsal rehearsal = Rehearsal.start(
                        Clusters.of(1, 0, "1.36.3", Cluster.RuntimeName.CONTAINERD, Clusters.root()), List.of(), scratch.directory(),
                        Rehearsal.Options.usual().withFamily(Family.APT).withPace(0))) {
            try (Engine engine = engine(rehearsal, server, BUCKET, S3Server.SECRET_KEY)) {
                assertSucceeded(runs.run(engine, rehearsal.cluster(), "apply"));
                assertThat(server.keys()).as("an installation takes no backup").isEmpty();

                assertSucceeded(runs.run(engine, rehearsal.cluster(), "backup"));
                List<Path> saved = saved();
                assertThat(saved).hasSize(2);
                assertThat(server.keys()).hasSize(2);
                for (Path file : saved) {
                    assertThat(server.object("demo/" + file.getFileName())).as(file.toString()).hasValue(Files.readAllBytes(file));
                }
            }
            try (Engine engine = engine(rehearsal, server, BUCKET, "another-secret-key")) {
                assertSucceeded(runs.run(engine, rehearsal.cluster(), "certificates"));
                assertNotCopied(runs.run(engine, rehearsal.cluster(), "backup"), 4, "the server refused to write into the bucket " + BUCKET,
                        "Are the access key and the secret key the right ones");
            }
            try (Engine engine = engine(rehearsal, server, "no-such-bucket", S3Server.SECRET_KEY)) {
                assertNotCopied(runs.run(engine, rehearsal.cluster(), "backup"), 6, "there is no bucket no-such-bucket",
                        "Create the bucket, or set s3.bucket");
            }
            server.close();
            try (Engine engine = engine(rehearsal, server, BUCKET, S3Server.SECRET_KEY)) {
                assertNotCopied(runs.run(engine, rehearsal.cluster(), "backup"), 8, "the backup was not copied into the bucket " + BUCKET,
                        "Connection refused");
            }
        }
    }

    private void assertNotCopied(Ended ended, int files, String... said) throws IOException {
        assertThat(ended.state()).as(ended.details()).isEqualTo("failed");
        List<Path> saved = saved();
        assertThat(saved).as("the backup itself is there").hasSize(files);
        assertThat(ended.message()).contains(said).contains("It is in " + saved.get(saved.size() - 1)).contains("caravan backup")
                .doesNotContain("secret-key", "Exception");
    }

    private static void assertSucceeded(Ended ended) {
        assertThat(ended.state()).as(ended.details()).isEqualTo("succeeded");
    }

    private List<Path> saved() throws IOException {
        try (Stream<Path> files = Files.list(runs.data().resolve("backups/demo"))) {
            return files.sorted().toList();
        }
    }
}
