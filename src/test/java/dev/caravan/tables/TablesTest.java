package dev.caravan.tables;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.kubeadm.KubeadmApi;
import dev.caravan.routes.RouteFiles;
import dev.caravan.spec.Cluster.Cni;
import dev.caravan.spec.Cluster.RuntimeName;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The tables of routes/data: what the built-in ones say, that a user's replace them, and what is said of wrong ones. */
class TablesTest {
    @TempDir
    private Path directory;

    private final KubernetesTable table = KubernetesTable.builtIn();

    private RouteFiles with(String name, UnaryOperator<String> change) throws IOException {
        return OwnTables.with(directory, name, change);
    }

    @Test
    void whatTheEngineFindsWrongMayBeTransientToAUser() throws Exception {
        assertThat(EngineFailures.builtIn().of("timeout").isTransient()).isFalse();
        EngineFailures own = EngineFailures.of(with(EngineFailures.FILE, text -> "timeout: {transient: true}\n"));
        assertThat(own.of("timeout").isTransient()).isTrue();
        assertThat(own.of("timeout").remedy()).as("what is left out").isEqualTo(EngineFailures.builtIn().of("timeout").remedy());
        assertThat(own.of("connection")).isEqualTo(EngineFailures.builtIn().of("connection"));
        RouteFiles wrong = with(EngineFailures.FILE, text -> "\ntimeuot: {transient: true}\n");
        assertThatThrownBy(() -> EngineFailures.of(wrong)).isInstanceOf(InvalidData.class).hasMessageContaining("2")
                .hasMessageContaining("timeuot");
    }

