package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.Engine;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.testkit.Clusters;
import dev.caravan.testkit.RehearsedRuns;
import dev.caravan.testkit.RehearsedRuns.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Rehearsal: what differs from the spec on a running cluster is shown by plan and corrected by apply. */
class DriftRehearsalTest {
    private static final Map<String, String> SETTINGS = Map.of("caravan.certificates.seconds", "3");

    @RegisterExtension
    final Scratch scratch = new Scratch();

    private final RehearsedRuns runs = new RehearsedRuns(scratch);

    @Tag("long")
    @Test
    void whatWasChangedByHandIsShownByPlanAndCorrectedByApply() throws Exception {
        try (Rehearsal rehearsal = start(1, 1); Engine engine = runs.engine(rehearsal, SETTINGS)) {
            Cluster cluster = labelled(rehearsal.cluster(), "h2", Map.of("site", "north"));
            assertThat(runs.run(engine, cluster, "apply", Map.of()).state()).isEqualTo("succeeded");
            Path first = rehearsal.host("h1").root();
            Path second = rehearsal.host("h2").root();
            Map<String, String> before = files(first, "etc/kubernetes");
            Ended nothing = runs.run(engine, cluster, "plan", Map.of());
            assertThat(nothing.changed()).as(nothing::details).isEmpty();

            replace(first.resolve("etc/kubernetes/manifests/kube-apiserver.yaml"), "--secure-port=6443", "--secure-port=6443\n    - --v=9");
            Files.writeString(second.resolve("var/lib/kubelet/config.yaml"), "maxPods: 7\n", java.nio.file.StandardOpenOption.APPEND);
            replace(second.resolve("etc/sysctl.d/90-caravan.conf"), "ip_forward = 1", "ip_forward = 0");
            Path labels = rehearsal.host("h1").root().getParent().resolveSibling("shared").resolve("nodes/h2/labels");
            replace(labels, "site=north", "site=south");
            delete(second.resolve(".rehearsal/units/kubelet.service/enabled"));

            Ended plan = runs.run(engine, cluster, "plan", Map.of());
            assertThat(plan.state()).as(plan::details).isEqualTo("succeeded");
            assertThat(plan.changed()).containsExactlyInAnyOrder("h2 os-prepare", "h2 kube-install", "h1 settings-look", "h2 settings-look",
                    "h1 label-nodes");
            assertThat(plan.diffs()).contains("-    - --v=9", "-maxPods: 7", "-net.ipv4.ip_forward = 0", "+net.ipv4.ip_forward = 1");
            assertThat(plan.details()).contains("label h2 site=north");
            assertThat(first.resolve("etc/kubernetes/manifests/kube-apiserver.yaml")).content().contains("--v=9");
            assertThat(second.resolve("var/lib/kubelet/config.yaml")).content().contains("maxPods");

            Ended apply = runs.run(engine, cluster, "apply", Map.of());
            assertThat(apply.state()).as(apply::details).isEqualTo("succeeded");
            assertThat(apply.changed()).contains("h1 control-plane-settings", "h2 kubelet-settings", "h1 label-nodes");
            assertThat(files(first, "etc/kubernetes")).isEqualTo(before);
            assertThat(second.resolve("var/lib/kubelet/config.yaml")).content().doesNotContain("maxPods");
            assertThat(labels).content().contains("site=north").doesNotContain("site=south");

            Ended again = runs.run(engine, cluster, "apply", Map.of());
            assertThat(again.changed()).as(again::details).isEmpty();
            assertThat(again.details()).doesNotContain("not in the spec");

            Ended without = runs.run(engine, cluster.withHosts(cluster.hosts().subList(0, 1)), "plan", Map.of());
            assertThat(without.changed()).as(without::details).isEmpty();
            assertThat(without.details()).contains("the host at 10.77.0.12 is not in the spec any more", "state: absent");
        }
    }

