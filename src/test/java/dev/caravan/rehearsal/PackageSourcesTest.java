package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.packages.Family;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The scripts on repositories: their indices, sources of the host, and proxies. */
class PackageSourcesTest extends PackageScripts {
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

    /* The dump is apt-config's of apt 2.6 with a file of these lines below apt.conf.d. DIRECT: apt.conf(5); _none_: dnf.conf(5). */
    @ParameterizedTest
    @CsvSource({
        "APT, direct.example, '', http://proxy.example:3128", "APT, mirror.example, '', ''",
        "YUM, '', http://user:pass@proxy.example:8080, http://user:pass@proxy.example:8080", "YUM, '', _none_, ''"})
    void keysAndIndicesAreFetchedThroughThePackageManagersProxy(Family family, String direct, String dnfProxy, String proxy)
            throws IOException {
        try (Host host = start("1.37.2", family)) {
            host.command("apt-config", """
                    cat <<'DUMP'
                    Acquire::cdrom::mount "/media/cdrom";
                    Acquire::http "";
                    Acquire::http::Proxy "http://proxy.example:3128";
                    Acquire::https "";
                    Acquire::https::Proxy "";
                    Acquire::https::Proxy::%s "DIRECT";
                    DUMP""".formatted(direct));
            Path dnf = host.root().resolve("etc/dnf/dnf.conf");
            Files.createDirectories(dnf.getParent());
            Files.writeString(dnf, "[main]\ngpgcheck=1\nproxy = " + dnfProxy + "\n");
            Path asked = host.root().resolve("run/asked");
            host.command("curl", "cat >> '" + asked + "'; echo 'curl: (22) The requested URL returned error: 404' >&2; exit 22");

            host.ends("package-repository", 1);

            assertThat(asked).content().contains("url = \"https://mirror.example/");
            assertThat(Files.readAllLines(asked).stream().filter(line -> !line.startsWith("url = ")).distinct().toList())
                    .isEqualTo(proxy.isEmpty() ? List.of() : List.of("proxy = \"" + proxy + "\""));
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

    /* https://github.com/yeasy/docker_practice/issues/509: "repomd.xml signature could not be verified for kubernetes" */
    @ParameterizedTest
    @CsvSource({
        "https://mirrors.aliyun.com/kubernetes/yum/repos/kubernetes-el7-x86_64, true, 1, 0",
        "https://mirrors.aliyun.com/kubernetes/yum/repos/kubernetes-el7-x86_64, false, 0, 0",
        "https://mirrors.aliyun.com/kubernetes-new/core/stable/v1.37/rpm/, true, 1, 1",
        "https://mirror.example/kubernetes/yum/repos/kubernetes-el7-x86_64, true, 1, 1"})
    void theIndexOfAliyunsOldRepositoryAloneIsNotChecked(String url, String check, int packages, int index) throws IOException {
        try (Host host = start("1.20.2", Family.YUM)) {
            host.run("package-repository", Map.of("KUBERNETES_REPO_URL", url, "KUBERNETES_REPO_CHECK", check));

            assertThat(host.root().resolve("etc/yum.repos.d/kubernetes.repo")).content()
                    .contains("\ngpgcheck=" + packages + "\n", "\nrepo_gpgcheck=" + index + "\n");
        }
    }

    @Test
    void theCommunityIsNotNamedForVersionsThatItDoesNotHave() throws IOException {
        try (Host host = start("1.20.2", Family.YUM)) {
            host.insteadOf("curl", "cat > /dev/null; echo 'curl: (22) The requested URL returned error: 404' >&2; exit 22");

            StepDriver.Result result = host.driver.run("h1", "package-repository",
                    Map.of("KUBERNETES_REPO_URL", "https://mirrors.aliyun.com/kubernetes/yum/repos/kubernetes-el7-x86_64"), "");

            assertThat(result.log()).contains("could not fetch the index of").doesNotContain("community");
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
}
