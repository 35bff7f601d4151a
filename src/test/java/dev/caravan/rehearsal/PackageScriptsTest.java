package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.Programs;
import dev.caravan.packages.Family;
import dev.caravan.spec.Cluster;
import dev.caravan.testkit.Clusters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
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

    /* https://github.com/kubernetes/website/pull/52027; dnf5 takes the word available for a package's name. */
    @ParameterizedTest
    @CsvSource({"dnf5", "dnf-3"})
    void dnfIsAskedInTheWordsOfItsVersion(String program) throws IOException {
        try (Host host = start("1.37.2", Family.YUM)) {
            Path bin = host.root().resolve("usr/bin");
            host.insteadOf("yum",
                    "for a; do case $a in --disableexcludes=*) echo \"Unknown argument \\\"$a\\\" for command \\\"install\\\". "
                    + "Add \\\"--help\\\" for more information about the arguments.\" >&2; exit 2 ;; "
                    + "available) echo 'No matching packages to list' >&2; exit 1 ;; esac; done");
            Files.move(bin.resolve("yum"), bin.resolve(program));
            Files.createSymbolicLink(bin.resolve("yum"), Path.of(program));
            host.run("package-repository");

            assertThat(host.run("kube-install").log()).contains("--setopt=disable_excludes=kubernetes");
            assertThat(host.run("runtime-install",
                    Map.of("RUNTIME", "docker", "CRI_SOCKET", "/run/cri-dockerd.sock", "KUBERNETES_MINOR", "23")).status()).isZero();
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
                          echo 'E: Failed to fetch http://deb.debian.org/debian/pool/main/c/conntrack-tools/\
                    conntrack_1.4.7-1_amd64.deb  404  Not Found [IP: 192.0.2.1 80]' >&2
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
                        echo '[MIRROR] cri-tools-1.37.0-0.x86_64.rpm: Status code: 404 \
                    for http://192.0.2.1/cri-tools-1.37.0-0.x86_64.rpm (IP: 192.0.2.1)'
                        echo '  cri-tools-1.37.0-0.x86_64: Cannot download, all mirrors were already tried without success'
                        exit 1 ;;
                    esac""");

            StepDriver.Result result = host.fails("kube-install");

            assertThat(host.root().resolve("asked-before")).hasContent("clean");
            assertThat(result.log()).contains("failed: could not install").contains("Cannot download, all mirrors were already tried");
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

    /* Docker's installation guide writes docker.sources now; a second entry of another key makes apt refuse all sources. */
    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "Types: deb|URIs: https://mirror.example/docker-ce/linux/debian/|Suites: bookworm|Components: stable|Signed-By: "
                + "/etc/apt/keyrings/docker.asc",
        "# Docker|types: deb-src deb|uris: http://192.0.2.1/a|  https://mirror.example/docker-ce/linux/debian|suites: trixie "
                + "bookworm|components:| stable| test|Enabled: yes",
        "Types: deb|URIs: http://192.0.2.1/a|Suites: x/||Types: deb|URIs: https://mirror.example/docker-ce/linux/debian|Suites: "
                + "bookworm|Components: stable"})
    void aDeb822SourceOfTheHostIsNotWrittenASecondTime(String file) throws IOException {
        try (Host host = start("1.37.2", Family.APT)) {
            Path sources = host.root().resolve("etc/apt/sources.list.d");
            Files.writeString(sources.resolve("docker.sources"), file.replace("|", "\n") + "\n");

            StepDriver.Result result = host.run("package-repository");

            assertThat(result.log()).contains("caravan-runtime: /etc/apt/sources.list.d/docker.sources has it");
            assertThat(sources.resolve("caravan-runtime.list")).doesNotExist();
            assertThat(sources.resolve("kubernetes.list")).exists();
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "Types: deb|URIs: https://mirror.example/docker-ce/linux/debian/|Suites: bookworm|Components: stable|Enabled: no",
        "Types: deb-src|URIs: https://mirror.example/docker-ce/linux/debian/|Suites: bookworm|Components: stable",
        "Types: deb|URIs: https://mirror.example/docker-ce/linux/debian/|Suites: bookworm|Components: test",
        "Types: deb|URIs: https://mirror.example/docker-ce/linux/debian/|Suites: bookworm|Components: stable|Trusted: yes"})
    void aDeb822SourceOfSomethingElseDoesNotCount(String file) throws IOException {
        try (Host host = start("1.37.2", Family.APT)) {
            Path sources = host.root().resolve("etc/apt/sources.list.d");
            Files.writeString(sources.resolve("docker.sources"), file.replace("|", "\n") + "\n");

            host.run("package-repository");

            assertThat(sources.resolve("caravan-runtime.list")).exists();
        }
    }

    /* apt 2.6's words, from a host whose docker.sources has the component test alone. */
    @Test
    void sourcesThatAptCannotReadAnyMoreAreRestored() throws IOException {
        try (Host host = start("1.37.2", Family.APT)) {
            Path sources = host.root().resolve("etc/apt/sources.list.d");
            host.insteadOf("apt-get", """
                    if [ "$1" = indextargets ] && [ -f "$CARAVAN_ROOT/etc/apt/sources.list.d/caravan-runtime.list" ]; then
                      echo 'E: The list of sources could not be read.' >&2
                      echo 'E: Conflicting values set for option Signed-By regarding source \
                    https://mirror.example/docker-ce/linux/debian/ bookworm: /a != /b' >&2
                      echo 'E: The list of sources could not be read.' >&2
                      exit 100
                    fi""");

            StepDriver.Result result = host.fails("package-repository");

            assertThat(result.log()).contains("apt cannot read its sources with", "caravan-runtime.list",
                    "Conflicting values set for option Signed-By");
            assertThat(sources.resolve("caravan-runtime.list")).doesNotExist();
            assertThat(sources.resolve("kubernetes.list")).doesNotExist();
        }
    }

    /* The dump is apt-config's of apt 2.6 with a file of these lines below apt.conf.d. */
    @ParameterizedTest
    @CsvSource({"APT, http://proxy.example:3128", "YUM, http://user:pass@proxy.example:8080"})
    void keysAndIndicesAreFetchedThroughThePackageManagersProxy(Family family, String proxy) throws IOException {
        try (Host host = start("1.37.2", family)) {
            host.command("apt-config", """
                    cat <<'DUMP'
                    Acquire::cdrom::mount "/media/cdrom";
                    Acquire::http "";
                    Acquire::http::Proxy "http://proxy.example:3128";
                    Acquire::https "";
                    Acquire::https::Proxy "";
                    Acquire::https::Proxy::direct.example "DIRECT";
                    DUMP""");
            Path dnf = host.root().resolve("etc/dnf/dnf.conf");
            Files.createDirectories(dnf.getParent());
            Files.writeString(dnf, "[main]\ngpgcheck=1\nproxy = http://user:pass@proxy.example:8080\n");
            Path asked = host.root().resolve("run/asked");
            host.command("curl", "cat >> '" + asked + "'; echo 'curl: (22) The requested URL returned error: 404' >&2; exit 22");

            host.ends("package-repository", 1);

            assertThat(asked).content().contains("proxy = \"" + proxy + "\"");
        }
    }

    /* The key of pkgs.k8s.io was prolonged in November 2024: https://github.com/kubernetes/release/issues/3818 */
    @ParameterizedTest
    @CsvSource({"new, 0", "old, 1"})
    void anExpiredKeyOfAptIsFetchedOnceAgain(String atItsAddress, int status) throws IOException {
        try (Host host = start("1.37.2", Family.APT)) {
            host.run("package-repository");
            Path key = host.root().resolve("etc/apt/keyrings/kubernetes-1.asc");
            Files.writeString(key, "-----BEGIN PGP PUBLIC KEY BLOCK-----old");
            Files.writeString(key.resolveSibling("caravan-runtime-1.asc"), "-----BEGIN PGP PUBLIC KEY BLOCK-----" + atItsAddress);
            Files.delete(host.root().resolve("var/lib/apt/lists/mirror.example_kubernetes_core_stable_v1.37_deb_Packages"));
            host.insteadOf("curl", "while [ $# -gt 0 ]; do [ \"$1\" != -o ] || file=$2; shift; done; cat > /dev/null; "
                    + "printf -- '-----BEGIN PGP PUBLIC KEY BLOCK-----" + atItsAddress + "' > \"$file\"; exit 0");
            host.insteadOf("apt-get", """
                    case " $* " in
                      *' update '*)
                        if grep -q 'BLOCK-----old' "$CARAVAN_ROOT/etc/apt/keyrings/kubernetes-1.asc"; then
                          echo 'W: Failed to fetch https://pkgs.k8s.io/core:/stable:/v1.30/deb/InRelease  The \
                    following signatures were invalid: EXPKEYSIG 234654DA9A296436 \
                    isv:kubernetes OBS Project <isv:kubernetes@build.opensuse.org>' >&2
                          exit 100
                        fi ;;
                    esac""");

            StepDriver.Result result = host.ends("package-repository", status);

            assertThat(key).hasContent("-----BEGIN PGP PUBLIC KEY BLOCK-----" + atItsAddress);
            assertThat(result.log().contains("reading the package index with the newer keys")).isEqualTo(status == 0);
            assertThat(result.changes()).isEqualTo(status == 0 ? List.of("update /etc/apt/keyrings/kubernetes-1.asc") : List.of());
        }
    }

    @ParameterizedTest
    @EnumSource(Family.class)
    void curlIsInstalledWhereSomethingMustBeFetched(Family family) throws IOException {
        try (Host host = start("1.37.2", family)) {
            Path curl = host.root().resolve("usr/bin/curl");
            Path standIn = Files.readSymbolicLink(curl);
            Files.delete(curl);
            String manager = family == Family.YUM ? "yum" : "apt-get";
            host.insteadOf(manager, "case \" $* \" in *' install '*' curl ca-certificates '*) ln -s '" + standIn
                    + "' \"$CARAVAN_ROOT/usr/bin/curl\"; exit 0 ;; esac");

            StepDriver.Result result = host.run("package-repository");

            assertThat(result.changes()).anySatisfy(change -> assertThat(change).startsWith("install curl, to fetch"));
            Files.delete(curl);
            assertThat(host.run("package-repository").changes()).as("all is there").isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "enabled=1; exclude=kubelet kubeadm kubectl cri-tools kubernetes-cni|enabled=1",
        "excludepkgs=foo,kubelet; exclude=kubeadm kubectl cri-tools kubernetes-cni foo,kubelet",
        "exclude = kube*; exclude=cri-tools kube*"})
    void anAdministratorsRepositoryFileGetsTheExcludesThatItLacks(String line, String protectedLine) throws IOException {
        try (Host host = start("1.37.2", Family.YUM)) {
            Path file = host.root().resolve("etc/yum.repos.d/k8s.repo");
            Files.writeString(file, "[other]\nbaseurl=http://192.0.2.1/x\n\n[k8s]\nname=ours\nbaseurl = " + YUM_URL + "\n" + line
                    + "\ngpgcheck=1\n[last]\nbaseurl=http://192.0.2.1/y\n");

            StepDriver.Result result = host.run("package-repository");

            String expected = protectedLine.replace("|", "\n");
            assertThat(file).hasContent("[other]\nbaseurl=http://192.0.2.1/x\n\n[k8s]\nname=ours\nbaseurl = " + YUM_URL + "\n" + expected
                    + "\ngpgcheck=1\n[last]\nbaseurl=http://192.0.2.1/y\n");
            assertThat(result.log()).contains("found\tfile\t/etc/yum.repos.d/k8s.repo\t");
            assertThat(host.run("package-repository").changes()).isEmpty();
        }
    }

    /* keep_node is the record that an undo compares with: an empty list would make it remove every image of the host. */
    @Test
    void anImageListThatCannotBeReadIsNoEmptyList() throws IOException {
        try (Host host = start("1.37.2", Family.YUM)) {
            host.run("package-repository");
            host.run("kube-install");
            host.run("runtime-install");
            host.command("crictl", "echo 'crictl: not found' >&2; exit 127");
            Path probe = host.root().resolve("run/probe.sh");
            Files.writeString(probe, ". '" + StepDriver.SCRIPTS.toAbsolutePath()
                    + "/lib.sh'\nRUNTIME=containerd CRI_SOCKET=/run/containerd/containerd.sock\nkeep_node\n");
            try (Connection connection = new Connection(host.rehearsal.host("h1"))) {
                Connection.Answer answer = connection.run("sh '" + probe + "'");

                assertThat(answer.status()).isEqualTo(1);
                assertThat(answer.out()).contains("failed: could not list the images of containerd").contains("crictl: not found")
                        .doesNotContain("found images");
            }
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

    @Test
    void anUndoSaysThatItCouldNotSeeTheImages() throws IOException {
        try (Host host = start("1.37.2", Family.YUM)) {
            host.run("package-repository");
            host.run("kube-install");
            host.run("runtime-install");
            host.command("crictl", "echo 'crictl: not found' >&2; exit 127");

            Connection.Answer answer = host.undo("undo-images-pull", "image\tregistry.example/pause:3.10\tabsent\n");

            assertThat(answer.status()).as(answer.out()).isEqualTo(75);
            assertThat(answer.out())
                    .contains("left: images that were pulled: the images of containerd could not be listed: crictl: not found");
        }
    }

    /* rpm keeps a key under the name that it has, prolonged or not, as rpm 4.18 was seen to do. */
    @Test
    void anExpiredKeyOfRpmIsReplacedAndRestoredByTheUndo() throws IOException {
        try (Host host = start("1.37.2", Family.YUM)) {
            host.run("package-repository");
            Path key = Files.createDirectories(host.root().resolve("rpm-keys")).resolve("gpg-pubkey-0ebb0ee5");
            Files.writeString(key, "old");
            host.insteadOf("rpm", """
                    db=$CARAVAN_ROOT/rpm-keys
                    if [ "$1" = --dbpath ]; then db=$2; shift 2; fi
                    case "$*" in
                      '--import '*) [ -s "$db/gpg-pubkey-0ebb0ee5" ] || cp "$2" "$db/gpg-pubkey-0ebb0ee5"; exit 0 ;;
                      '-qa --qf %{NAME}-%{VERSION}'*) ls "$db"; exit 0 ;;
                      '-q --qf %{DESCRIPTION} gpg-pubkey-0ebb0ee5') cat "$db/gpg-pubkey-0ebb0ee5"; exit ;;
                      '-e --allmatches gpg-pubkey-0ebb0ee5') rm "$db/gpg-pubkey-0ebb0ee5"; exit ;;
                    esac""");
            host.insteadOf("curl",
                    "while [ $# -gt 0 ]; do [ \"$1\" != -o ] || file=$2; shift; done; cat > /dev/null; printf new > \"$file\"; exit 0");
            host.insteadOf("yum", "case \" $* \" in *' install '*) if [ \"$(cat \"$CARAVAN_ROOT/rpm-keys/gpg-pubkey-0ebb0ee5\")\" = old ]; "
                    + "then echo 'Error: GPG check FAILED'; exit 1; fi ;; esac");

            StepDriver.Result result = host.run("kube-install");

            assertThat(key).hasContent("new");
            assertThat(result.changes()).contains("replace the key gpg-pubkey-0ebb0ee5 of rpm by the one that its address has now");
            String record = result.log().lines().filter(line -> line.startsWith("caravan-found\trpm-key\t")).findFirst().orElseThrow();
            assertThat(host.undo("undo", record.substring("caravan-found\t".length()) + "\n").status()).isZero();
            assertThat(key).hasContent("old");
        }
    }

    @Test
    void whereAliyunLacksARepositoryTheCommunitysIsNamed() throws IOException {
        try (Host host = start("1.37.2", Family.YUM)) {
            host.insteadOf("curl", "cat > /dev/null; echo 'curl: (22) The requested URL returned error: 404' >&2; exit 22");
            String url = "https://mirrors.aliyun.com/kubernetes-new/core/stable/v1.37/rpm/";

            StepDriver.Result result = host.driver.run("h1", "package-repository", Map.of("KUBERNETES_REPO_URL", url), "");

            assertThat(result.status()).isEqualTo(1);
            assertThat(result.log()).contains("could not fetch the index of " + url, "packages.mirror: community");
            assertThat(host.fails("package-repository").log()).doesNotContain("community");
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

    private Host start(String version, Family family) throws IOException {
        Cluster cluster = Clusters.of(1, 0, version, Cluster.RuntimeName.CONTAINERD, Clusters.root());
        Rehearsal rehearsal = Rehearsal.start(cluster, List.of(), scratch.directory(),
                new Rehearsal.Options(Family.YUM, Map.of("h1", family), 0));
        return new Host(rehearsal, family, family == Family.YUM ? MODERN_YUM : MODERN_APT);
    }
}