    @Tag("long")
    @Test
    void changedSettingsOfTheSpecReachEveryNodeAndARollbackTakesThemBack() throws Exception {
        try (Rehearsal rehearsal = start(2, 1); Engine engine = runs.engine(rehearsal, SETTINGS)) {
            assertThat(runs.run(engine, rehearsal.cluster(), "apply", Map.of()).state()).isEqualTo("succeeded");
            Map<String, String> before = files(rehearsal.host("h2").root(), "etc/kubernetes");
            Path stored = rehearsal.host("h1").root().getParent().resolveSibling("shared");
            String storedBefore = Files.readString(stored.resolve("cluster-configuration"));
            Cluster changed = Clusters.configured(rehearsal.cluster(), Map.of(
                    "ClusterConfiguration", Map.of("apiServer",
                            Map.of("extraArgs", Map.of("profiling", "false"), "certSANs", List.of("api.example.com"))),
                    "KubeletConfiguration", Map.of("maxPods", 50)));

            Ended plan = runs.run(engine, changed, "plan", Map.of());
            assertThat(plan.changed()).as(plan::details)
                    .containsExactlyInAnyOrder("h1 cluster-config", "h1 settings-look", "h2 settings-look", "h3 settings-look");
            assertThat(plan.diffs()).contains("+    - --profiling=false", "+maxPods: 50");
            assertThat(files(rehearsal.host("h2").root(), "etc/kubernetes")).isEqualTo(before);

            Ended apply = runs.run(engine, changed, "apply", Map.of());
            assertThat(apply.state()).as(apply::details).isEqualTo("succeeded");
            assertThat(apply.changed()).containsSubsequence("h1 cluster-config", "h1 control-plane-settings", "h2 control-plane-settings",
                    "h1 kubelet-settings", "h2 kubelet-settings", "h3 kubelet-settings");
            assertThat(rehearsal.host("h2").root().resolve("etc/kubernetes/manifests/kube-apiserver.yaml")).content()
                    .contains("--profiling=false");
            assertThat(rehearsal.host("h3").root().resolve("var/lib/kubelet/config.yaml")).content().contains("maxPods: 50");
            assertThat(stored.resolve("cluster-configuration")).content().contains("api.example.com");
            assertThat(apply.details()).doesNotContain("PRIVATE KEY");
            Ended again = runs.run(engine, changed, "apply", Map.of());
            assertThat(again.changed()).as(again::details).isEmpty();

            Ended back = runs.run(engine, changed, "rollback-run", Map.of("run", apply.id()));
            assertThat(back.state()).as(back::details).isEqualTo("succeeded");
            assertThat(files(rehearsal.host("h2").root(), "etc/kubernetes")).isEqualTo(before);
            assertThat(stored.resolve("cluster-configuration")).content().isEqualTo(storedBefore);
            assertThat(rehearsal.host("h3").root().resolve("var/lib/kubelet/config.yaml")).content().doesNotContain("maxPods");
            assertThat(rehearsal.host("h1").root().resolve("var/lib/caravan")).doesNotExist();
        }
    }

    @Tag("long")
    @Test
    void anArgumentThatTheApiServerDoesNotTakeIsPutBackAndTheNextControlPlaneIsNotTouched() throws Exception {
        try (Rehearsal rehearsal = start(2, 0); Engine engine = runs.engine(rehearsal, SETTINGS)) {
            assertThat(runs.run(engine, rehearsal.cluster(), "apply", Map.of()).state()).isEqualTo("succeeded");
            Map<String, String> first = files(rehearsal.host("h1").root(), "etc/kubernetes/manifests");
            Map<String, String> second = files(rehearsal.host("h2").root(), "etc/kubernetes/manifests");
            Cluster wrong = Clusters.configured(rehearsal.cluster(), Map.of("ClusterConfiguration",
                    Map.of("apiServer", Map.of("extraArgs", Map.of("no-such-flag", "1")))));

            Ended failed = runs.run(engine, wrong, "apply", Map.of());

            assertThat(failed.state()).as(failed::details).isEqualTo("failed");
            assertThat(failed.details()).contains("kube-apiserver did not come back with the settings of the spec",
                    "its former manifest is in place again");
            assertThat(files(rehearsal.host("h1").root(), "etc/kubernetes/manifests")).isEqualTo(first);
            assertThat(files(rehearsal.host("h2").root(), "etc/kubernetes/manifests")).isEqualTo(second);
        }
    }

    @Tag("long")
    @Test
    void whatCannotBeChangedInARunningClusterIsRefused() throws Exception {
        try (Rehearsal rehearsal = start(1, 0); Engine engine = runs.engine(rehearsal, SETTINGS)) {
            assertThat(runs.run(engine, rehearsal.cluster(), "apply", Map.of()).state()).isEqualTo("succeeded");
            Cluster other = Clusters.configured(rehearsal.cluster(),
                    Map.of("ClusterConfiguration", Map.of("networking", Map.of("dnsDomain", "other.local"))));

            Ended failed = runs.run(engine, other, "plan", Map.of());

            assertThat(failed.state()).as(failed::details).isEqualTo("failed");
            assertThat(failed.details()).contains("dnsDomain: other.local", "this cannot be changed in a running cluster");
        }
    }

