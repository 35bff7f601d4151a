package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.Engine;
import dev.caravan.packages.Family;
import dev.caravan.run.TestActions;
import dev.caravan.spec.Cluster;
import dev.caravan.testkit.Clusters;
import dev.caravan.testkit.RehearsedRuns;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Rehearsal: upgrades whose control plane does not come up. Real: the cases with -rollback of {@code src/test/lab/upgrade}. */
class UpgradeFailuresRehearsalTest {
    /** 1.36 knows it, and 1.37 does not. */
    private static final Map<String, String> GATE = Map.of("feature-gates", "StructuredAuthenticationConfiguration=true");

    @RegisterExtension
    final Scratch scratch = new Scratch();

    private final RehearsedRuns runs = new RehearsedRuns(scratch);

    @Tag("long")
    @Test
    void anUpgradeIsRolledBackBeforeTheApiServerIsTouched() throws Exception {
        try (Rehearsal rehearsal = start(GATE);
                Engine engine = runs.engine(rehearsal)) {
            assertThat(runs.run(engine, rehearsal.cluster(), TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            Path manifest = rehearsal.host("h1").root().resolve("etc/kubernetes/manifests/kube-apiserver.yaml");
            String before = Files.readString(manifest);
            rehearsal.offer("1.37.2");

            Cluster newer = with(rehearsal.cluster(), "1.37.2", GATE);
            assertThat(runs.run(engine, newer, TestActions.APPLY)).as(runs::details).isEqualTo("rolled-back");
            assertThat(runs.details()).contains("kube-apiserver 1.37.2 does not know StructuredAuthenticationConfiguration");
            assertThat(manifest).content().isEqualTo(before);
            assertThat(rehearsal.host("h1").root().resolve(".rehearsal/packages/kubeadm/version")).content().contains("1.36.3");

            Cluster same = with(rehearsal.cluster(), "1.36.3", Map.of("profiling", "false"));
            assertThat(runs.run(engine, same, TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            Cluster without = with(rehearsal.cluster(), "1.37.2", Map.of("profiling", "false"));
            assertThat(runs.run(engine, without, TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            assertThat(manifest).content().contains("kube-apiserver:v1.37.2", "--profiling=false").doesNotContain("feature-gates");
        }
    }

    /** Real kubeadm upgrades etcd first. It leaves it so when the API server does not come up. */
    @Tag("long")
    @Test
    void whatFailsAfterEtcdWasUpgradedIsNotRolledBackAndEtcdNeverGoesBack() throws Exception {
        try (Rehearsal rehearsal = start(Map.of());
                Engine engine = runs.engine(rehearsal)) {
            assertThat(runs.run(engine, rehearsal.cluster(), TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            Path root = rehearsal.host("h1").root();
            Path etcd = root.resolve("etc/kubernetes/manifests/etcd.yaml");
            assertThat(etcd).content().contains("etcd:3.6.5-0");
            Path stops = Files.createFile(root.resolve(".rehearsal/upgrade-stops-after-etcd"));
            rehearsal.offer("1.37.2");
            Cluster newer = with(rehearsal.cluster(), "1.37.2", Map.of());

            assertThat(runs.run(engine, newer, TestActions.APPLY)).as(runs::details).isEqualTo("failed");
            assertThat(runs.details()).contains("etcd is at 3.7.0 already and does not go back to 3.6.5");
            assertThat(root.resolve("etc/kubernetes/manifests/kube-apiserver.yaml")).content().contains("kube-apiserver:v1.36.3");
            assertThat(root.resolve(".rehearsal/packages/kubeadm/version")).content().contains("1.37.2");

            Files.delete(stops);
            assertThat(runs.run(engine, newer, TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            assertThat(etcd).content().contains("etcd:3.7.0-0");
        }
    }

    @Tag("long")
    @Test
    void anEtcdThatIsNewerThanThatOfItsKubeadmStays() throws Exception {
        try (Rehearsal rehearsal = start(Map.of());
                Engine engine = runs.engine(rehearsal)) {
            assertThat(runs.run(engine, rehearsal.cluster(), TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            Path etcd = rehearsal.host("h1").root().resolve("etc/kubernetes/manifests/etcd.yaml");
            Files.writeString(etcd, Files.readString(etcd).replace("etcd:3.6.5-0", "etcd:3.7.0-0"));
            runs.events().clear();

            assertThat(runs.run(engine, rehearsal.cluster(), TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            assertThat(runs.changed()).isEmpty();
            assertThat(etcd).content().contains("etcd:3.7.0-0");
        }
    }

    /** One control plane at 1.36.3. */
    private Rehearsal start(Map<String, String> arguments) throws Exception {
        Cluster plain = Clusters.of(1, 0, "1.36.3", Cluster.RuntimeName.CONTAINERD, Clusters.root());
        return Rehearsal.start(with(plain, "1.36.3", arguments), List.of(), scratch.directory(),
                Rehearsal.Options.usual().withFamily(Family.APT).withPace(0));
    }

    /** The same at that version, with these arguments of the API server. */
    private static Cluster with(Cluster cluster, String version, Map<String, String> arguments) {
        return Clusters.rolledBack(Clusters.configured(cluster.at(version),
                Map.of("ClusterConfiguration", Map.of("apiServer", Map.of("extraArgs", arguments)))));
    }
}