    @ParameterizedTest
    @CsvSource({
        "13, v1beta1, 3.2, 2, cgroupfs, PATHS",
        "20, v1beta2, 3.4, 2, cgroupfs, PATHS",
        "22, v1beta3, 3.5, 2, systemd, PATHS",
        "24, v1beta3, 3.5, 2, systemd, URLS",
        "28, v1beta3, 3.5, 3, systemd, URLS",
        "31, v1beta4, 3.5, 3, systemd, URLS",
        "33, v1beta4, 3.5, 3, systemd, URLS",
        "34, v1beta4, 3.6, 3, systemd, URLS",
        "36, v1beta4, 3.6, 3, systemd, URLS",
        "37, v1beta4, 3.7, 3, systemd, URLS",
        "40, v1beta4, 3.7, 3, systemd, URLS"
    })
    void knowsWhatAMinorNeeds(int number, String api, String etcd, int kubelets, String driver, Minor.Sockets sockets) {
        Minor minor = table.minor(number);

        assertThat(minor.kubeadmApi()).isEqualTo(api);
        assertThat(minor.etcd()).isEqualTo(etcd);
        assertThat(minor.kubeletMinorsOlder()).isEqualTo(kubelets);
        assertThat(minor.cgroupDriver()).isEqualTo(driver);
        assertThat(minor.sockets()).isEqualTo(sockets);
        assertThat(minor.runtimes().contains(RuntimeName.DOCKER)).isEqualTo(number < 24);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "23 | [node-role.kubernetes.io/master] | [conntrack, iptables, ip] | true | []",
        "24 | [node-role.kubernetes.io/control-plane, node-role.kubernetes.io/master] | [conntrack, iptables, ip] | true | [COMMUNITY]",
        "26 | [node-role.kubernetes.io/control-plane] | [conntrack, iptables, ip] | true | [COMMUNITY]",
        "28 | [node-role.kubernetes.io/control-plane] | [conntrack, iptables, ip] | false | [COMMUNITY, CRI_O]",
        "31 | [node-role.kubernetes.io/control-plane] | [conntrack, iptables, ip] | false | [COMMUNITY, CRI_O]",
        "32 | [node-role.kubernetes.io/control-plane] | [iptables, ip] | false | [COMMUNITY, CRI_O]"
    })
    void knowsWhatAHostNeedsForAMinor(int number, String taints, String commands, boolean asksAmazon, String repositories) {
        Minor minor = table.minor(number);

        assertThat(minor.controlPlaneTaints()).hasToString(taints);
        assertThat(minor.commands()).hasToString(commands);
        assertThat(minor.kubeletAsksAmazon()).isEqualTo(asksAmazon);
        assertThat(minor.repositories()).hasToString(repositories);
        assertThat(table.lastLegacy()).isEqualTo("1.28.2");
    }

    @Test
    void knowsWhichMinorLosesWatches() {
        assertThat(IntStream.rangeClosed(13, 37).filter(number -> table.minor(number).apiServerLosesWatches())).containsExactly(20);
    }

    @Test
    void aRowIsInheritedButForWhatBelongsToOneEtcd() {
        assertThat(table.minor(33).etcdUpgradeFrom()).isEmpty();
        assertThat(table.minor(34).etcdUpgradeFrom()).contains("3.5.26");
        assertThat(table.minor(36).etcdUpgradeFrom()).contains("3.5.26");
        assertThat(table.minor(37).etcdUpgradeFrom()).isEmpty();
        assertThat(table.minor(37).removed().kubeletFlags()).containsEntry("pod-infra-container-image", 35)
                .containsEntry("network-plugin", 24);
        assertThat(table.minor(34).removed().kubeletFlags()).doesNotContainKey("pod-infra-container-image");
        assertThat(table.newestTried()).isEqualTo(37);
    }

    @Test
    void everyApiThatATableMayNameCanBeWritten() {
        assertThat(Arrays.stream(KubeadmApi.values()).map(KubeadmApi::word)).containsExactlyElementsOf(MinorRow.KUBEADM_APIS);
    }

    @Test
    void aMinorOlderThanTheTableIsRefused() {
        assertThatThrownBy(() -> table.minor(12)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Kubernetes 1.12 is older than 1.13, the oldest that Caravan knows");
    }

    @Test
    void aNewMinorIsANewRowOfAUsersFile() throws IOException {
        KubernetesTable own = KubernetesTable.of(with("data/kubernetes.yaml",
                text -> text.replace("newestTried: 1.37", "newestTried: 1.39")
                        + "  1.39:\n    etcd: 3.8\n    kernel: {warnBelow: 5.10}\n"));

        assertThat(own.newestTried()).isEqualTo(39);
        assertThat(own.minor(38).etcd()).isEqualTo("3.7");
        assertThat(own.minor(39).etcd()).isEqualTo("3.8");
        assertThat(own.minor(39).kernel()).isEqualTo(new Minor.Least(Optional.empty(), Optional.of("5.10")));
        assertThat(own.minor(39).cgroupV1()).isEqualTo(Minor.CgroupV1.REFUSED);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "newestTried: 1.37 | newestTried: v1.37 | 6: \"v1.37\" is no minor of Kubernetes; for example 1.37",
        "cgroupV1: accepted | cgroupV1: yes | 15: \"yes\" is not known; known: accepted, maintenance, refused",
        "cgroupV1: accepted | cgroup: accepted | 15: unknown key cgroup; known: kubeadmApi, kernel, cgroupV1, ",
        "sockets: paths | '' | 13: the oldest minor has no sockets; its row must say everything",
        "etcd: 3.3 | etcd: new | 31: \"new\" has not the right form; for example 5.13",
        "etcd: 3.3 | etcd: [3.3] | 31: this should be one value",
        "etcd: 3.3 | etcd: {3.3 | no YAML: ",
        "1.15: | 1.11: | 33: 1.11 is below 1.14; sort the rows, the oldest minor first",
        "1.15: | 1.14: | 32: 1.14 is here a second time; keep one",
        "kubeadmApi: v1beta4 | kubeadmApi: v1 | \"v1\" is not known; known: v1beta1, v1beta2, v1beta3, v1beta4"
    })
    void aWrongTableIsSaidByFileAndLine(String right, String wrong, String said) throws IOException {
        RouteFiles files = with("data/kubernetes.yaml", text -> text.replaceFirst(right.replace(".", "\\."), wrong));

        assertThatThrownBy(() -> KubernetesTable.of(files)).isInstanceOf(InvalidData.class)
                .hasMessageStartingWith("routes/data/kubernetes.yaml (" + directory.resolve("data/kubernetes.yaml") + "), line ")
                .hasMessageContaining(said);
    }

    @ParameterizedTest
    @CsvSource({
        "FLANNEL, 20, v0.26.7", "FLANNEL, 37, v0.28.4",
        "CALICO, 20, v3.20.6", "CALICO, 31, v3.29.7", "CALICO, 32, v3.31.7", "CALICO, 34, v3.32.1", "CALICO, 36, v3.32.1",
        "CALICO, 37, v3.33.0"
    })
    void eachMinorHasItsReleaseOfANetwork(Cni cni, int minor, String release) {
        NetworkRelease found = NetworkTable.builtIn().release(cni, minor).orElseThrow();

        assertThat(found.release()).isEqualTo(release);
        assertThat(found.manifest()).startsWith("https://");
        assertThat(found.podSubnet()).isEqualTo(cni == Cni.FLANNEL ? Optional.of("10.244.0.0/16") : Optional.empty());
    }

    @Test
    void networksThatPublishNoManifestHaveNoRelease() {
        assertThat(NetworkTable.builtIn().release(Cni.CILIUM, 37)).isEmpty();
        assertThat(NetworkTable.builtIn().release(Cni.BRIDGE, 37)).isEmpty();
    }

    /** The words of the built-in table are the rules' own, and a rule that a user's table leaves out is as it is there. */
    @Test
    void aRuleThatIsLeftOutIsAsInTheBuiltInTable() throws IOException {
        PreflightTable own = PreflightTable.of(with("data/preflight.yaml", text -> "kernel: warn\nfirewall: refuse\nclock: off\n"));
        PreflightTable builtIn = PreflightTable.builtIn();

        assertThat(own.of("kernel")).isEqualTo(PreflightTable.Say.WARN);
        assertThat(own.of("clock")).isEqualTo(PreflightTable.Say.OFF);
        assertThat(own.of("machine-id")).isEqualTo(builtIn.of("machine-id")).isEqualTo(PreflightTable.Say.WARN);
        assertThat(own.of("memory")).isEqualTo(builtIn.of("memory")).isEqualTo(PreflightTable.Say.REFUSE);
        assertThat(own.makesRefusalsOfWarnings("firewall")).isTrue();
        assertThat(builtIn.makesRefusalsOfWarnings("firewall")).isFalse();
        assertThat(own.makesRefusalsOfWarnings("kernel")).isFalse();
    }

    @Test
    void aRuleThatNobodyKnowsOrThatMustRefuseIsSaid() throws IOException {
        RouteFiles files = with("data/preflight.yaml", text -> text + "other-cluster: off\n");

        assertThatThrownBy(() -> PreflightTable.of(files)).isInstanceOf(InvalidData.class)
                .hasMessageContaining("unknown key other-cluster; known: runtime-version, ");
    }

    @Test
    void aWrongDigestIsSaid() throws IOException {
        RouteFiles files = with("data/networks.yaml", text -> text.replaceFirst("sha256: d3f5", "sha256: D3F5"));

        assertThatThrownBy(() -> NetworkTable.of(files)).isInstanceOf(InvalidData.class)
                .hasMessageContaining("has not the right form; for example the 64 characters");
    }
}
