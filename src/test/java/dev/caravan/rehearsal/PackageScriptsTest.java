package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.packages.Family;
import dev.caravan.spec.Cluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The scripts that install packages, on simulated hosts whose package manager answers as real ones do. */
class PackageScriptsTest {
    private static final String YUM_URL = "https://mirror.example/kubernetes/core/stable/v1.37/rpm/";
    private static final String APT_URL = "https://mirror.example/kubernetes/core/stable/v1.37/deb/ /";
    private static final Map<String, String> MODERN_YUM =
            Map.of("KUBERNETES_REPO_URL", YUM_URL, "KUBERNETES_REPO_KEYS", YUM_URL + "repodata/repomd.xml.key");
    private static final Map<String, String> MODERN_APT =
            Map.of("KUBERNETES_REPO_URL", APT_URL, "KUBERNETES_REPO_KEYS", "https://mirror.example/Release.key");

    @RegisterExtension
    final Scratch scratch = new Scratch();

    @ParameterizedTest
    @EnumSource(Family.class)
    void crictlComesByNameAsNoPackageDependsOnItAnyMore(Family family) throws IOException {
        try (Host host = start("1.37.2", family)) {
            host.run("package-repository");
            host.run("runtime-install");

            StepDriver.Result installed = host.run("kube-install");

            assertThat(installed.changes()).contains("install kubelet kubeadm kubectl 1.37.2 cri-tools");
            assertThat(host.root().resolve("usr/bin/crictl")).exists();
            assertThat(host.run("kube-install").changes()).isEmpty();
            if (family == Family.APT) {
                assertThat(installed.changes()).contains("hold cri-tools at its version");
                assertThat(installed.log()).contains("cri-tools=1.37.0-00").contains("found\thold\tcri-tools\tabsent");
            }
        }
    }

    @Test
    void aCrictlThatIsThereStaysAsItIs() throws IOException {
        try (Host host = start("1.37.2", Family.YUM)) {
            host.command("crictl", "echo crictl version v1.29.0");
            host.run("package-repository");

            StepDriver.Result installed = host.run("kube-install");

            assertThat(installed.changes()).contains("install kubelet kubeadm kubectl 1.37.2");
            assertThat(installed.log()).doesNotContain("cri-tools");
        }
    }

    @Test
    void dockershimNeedsNoCrictl() throws IOException {
        try (Host host = start("1.37.2", Family.YUM)) {
            host.run("package-repository");

            assertThat(host.run("kube-install", Map.of("CRI_SOCKET", "/var/run/dockershim.sock")).log()).doesNotContain("cri-tools");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        // dnf 4.14, dnf5 and yum 3, which installs the others and is content
        "No match for argument: cri-tools|Error: Unable to find a match: cri-tools; 1",
        "Failed to resolve the transaction:|No match for argument: cri-tools|You can try to add to command line:|  --skip-unavailable to skip unavailable packages; 1",
        "No package cri-tools available.; 0"})
    void aRepositoryWithoutCriToolsIsNamed(String words, int status) throws IOException {
        try (Host host = start("1.37.2", Family.YUM)) {
            host.run("package-repository");
            host.insteadOf("yum", "case \" $* \" in *' cri-tools '*) printf '%s\\n' '" + words.replace("|", "' '") + "'"
                    + (status == 0 ? " && real " + "\"$1\" \"$2\" \"$3\" \"$4\" \"$5\" \"$6\" && exit 0" : " && exit " + status) + " ;; esac");

            StepDriver.Result result = host.fails("kube-install");

            assertThat(result.log()).contains("failed: no repository of this host has cri-tools, and there is no crictl here").contains("packages.kubernetes.baseUrl");
        }
    }

    @Test
    void aptTakesCriToolsOfTheKubernetesRepository() throws IOException {
        try (Host host = start("1.37.2", Family.APT)) {
            host.run("package-repository");
            // apt's table, where the distribution has a package of that name, too
            host.insteadOf("apt-cache", "if [ \"$*\" = 'madison cri-tools' ]; then "
                    + "printf ' cri-tools | 1.38.0-2 | http://deb.debian.org/debian trixie/main amd64 Packages\\n'; "
                    + "printf ' cri-tools | 1.37.0-00 | https://mirror.example/kubernetes/core/stable/v1.37/deb  Packages\\n'; exit 0; fi");

            assertThat(host.run("kube-install").log()).contains("cri-tools=1.37.0-00").doesNotContain("1.38.0");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "1.31.14, YUM, conntrack-tools iptables iproute", "1.37.2, YUM, iptables iproute",
        "1.31.14, APT, conntrack iptables iproute2", "1.37.2, APT, iptables iproute2"})
    void whatKubeadmsChecksWantComesInTheSameTransaction(String version, Family family, String packages) throws IOException {
        try (Host host = start(version, family)) {
            String minor = version.substring(0, 4);
            Map<String, String> urls = Map.of("KUBERNETES_REPO_URL", (family == Family.YUM ? YUM_URL : APT_URL).replace("1.37", minor));
            host.run("package-repository", urls);
            for (String command : List.of("iptables", "ip")) {
                Files.delete(host.root().resolve("usr/bin").resolve(command));
            }
            host.insteadOf(family == Family.YUM ? "yum" : "apt-get", "case \" $* \" in *' install '*) echo \"asked: $*\" ;; esac");

            StepDriver.Result result = host.run("kube-install", urls);

            assertThat(result.log().lines().filter(line -> line.startsWith("asked:"))).singleElement().asString()
                    .contains("kubelet").contains("cri-tools").endsWith(" " + packages);
        }
    }

