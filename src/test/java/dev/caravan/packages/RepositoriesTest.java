package dev.caravan.packages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.caravan.packages.Repositories.Resolved;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.InvalidSpec;
import dev.caravan.spec.SpecReader;
import dev.caravan.tables.KubernetesTable;
import dev.caravan.tables.OwnTables;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RepositoriesTest {
    private static final KubernetesTable TABLE = KubernetesTable.builtIn();
    @Test
    void aliyunKeepsTheArticlesLayoutUpTo1282() {
        Resolved yum = yum(cluster("1.20.2", "docker", "mirror: aliyun"));
        Resolved apt = apt(cluster("1.28.2", "docker", "mirror: aliyun"));

        assertThat(yum.kubernetes())
                .isEqualTo(new Repository(
                        "https://mirrors.aliyun.com/kubernetes/yum/repos/kubernetes-el7-x86_64",
                        List.of(
                                "https://mirrors.aliyun.com/kubernetes/yum/doc/yum-key.gpg",
                                "https://mirrors.aliyun.com/kubernetes/yum/doc/rpm-package-key.gpg"),
                        true));
        assertThat(yum.runtime())
                .contains(new Repository(
                        "https://mirrors.aliyun.com/docker-ce/linux/centos/7/x86_64/stable",
                        List.of("https://mirrors.aliyun.com/docker-ce/linux/centos/gpg"),
                        true));
        assertThat(apt.kubernetes())
                .isEqualTo(new Repository(
                        "https://mirrors.aliyun.com/kubernetes/apt/ kubernetes-xenial main",
                        List.of("https://mirrors.aliyun.com/kubernetes/apt/doc/apt-key.gpg"),
                        true));
        assertThat(apt.runtime())
                .contains(new Repository(
                        "https://mirrors.aliyun.com/docker-ce/linux/ubuntu jammy stable",
                        List.of("https://mirrors.aliyun.com/docker-ce/linux/ubuntu/gpg"),
                        true));
    }

    @Test
    void aliyunHasARepositoryForEachMinorBeyond() {
        Cluster cluster = cluster("1.28.3", "containerd", "mirror: aliyun");

        assertThat(yum(cluster).kubernetes())
                .isEqualTo(new Repository(
                        "https://mirrors.aliyun.com/kubernetes-new/core/stable/v1.28/rpm/",
                        List.of(
                                "https://mirrors.aliyun.com/kubernetes-new/core/stable/v1.28/rpm/repodata/repomd.xml.key"),
                        true));
        assertThat(apt(cluster).kubernetes())
                .isEqualTo(new Repository(
                        "https://mirrors.aliyun.com/kubernetes-new/core/stable/v1.28/deb/ /",
                        List.of("https://mirrors.aliyun.com/kubernetes-new/core/stable/v1.28/deb/Release.key"),
                        true));
    }

    @Test
    void theCommunityHasARepositoryForEachMinor() {
        Cluster cluster = cluster("1.31.4", "containerd", "mirror: community");

        assertThat(yum(cluster).kubernetes().baseUrl()).isEqualTo("https://pkgs.k8s.io/core:/stable:/v1.31/rpm/");
        assertThat(apt(cluster).kubernetes())
                .isEqualTo(new Repository(
                        "https://pkgs.k8s.io/core:/stable:/v1.31/deb/ /",
                        List.of("https://pkgs.k8s.io/core:/stable:/v1.37/deb/Release.key"),
                        true));
        assertThat(apt(cluster).runtime())
                .contains(new Repository(
                        "https://download.docker.com/linux/ubuntu jammy stable",
                        List.of("https://download.docker.com/linux/ubuntu/gpg"),
                        true));
    }

    /** Old minors serve a copy that expired in November 2024; a newer minor than those that were tried has its own. */
    @ParameterizedTest
    @CsvSource({"1.24.17, 1.37", "1.37.2, 1.37", "1.39.0, 1.39"})
    void theCommunitysKeyIsThatOfANewMinor(String version, String minor) {
        assertThat(yum(cluster(version, "containerd", "mirror: community")).kubernetes().gpgKeys())
                .containsExactly("https://pkgs.k8s.io/core:/stable:/v" + minor + "/rpm/repodata/repomd.xml.key");
    }

    @ParameterizedTest
    @CsvSource({
        "1.28.0, https://download.opensuse.org/repositories/isv:/cri-o:/stable:/v1.28/rpm/",
        "1.30.9, https://download.opensuse.org/repositories/isv:/cri-o:/stable:/v1.30/rpm/",
        "1.31.0, https://download.opensuse.org/repositories/isv:/cri-o:/stable:/v1.31/rpm/"
    })
    void criOFollowsTheMinor(String version, String url) {
        assertThat(yum(cluster(version, "cri-o", "mirror: community")).runtime())
                .contains(new Repository(url, List.of(url + "repodata/repomd.xml.key"), true));
    }

    @Test
    void saysWhatToWriteWhereThereIsNone() {
        NoRepository old =
                catchThrowableOfType(NoRepository.class, () -> yum(cluster("1.27.0", "cri-o", "mirror: community")));

        assertThat(old).hasMessageContaining("CRI-O's repositories begin with 1.28");
        assertThat(old.remedy()).contains("packages.runtime.baseUrl");
    }

    @ParameterizedTest
    @CsvSource({
        "ubuntu, 25.10, questing, ubuntu questing", "ubuntu, 24.04, '', ubuntu noble", "debian, 14, forky, debian forky",
        "debian, 12, '', debian bookworm"
    })
    void theCodeNameIsWhatTheSystemSaysItself(String id, String version, String codeName, String suite) {
        assertThat(Repositories.resolve(cluster("1.37.2", "containerd", "mirror: community"), TABLE, Family.APT, id, version,
                codeName, "amd64")
                        .runtime().orElseThrow().baseUrl())
                .isEqualTo("https://download.docker.com/linux/" + suite + " stable");
    }

    @ParameterizedTest
    @CsvSource({"APT, linuxmint, 22, wilma", "APT, devuan, 5, daedalus", "APT, ubuntu, 99.04, ''", "YUM, amzn, 2023, ''",
            "YUM, openEuler, 24.03, ''"})
    void aSystemThatDockerHasNothingForKeepsToItsOwnRuntime(Family family, String id, String version, String codeName) {
        Resolved resolved = Repositories.resolve(cluster("1.37.2", "containerd", "mirror: community"), TABLE, family, id, version,
                codeName, "x86_64");

        assertThat(resolved.runtime()).isEmpty();
        assertThat(resolved.kubernetes().baseUrl()).startsWith("https://pkgs.k8s.io/core:/stable:/v1.37/");
    }

    @Test
    void theMinorComesIntoTheSpecsOwnAddresses() {
        Cluster cluster = cluster("1.37.2", "cri-o", "mirror: custom, "
                + "kubernetes: {baseUrl: 'http://192.0.2.1/k8s/v{minor}/{minor}/', gpgKeys: ['http://192.0.2.1/k8s/v{minor}/key', "
                + "'http://192.0.2.1/old']}, "
                + "runtime: {baseUrl: 'http://192.0.2.1/cri-o/{minor}', gpgKeys: ['http://192.0.2.1/cri-o/{minor}/key']}");

        assertThat(yum(cluster)).isEqualTo(new Resolved(
                new Repository("http://192.0.2.1/k8s/v1.37/1.37/", List.of("http://192.0.2.1/k8s/v1.37/key", "http://192.0.2.1/old"), true),
                Optional.of(new Repository("http://192.0.2.1/cri-o/1.37", List.of("http://192.0.2.1/cri-o/1.37/key"), true))));
    }

    @ParameterizedTest
    @CsvSource({
        "centos, 7, x86_64, https://download.docker.com/linux/centos/7/x86_64/stable",
        "rocky, 9.4, aarch64, https://download.docker.com/linux/centos/9/aarch64/stable",
        "rhel, 8.10, x86_64, https://download.docker.com/linux/rhel/8/x86_64/stable",
        "fedora, 41, arm64, https://download.docker.com/linux/fedora/41/aarch64/stable"
    })
    void dockerHasFoldersOfItsOwnForSomeSystems(String id, String version, String arch, String url) {
        assertThat(Repositories.resolve(
                                cluster("1.31.0", "containerd", "mirror: community"), TABLE, Family.YUM, id, version, "", arch)
                        .runtime()
                        .orElseThrow()
                        .baseUrl())
                .isEqualTo(url);
    }

    @Test
    void theSpecOverridesValueByValue() {
        Cluster onlyUrl = cluster("1.20.2", "docker", "mirror: aliyun, kubernetes: {baseUrl: 'http://192.0.2.1/k8s'}");
        Cluster onlyCheck = cluster("1.20.2", "docker", "mirror: aliyun, kubernetes: {gpgCheck: false}");
        Cluster custom = cluster(
                "1.20.2",
                "docker",
                "mirror: custom, kubernetes: {baseUrl: 'http://192.0.2.1/k8s', gpgKeys: ['http://192.0.2.1/key']}");
        Cluster unsigned = cluster(
                "1.20.2", "docker", "mirror: custom, kubernetes: {baseUrl: 'http://192.0.2.1/k8s', gpgCheck: false}");

        assertThat(yum(onlyUrl).kubernetes().baseUrl()).isEqualTo("http://192.0.2.1/k8s");
        assertThat(yum(onlyUrl).kubernetes().gpgKeys()).as("the mirror's").hasSize(2);
        assertThat(yum(onlyCheck).kubernetes().gpgCheck()).isFalse();
        assertThat(yum(onlyCheck).kubernetes().baseUrl()).contains("mirrors.aliyun.com");
        assertThat(yum(custom))
                .isEqualTo(new Resolved(
                        new Repository("http://192.0.2.1/k8s", List.of("http://192.0.2.1/key"), true),
                        Optional.empty()));
        assertThat(yum(unsigned).kubernetes()).isEqualTo(new Repository("http://192.0.2.1/k8s", List.of(), false));
    }

    @Test
    void aRepositoryOfOnesOwnServesSystemsThatTheMirrorDoesNotKnow() {
        Cluster cluster = cluster(
                "1.31.0",
                "containerd",
                "mirror: community, runtime: {baseUrl: 'http://192.0.2.1/docker', gpgKeys: ['http://192.0.2.1/key']}");

        assertThat(Repositories.resolve(cluster, TABLE, Family.YUM, "anolis", "8", "", "x86_64")
                        .runtime())
                .contains(new Repository("http://192.0.2.1/docker", List.of("http://192.0.2.1/key"), true));
    }

    @Test
    void aUsersTableDecidesWhichMinorsHaveRepositories(@TempDir Path directory) throws IOException {
        KubernetesTable own = KubernetesTable.of(OwnTables.with(directory, "data/kubernetes.yaml", text -> text
                .replace("lastLegacy: 1.28.2", "lastLegacy: 1.31.9")
                        + "  1.39:\n    repositories: []\n  1.40:\n    repositories: [community]\n"));

        assertThat(Repositories.resolve(cluster("1.31.4", "containerd", "mirror: aliyun"), own, Family.YUM, "centos", "7", "", "x86_64")
                .kubernetes().baseUrl()).contains("kubernetes-el7");
        assertThat(catchThrowableOfType(NoRepository.class, () -> Repositories.resolve(
                cluster("1.39.0", "containerd", "mirror: community"), own, Family.YUM, "centos", "7", "", "x86_64")))
                .hasMessageContaining("the community's repositories begin with Kubernetes 1.24");
        assertThat(catchThrowableOfType(NoRepository.class, () -> Repositories.resolve(
                cluster("1.40.0", "cri-o", "mirror: community"), own, Family.YUM, "centos", "7", "", "x86_64")))
                .hasMessageContaining("CRI-O's repositories begin with 1.28");
    }

    private static Resolved yum(Cluster cluster) {
        return Repositories.resolve(cluster, TABLE, Family.YUM, "centos", "7", "", "x86_64");
    }

    private static Resolved apt(Cluster cluster) {
        return Repositories.resolve(cluster, TABLE, Family.APT, "ubuntu", "22.04", "jammy", "amd64");
    }

    private static Cluster cluster(String version, String runtime, String packages) {
        try {
            return SpecReader.read(
                    """
                    apiVersion: caravan/v1
                    kind: Cluster
                    metadata: {name: demo}
                    spec:
                      kubernetes: {version: %s}
                      runtime: {name: %s}
                      packages: {%s}
                      hosts: [{name: h1, address: 192.0.2.11, roles: [control-plane]}]
                    """
                            .formatted(version, runtime, packages),
                    "test");
        } catch (InvalidSpec e) {
            throw new AssertionError(e);
        }
    }
}
