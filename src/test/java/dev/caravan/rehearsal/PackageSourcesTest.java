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

/** The scripts on repositories: their indices, keys, sources of the host, and proxies. */
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
}