    @ParameterizedTest
    @CsvSource({"'VERSION_ID=\"10.0\"', ID_LIKE=\"rhel centos fedora\", iptables-nft", "'VERSION_ID=\"9.6\"', ID_LIKE=\"rhel centos fedora\", iptables",
        "VERSION_ID=42, ID=fedora, iptables"})
    void enterpriseLinux10HasIptablesUnderAnotherName(String version, String like, String name) throws IOException {
        try (Host host = start("1.37.2", Family.YUM)) {
            Files.writeString(host.root().resolve("etc/os-release"), version + "\n" + like + "\n");
            Files.delete(host.root().resolve("usr/bin/iptables"));

            StepDriver.Result plan = host.run("kube-install", Map.of("CARAVAN_PLAN", "1"));

            assertThat(plan.changes()).contains("install kubelet kubeadm kubectl 1.37.2 cri-tools " + name);
        }
    }

    /* https://github.com/kubernetes/website/pull/52027; dnf5 takes the word available for a package's name. */
    @ParameterizedTest
    @CsvSource({"dnf5", "dnf-3"})
    void dnfIsAskedInTheWordsOfItsVersion(String program) throws IOException {
        try (Host host = start("1.37.2", Family.YUM)) {
            Path bin = host.root().resolve("usr/bin");
            host.insteadOf("yum", "for a; do case $a in --disableexcludes=*) echo \"Unknown argument \\\"$a\\\" for command \\\"install\\\". "
                    + "Add \\\"--help\\\" for more information about the arguments.\" >&2; exit 2 ;; available) echo 'No matching packages to list' >&2; exit 1 ;; esac; done");
            Files.move(bin.resolve("yum"), bin.resolve(program));
            Files.createSymbolicLink(bin.resolve("yum"), Path.of(program));
            host.run("package-repository");

            assertThat(host.run("kube-install").log()).contains("--setopt=disable_excludes=kubernetes");
            assertThat(host.run("runtime-install", Map.of("RUNTIME", "docker", "CRI_SOCKET", "/run/cri-dockerd.sock", "KUBERNETES_MINOR", "23")).status()).isZero();
        }
    }

    @Test
    void yum3KeepsItsOwnOption() throws IOException {
        try (Host host = start("1.20.2", Family.YUM)) {
            host.run("package-repository", Map.of());
            assertThat(host.run("kube-install", Map.of()).log()).contains("--disableexcludes=kubernetes");
        }
    }

    /* As apt 2.6 says it of an archive that a security update has replaced since its lists were read. */
    @Test
    void aStaleIndexOfAptIsReadAgainOnce() throws IOException {
        try (Host host = start("1.37.2", Family.APT)) {
            host.run("package-repository");
            host.insteadOf("apt-get", """
                    mark=$CARAVAN_ROOT/asked-before
                    case " $* " in
                      *' update '*) echo update >> "$mark" ;;
                      *' install '*)
                        if ! grep -qs update "$mark"; then
                          echo 'E: Failed to fetch http://deb.debian.org/debian/pool/main/c/conntrack-tools/conntrack_1.4.7-1_amd64.deb  404  Not Found [IP: 192.0.2.1 80]' >&2
                          echo 'E: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?' >&2
                          exit 100
                        fi ;;
                    esac""");

            StepDriver.Result result = host.run("kube-install");

            assertThat(result.log()).contains("reading the indices again");
            assertThat(host.root().resolve("asked-before")).hasContent("update");
        }
    }

    @Test
    void aStaleIndexOfDnfIsReadAgainOnceAndThenItsWordsCount() throws IOException {
        try (Host host = start("1.37.2", Family.YUM)) {
            host.run("package-repository");
            host.insteadOf("yum", """
                    case " $* " in
                      *' clean expire-cache '*) echo clean >> "$CARAVAN_ROOT/asked-before" ; exit 0 ;;
                      *' install '*)
                        echo '[MIRROR] cri-tools-1.37.0-0.x86_64.rpm: Status code: 404 for http://192.0.2.1/cri-tools-1.37.0-0.x86_64.rpm (IP: 192.0.2.1)'
                        echo '  cri-tools-1.37.0-0.x86_64: Cannot download, all mirrors were already tried without success'
                        exit 1 ;;
                    esac""");

            StepDriver.Result result = host.fails("kube-install");

            assertThat(host.root().resolve("asked-before")).hasContent("clean");
            assertThat(result.log()).contains("failed: could not install").contains("Cannot download, all mirrors were already tried");
        }
    }

    /** One host of a rehearsed cluster. */
    private final class Host implements AutoCloseable {
        private final Rehearsal rehearsal;
        private final StepDriver driver;
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
            StepDriver.Result result = driver.run("h1", step, more, "");
            assertThat(result.status()).as(result.log()).isEqualTo(1);
            return result;
        }

        void command(String name, String script) throws IOException {
            Path file = root().resolve("usr/bin").resolve(name);
            Files.deleteIfExists(file);
            Files.writeString(file, "#!/bin/sh\n" + script + "\n");
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
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

    private Host start(String version, Family family) throws IOException {
        Cluster cluster = Clusters.of(1, 0, version, Cluster.RuntimeName.CONTAINERD, Clusters.root());
        Rehearsal rehearsal = Rehearsal.start(cluster, List.of(), scratch.directory(), new Rehearsal.Options(Family.YUM, Map.of("h1", family), 0));
        return new Host(rehearsal, family, family == Family.YUM ? MODERN_YUM : MODERN_APT);
    }
}
