package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.Engine;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.StepState;
import dev.caravan.packages.Family;
import dev.caravan.run.TestActions;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.KeptEndpoint;
import dev.caravan.testkit.Clusters;
import dev.caravan.testkit.RehearsedRuns;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Rehearsal: endpoints that Caravan keeps. On real hosts {@code src/test/lab/endpoint} shows the same, and that they outlive a host. */
class EndpointRehearsalTest {
    @RegisterExtension
    final Scratch scratch = new Scratch();

    private final RehearsedRuns runs = new RehearsedRuns(scratch);

    @Tag("long")
    @Test
    void aVirtualAddressKnowsControlPlanesThatAreAdded() throws Exception {
        Cluster cluster = kept(Clusters.of(2, 1, "1.37.2", Cluster.RuntimeName.CONTAINERD, Clusters.root()),
                new KeptEndpoint(KeptEndpoint.Kind.VIP, "10.77.0.100", 8443));
        try (Rehearsal rehearsal = Rehearsal.start(cluster, List.of(), scratch.directory(), Rehearsal.Options.usual().withPace(0));
                Engine engine = runs.engine(rehearsal)) {
            Cluster both = rehearsal.cluster();
            Cluster one = both.withHosts(both.hosts().stream().filter(host -> !host.name().equals("h2")).toList());
            assertThat(runs.run(engine, one, TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            Path haproxy = rehearsal.roots().get("h1").resolve("etc/haproxy/haproxy.cfg");
            assertThat(servers(haproxy)).containsExactly("h1 10.77.0.11:6443");

            assertThat(runs.run(engine, both, TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            assertThat(servers(haproxy)).containsExactly("h1 10.77.0.11:6443", "h2 10.77.0.12:6443");
            assertThat(rehearsal.roots().get("h2").resolve("etc/keepalived/keepalived.conf")).content()
                    .contains("unicast_src_ip 10.77.0.12", "    10.77.0.11\n", "priority 149", "10.77.0.100/32");
            assertThat(rehearsal.roots().get("h3").resolve("etc/haproxy/haproxy.cfg")).doesNotExist();

            runs.events().clear();
            assertThat(runs.run(engine, both, TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            assertThat(runs.events().stream().flatMap(event -> event.as(StepEnded.class).stream()))
                    .filteredOn(ended -> ended.state() == StepState.CHANGED).isEmpty();

            assertThat(runs.run(engine, both, TestActions.RESET)).as(runs::details).isEqualTo("succeeded");
            assertThat(haproxy).doesNotExist();
            assertThat(rehearsal.roots().get("h1").resolve(".rehearsal/packages/keepalived")).doesNotExist();
        }
    }

    @Tag("long")
    @Test
    void eachHostHasAHaproxyOfItsOwnAndSomebodyElsesIsNotTouched() throws Exception {
        Cluster cluster = kept(Clusters.of(1, 1, "1.37.2", Cluster.RuntimeName.CONTAINERD, Clusters.root()),
                new KeptEndpoint(KeptEndpoint.Kind.NODE_LOCAL, "127.0.0.1", 8443));
        try (Rehearsal rehearsal = Rehearsal.start(cluster, List.of(), scratch.directory(),
                        Rehearsal.Options.usual().withFamily(Family.APT).withPace(0));
                Engine engine = runs.engine(rehearsal)) {
            Path theirs = rehearsal.roots().get("h2").resolve("etc/haproxy/haproxy.cfg");
            Files.createDirectories(theirs.getParent());
            Files.writeString(theirs, "frontend shop\n");
            assertThat(runs.run(engine, rehearsal.cluster(), TestActions.APPLY)).as(runs::details).isEqualTo("failed");
            assertThat(runs.details()).contains("haproxy is configured for something else on this host (/etc/haproxy/haproxy.cfg)");
            assertThat(theirs).hasContent("frontend shop");

            Files.delete(theirs);
            assertThat(runs.run(engine, rehearsal.cluster(), TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            assertThat(servers(theirs)).containsExactly("h1 10.77.0.11:6443");
            assertThat(theirs).content().contains("bind 127.0.0.1:8443");
            assertThat(rehearsal.roots().get("h2").resolve("etc/keepalived")).doesNotExist();
        }
    }

    private static List<String> servers(Path haproxy) throws Exception {
        return Files.readAllLines(haproxy).stream().filter(line -> line.startsWith("  server ")).map(String::strip)
                .map(line -> line.split(" ")[1] + " " + line.split(" ")[2]).toList();
    }

    private static Cluster kept(Cluster cluster, KeptEndpoint endpoint) {
        Cluster.Kubernetes plain = cluster.kubernetes();
        Cluster.Kubernetes kubernetes = new Cluster.Kubernetes(plain.version(), plain.imageRepository(), endpoint.hostAndPort(),
                Optional.of(endpoint), plain.podSubnet(), plain.serviceSubnet(), plain.kubeadm(), plain.upgrade());
        return new Cluster(cluster.name(), kubernetes, cluster.packages(), cluster.runtime(), cluster.network(), cluster.hosts(),
                cluster.onFailure());
    }
}
