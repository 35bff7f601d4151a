package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.packages.Family;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which Docker an old Kubernetes gets on hosts with yum or dnf. RuntimeScriptsTest has the same for apt. */
class DockerVersionsTest extends PackageScripts {
    private static final Map<String, String> DOCKER =
            Map.of("RUNTIME", "docker", "CRI_SOCKET", "/var/run/dockershim.sock", "KUBERNETES_MINOR", "20");

    /** Yum 3 knows only the word, dnf5 only the option: it takes the word for a package's name. dnf 4 knows both. */
    @ParameterizedTest
    @CsvSource({"yum, --available", "dnf-3, ", "dnf5, available"})
    void theNewestThatServesItIsInstalledWithAllPackageManagers(String program, String unknown) throws IOException {
        try (Host host = start("1.20.2", Family.YUM)) {
            offer(host, "28.5.2", """
                    case " $* " in
                      *' list '*' %s '*) echo 'Error: No matching Packages to list' >&2; exit 1 ;;
                      *' list --showduplicates '*' docker-ce ')
                        printf 'Available Packages\\n%%-30s %%-20s docker\\n' docker-ce.x86_64 3:28.4.0-1.el9 \
                    docker-ce.x86_64 3:28.5.2-1.el9 docker-ce.x86_64 3:29.0.1-1.el9
                        exit 0 ;;
                    esac""".formatted(unknown == null ? "(nothing)" : unknown));
            Path bin = host.root().resolve("usr/bin");
            if (!program.equals("yum")) {
                Files.move(bin.resolve("yum"), bin.resolve(program));
                Files.createSymbolicLink(bin.resolve("yum"), Path.of(program));
            }
            host.run("package-repository", Map.of());

            StepDriver.Result result = host.run("runtime-install", DOCKER);

            assertThat(result.log()).contains("installing docker-ce 28.5.2").doesNotContain("warning");
            assertThat(host.root().resolve(".rehearsal/packages/docker-ce/version")).hasContent("28.5.2");
        }
    }

    /** A Docker that was there before stays, whatever its version is. */
    @Test
    void aNewerOneThatRunsIsKeptWithAWarning() throws IOException {
        try (Host host = start("1.20.2", Family.YUM)) {
            offer(host, "29.0.1", "case \" $* \" in *' list '*) echo 'Error: No matching Packages to list' >&2; exit 1 ;; esac");
            host.run("package-repository", Map.of());
            host.run("runtime-install", DOCKER);

            StepDriver.Result result = host.run("runtime-install", DOCKER);

            assertThat(result.changes()).isEmpty();
            assertThat(result.log())
                    .contains("warning: Docker 29.0.1 runs here; Docker up to 28 is known to work with Kubernetes 1.20");
        }
    }

    /* The repositories have that version; what is put before yum lists the versions. */
    private static void offer(Host host, String version, String list) throws IOException {
        Files.writeString(host.root().resolve(".rehearsal/runtime"), "docker " + version + "\n");
        host.insteadOf("yum", list);
    }
}
