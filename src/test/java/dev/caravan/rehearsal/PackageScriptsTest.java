package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.packages.Family;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The scripts on packages: which are installed and how, what an interrupted installation left, and images. */
class PackageScriptsTest extends PackageScripts {
    @ParameterizedTest
    @EnumSource(Family.class)
    void crictlComesByNameAsNoPackageDependsOnItAnyMore(Family family) throws IOException {
        try (Host host = start("1.37.2", family)) {
            host.run("package-repository");

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
        "Failed to resolve the transaction:|No match for argument: cri-tools|You can try to add to command line:|  --skip-unavailable to "
                + "skip unavailable packages; 1",
        "No package cri-tools available.; 0"})
    void aRepositoryWithoutCriToolsIsNamed(String words, int status) throws IOException {
        try (Host host = start("1.37.2", Family.YUM)) {
            host.run("package-repository");
            host.insteadOf("yum", "case \" $* \" in *' cri-tools '*) printf '%s\\n' '" + words.replace("|", "' '") + "'"
                    + (status == 0 ? " && real " + "\"$1\" \"$2\" \"$3\" \"$4\" \"$5\" \"$6\" && exit 0" : " && exit " + status)
                    + " ;; esac");

            StepDriver.Result result = host.fails("kube-install");

            assertThat(result.log()).contains("failed: no repository of this host has cri-tools, and there is no crictl here")
                    .contains("packages.kubernetes.baseUrl");
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
    @CsvSource({"'VERSION_ID=\"10.0\"', ID_LIKE=\"rhel centos fedora\", iptables-nft",
        "'VERSION_ID=\"9.6\"', ID_LIKE=\"rhel centos fedora\", iptables",
        "VERSION_ID=42, ID=fedora, iptables"})
    void enterpriseLinux10HasIptablesUnderAnotherName(String version, String like, String name) throws IOException {
        try (Host host = start("1.37.2", Family.YUM)) {
            Files.writeString(host.root().resolve("etc/os-release"), version + "\n" + like + "\n");
            Files.delete(host.root().resolve("usr/bin/iptables"));

            StepDriver.Result plan = host.run("kube-install", Map.of("CARAVAN_PLAN", "1"));

            assertThat(plan.changes()).contains("install kubelet kubeadm kubectl 1.37.2 cri-tools " + name);
        }
    }

    /* https://github.com/kubernetes/website/pull/52027 */
    @ParameterizedTest
    @CsvSource({"dnf5", "dnf-3"})
    void dnfIsAskedInTheWordsOfItsVersion(String program) throws IOException {
        try (Host host = start("1.37.2", Family.YUM)) {
            Path bin = host.root().resolve("usr/bin");
            host.insteadOf("yum",
                    "for a; do case $a in --disableexcludes=*) echo \"Unknown argument \\\"$a\\\" for command \\\"install\\\". "
                    + "Add \\\"--help\\\" for more information about the arguments.\" >&2; exit 2 ;; esac; done");
            Files.move(bin.resolve("yum"), bin.resolve(program));
            Files.createSymbolicLink(bin.resolve("yum"), Path.of(program));
            host.run("package-repository");

            assertThat(host.run("kube-install").log()).contains("--setopt=disable_excludes=kubernetes");
        }
    }

    /** The message has names, and the command below it is one to type: without its option yum would take the excludes seriously. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "YUM | yum | yum install --disableexcludes=kubernetes kubelet-1.37.2 kubeadm-1.37.2 kubectl-1.37.2 cri-tools | /etc/yum.repos.d",
        "YUM | dnf-3 | yum install --setopt=disable_excludes=kubernetes kubelet-1.37.2 kubeadm-1.37.2 kubectl-1.37.2 cri-tools | "
                + "/etc/yum.repos.d",
        "APT | apt-get | apt-get install --no-install-recommends kubelet=1.37.2-00 kubeadm=1.37.2-00 kubectl=1.37.2-00 cri-tools=1.37.0-00"
                + " | /etc/apt/sources.list.d"})
    void aFailedInstallationNamesPackagesAndACommandThatWorksAsPrinted(Family family, String program, String command, String files)
            throws IOException {
        try (Host host = start("1.37.2", family)) {
            host.run("package-repository");
            String manager = family == Family.YUM ? "yum" : "apt-get";
            Path bin = host.root().resolve("usr/bin");
            Path broken = host.root().resolve("run/broken");
            Files.writeString(broken, "");
            host.insteadOf(manager, "case \" $* \" in *' install '*) if [ -e '" + broken
                    + "' ]; then echo 'Error: it is broken'; exit 1; fi ;; esac");
            if (program.equals("dnf-3")) {
                Files.move(bin.resolve("yum"), bin.resolve(program));
                Files.createSymbolicLink(bin.resolve("yum"), Path.of(program));
            }

            StepDriver.Result result = host.fails("kube-install");

            String names = command.replaceFirst("^.* install --\\S+ ", "");
            assertThat(result.log()).contains("failed: could not install " + names + ": Error: it is broken",
                    "Try it on the host: " + command + " (as root). The repository files are under " + files + ".");
            Files.delete(broken);
            try (Connection connection = new Connection(host.rehearsal.host("h1"))) {
                assertThat(connection.run(command.replace(" install ", " install -y ")).status()).isZero();
            }
            assertThat(host.run("kube-install").changes()).as("all is there").noneMatch(change -> change.startsWith("install"));
        }
    }

    @Test
    void yum3KeepsItsOwnOption() throws IOException {
        try (Host host = start("1.20.2", Family.YUM)) {
            host.run("package-repository", Map.of());
            assertThat(host.run("kube-install", Map.of()).log()).contains("--disableexcludes=kubernetes");
        }
    }

    /* As a host looks whose power was cut while dnf 4.14 with rpm 4.18 wrote the files of kubelet. */
    @Test
    void whatAnInterruptedInstallationOfRpmLeftIsRemoved() throws IOException {
        try (Host host = start("1.37.2", Family.YUM)) {
            host.run("package-repository");
            Path programs = host.root().resolve("usr/bin");
            Path interrupted = Files.writeString(programs.resolve("kubelet;6b0d8652"), "a part");
            Path later = Files.writeString(programs.resolve("kubelet;ffffffff"), "of an installation that runs now");
            Path other = Files.writeString(programs.resolve("of-nobody;6b0d8652"), "of no package that was installed");

            StepDriver.Result installed = host.run("kube-install");

            assertThat(interrupted).doesNotExist();
            assertThat(installed.changes()).contains("remove /usr/bin/kubelet;6b0d8652, which an interrupted installation left");
            assertThat(programs.resolve("kubelet")).exists();
            assertThat(later).exists();
            assertThat(other).exists();
        }
    }

    @Test
    void anUndoRemovesWhatAnInterruptedInstallationOfRpmLeft() throws IOException {
        try (Host host = start("1.37.2", Family.YUM)) {
            host.run("package-repository");
            String log = host.run("kube-install").log();
            Path interrupted = Files.writeString(host.root().resolve("usr/bin/kubelet;6b0d8652"), "a part");
            // Without its end, and what came, the installation counts as interrupted.
            String records = log.lines().filter(line -> line.matches("caravan-found\t(packages|installing)\t.*"))
                    .map(line -> line.substring("caravan-found\t".length()) + "\n").collect(Collectors.joining());

            Connection.Answer undone = host.undo("undo", records);

            assertThat(undone.status()).as(undone.toString()).isZero();
            assertThat(interrupted).doesNotExist();
            assertThat(host.root().resolve("usr/bin/kubelet")).doesNotExist();
        }
    }

    @Test
    void aDistributionsCodeNameAndAKubectlOutsideOfPackagesAreSeen() throws IOException {
        try (Host host = start("1.37.2", Family.APT)) {
            Files.writeString(host.root().resolve("etc/os-release"),
                    "ID=ubuntu\nVERSION_ID=\"25.10\"\nVERSION_CODENAME=questing\nUBUNTU_CODENAME=questing\n");
            // as kubectl 1.37 prints it; --short is an unknown flag to it
            host.command("kubectl", """
                    case "$*" in *--short*) echo 'error: unknown flag: --short' >&2; exit 1 ;; esac
                    printf '{\n  "clientVersion": {\n    "major": "1",\n    "minor": "37",\n    "gitVersion": "v1.37.1",\n    \
                    "goVersion": "go1.25.1"\n  },\n  "kustomizeVersion": "v5.7.1"\n}\n'""");

            Map<String, String> facts = host.run("facts").outputs();

            assertThat(facts).containsEntry("osCodeName", "questing").containsEntry("kubectlVersion", "1.37.1");
        }
    }
}
