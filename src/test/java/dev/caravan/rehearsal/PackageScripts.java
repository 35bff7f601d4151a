package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.Programs;
import dev.caravan.packages.Family;
import dev.caravan.spec.Cluster;
import dev.caravan.testkit.Clusters;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Simulated hosts whose package manager answers as real ones do, for the scripts that install packages. */
abstract class PackageScripts {
    static final String YUM_URL = "https://mirror.example/kubernetes/core/stable/v1.37/rpm/";
    static final String APT_URL = "https://mirror.example/kubernetes/core/stable/v1.37/deb/ /";
    private static final Map<String, String> MODERN_YUM =
            Map.of("KUBERNETES_REPO_URL", YUM_URL, "KUBERNETES_REPO_KEYS", YUM_URL + "repodata/repomd.xml.key");
    private static final Map<String, String> MODERN_APT =
            Map.of("KUBERNETES_REPO_URL", APT_URL, "KUBERNETES_REPO_KEYS", "https://mirror.example/Release.key");

    @RegisterExtension
    final Scratch scratch = new Scratch();

    /** One host of a rehearsed cluster. */
    final class Host implements AutoCloseable {
        final Rehearsal rehearsal;
        final StepDriver driver;
        private final Map<String, String> more;

        Host(Rehearsal rehearsal, Family family, Map<String, String> more) {
            this.rehearsal = rehearsal;
            this.driver = new StepDriver(rehearsal, Map.of("h1", family));
            this.more = more;
        }

        Path root() {
            return rehearsal.host("h1").root();
        }

        StepDriver.Result run(String step) throws IOException {
            return run(step, more);
        }

        StepDriver.Result run(String step, Map<String, String> environment) throws IOException {
            StepDriver.Result result = driver.run("h1", step, environment, "");
            assertThat(result.status()).as(result.log()).isZero();
            return result;
        }

        StepDriver.Result fails(String step) throws IOException {
            return ends(step, 1);
        }

        StepDriver.Result ends(String step, int status) throws IOException {
            StepDriver.Result result = driver.run("h1", step, more, "");
            assertThat(result.status()).as(result.log()).isEqualTo(status);
            return result;
        }

        /** Runs an undo script from the routes with these records. */
        Connection.Answer undo(String script, String records) throws IOException {
            String scripts = StepDriver.SCRIPTS.toAbsolutePath().toString();
            try (Connection connection = new Connection(rehearsal.host("h1"))) {
                return connection.run("RUNTIME=containerd CRI_SOCKET=/run/containerd/containerd.sock GOES= CARAVAN_LIB='"
                        + scripts + "' sh '"
                        + scripts + "/" + script + ".sh'", records);
            }
        }

        void command(String name, String script) throws IOException {
            Programs.script(root().resolve("usr/bin").resolve(name), script);
        }

        /** The script runs before the stand-in, and may end instead of it; real ARGUMENT... calls that. */
        void insteadOf(String name, String script) throws IOException {
            String standIn = "\"$(cat \"$CARAVAN_ROOT/.rehearsal/workshop\")/standins/" + name + "\"";
            command(name, "real() { " + standIn + " \"$@\"; }\n" + script + "\nreal \"$@\"");
        }

        @Override
        public void close() throws IOException {
            rehearsal.close();
        }
    }

    Host start(String version, Family family) throws IOException {
        Cluster cluster = Clusters.of(1, 0, version, Cluster.RuntimeName.CONTAINERD, Clusters.root());
        Rehearsal rehearsal = Rehearsal.start(cluster, List.of(), scratch.directory(),
                new Rehearsal.Options(Family.YUM, Map.of("h1", family), 0));
        return new Host(rehearsal, family, family == Family.YUM ? MODERN_YUM : MODERN_APT);
    }
}
