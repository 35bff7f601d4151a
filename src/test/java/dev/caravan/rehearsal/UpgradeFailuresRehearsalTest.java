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
    @RegisterExtension
    final Scratch scratch = new Scratch();

    private final RehearsedRuns runs = new RehearsedRuns(scratch);

    @Test
    void anUpgradeIsRolledBackBeforeTheApiServerIsTouched() throws Exception {
        Cluster gated = with(Clusters.of(1, 0, "1.36.3", Cluster.RuntimeName.CONTAINERD, Clusters.root()), "1.36.3",
                Map.of("feature-gates", "StructuredAuthenticationConfiguration=true"));
        try (Rehearsal rehearsal = Rehearsal.start(gated, List.of(), scratch.directory(),
                        Rehearsal.Options.usual().withFamily(Family.APT).withPace(0));
                Engine engine = runs.engine(rehearsal)) {
            assertThat(runs.run(engine, rehearsal.cluster(), TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            Path manifest = rehearsal.host("h1").root().resolve("etc/kubernetes/manifests/kube-apiserver.yaml");
            String before = Files.readString(manifest);
            rehearsal.offer("1.37.2");

            Cluster newer = with(rehearsal.cluster(), "1.37.2", Map.of("feature-gates", "StructuredAuthenticationConfiguration=true"));
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
        Cluster older = with(Clusters.of(1, 0, "1.36.3", Cluster.RuntimeName.CONTAINERD, Clusters.root()), "1.36.3", Map.of());
        try (Rehearsal rehearsal = Rehearsal.start(older, List.of(), scratch.directory(),
                        Rehearsal.Options.usual().withFamily(Family.APT).withPace(0));
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
        Cluster cluster = with(Clusters.of(1, 0, "1.36.3", Cluster.RuntimeName.CONTAINERD, Clusters.root()), "1.36.3", Map.of());
        try (Rehearsal rehearsal = Rehearsal.start(cluster, List.of(), scratch.directory(),
                        Rehearsal.Options.usual().withFamily(Family.APT).withPace(0));
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

    private static Cluster with(Cluster cluster, String version, Map<String, String> arguments) {
        Cluster.Kubernetes known = cluster.kubernetes();
        Cluster.Kubernetes kubernetes = new Cluster.Kubernetes(version, known.imageRepository(), known.controlPlaneEndpoint(),
                known.endpoint(), known.podSubnet(), known.serviceSubnet(),
                Map.of("ClusterConfiguration", Map.of("apiServer", Map.of("extraArgs", arguments))), known.upgrade());
        return new Cluster(cluster.name(), kubernetes, cluster.packages(), cluster.runtime(), cluster.network(), cluster.hosts(),
                Cluster.OnFailure.ROLLBACK);
    }
}