    @Tag("long")
    @Test
    void labelsAndTaintsThatLeftTheSpecAreRemovedIfCaravanSetThemAndOthersStay() throws Exception {
        try (Rehearsal rehearsal = start(1, 1); Engine engine = runs.engine(rehearsal, SETTINGS)) {
            Host worker = rehearsal.cluster().hosts().get(1);
            Cluster with = with(rehearsal.cluster(), new Host(worker.name(), worker.address(), worker.roles(), worker.ssh(),
                    Map.of("site", "north", "disk", "ssd"), List.of("dedicated=batch:NoSchedule")));
            assertThat(runs.run(engine, with, "apply", Map.of()).state()).isEqualTo("succeeded");
            Path node = rehearsal.host("h1").root().getParent().resolveSibling("shared").resolve("nodes/h2");
            Files.writeString(node.resolve("labels"), "team=blue\n", java.nio.file.StandardOpenOption.APPEND);
            Files.writeString(node.resolve("taints"), "foreign:NoExecute\n", java.nio.file.StandardOpenOption.APPEND);
            assertThat(node.resolve("applied")).hasContent("label/disk label/site taint/dedicated:NoSchedule");
            Cluster without = with(rehearsal.cluster(), new Host(worker.name(), worker.address(), worker.roles(), worker.ssh(),
                    Map.of("site", "north"), List.of()));

            Ended plan = runs.run(engine, without, "plan", Map.of());
            assertThat(plan.changed()).as(plan::details).containsExactly("h1 label-nodes");
            Ended apply = runs.run(engine, without, "apply", Map.of());
            assertThat(apply.state()).as(apply::details).isEqualTo("succeeded");
            assertThat(node.resolve("labels")).content().contains("site=north", "team=blue").doesNotContain("disk=ssd");
            assertThat(node.resolve("taints")).content().contains("foreign:NoExecute").doesNotContain("dedicated");
            assertThat(node.resolve("applied")).hasContent("label/site");
            assertThat(runs.run(engine, without, "apply", Map.of()).changed()).isEmpty();

            Ended back = runs.run(engine, without, "rollback-run", Map.of("run", apply.id()));
            assertThat(back.state()).as(back::details).isEqualTo("succeeded");
            assertThat(node.resolve("labels")).content().contains("site=north", "team=blue", "disk=ssd");
            assertThat(node.resolve("taints")).content().contains("foreign:NoExecute", "dedicated=batch:NoSchedule");
            assertThat(node.resolve("applied")).hasContent("label/disk label/site taint/dedicated:NoSchedule");
        }
    }

    private static Cluster labelled(Cluster cluster, String name, Map<String, String> labels) {
        Host host = cluster.hosts().stream().filter(one -> one.name().equals(name)).findFirst().orElseThrow();
        return with(cluster, new Host(host.name(), host.address(), host.roles(), host.ssh(), labels, host.taints()));
    }

    private static Cluster with(Cluster cluster, Host changed) {
        List<Host> hosts = new ArrayList<>(cluster.hosts());
        hosts.replaceAll(host -> host.name().equals(changed.name()) ? changed : host);
        return new Cluster(cluster.name(), cluster.kubernetes(), cluster.packages(), cluster.runtime(), cluster.network(), hosts,
                cluster.onFailure());
    }

    private static void replace(Path file, String what, String by) throws IOException {
        String text = Files.readString(file);
        assertThat(text).contains(what);
        Files.writeString(file, text.replace(what, by));
    }

    private static void delete(Path file) throws IOException {
        Files.delete(file);
    }

    private static Map<String, String> files(Path root, String directory) throws IOException {
        Map<String, String> files = new TreeMap<>();
        try (Stream<Path> all = Files.walk(root.resolve(directory))) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                files.put(root.relativize(file).toString(), Files.readString(file));
            }
        }
        return files;
    }

    private Rehearsal start(int controlPlanes, int workers) throws Exception {
        return Rehearsal.start(Clusters.of(controlPlanes, workers, "1.37.2", Cluster.RuntimeName.CONTAINERD, Clusters.root()), List.of(),
                scratch.directory(), Rehearsal.Options.usual().withPace(0));
    }
}
