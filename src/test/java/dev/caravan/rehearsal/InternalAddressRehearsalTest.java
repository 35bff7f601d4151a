package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.Engine;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.StepState;
import dev.caravan.run.TestActions;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.SpecReader;
import dev.caravan.testkit.RehearsedRuns;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Rehearsal: internal addresses of both families, and a node whose name has dots. On real hosts {@code src/test/lab/networks} shows the
 * same, with traffic.
 */
class InternalAddressRehearsalTest {
    private static final String SPEC = """
            apiVersion: caravan/v1
            kind: Cluster
            metadata: {name: internal}
            spec:
              kubernetes:
                version: 1.37.2
                controlPlaneEndpoint: 10.88.0.11:6443
                podSubnet: 10.244.0.0/16,fd00:10:244::/56
                serviceSubnet: 10.96.0.0/16,fd00:10:96::/112
              packages: {mirror: community}
              network: {cni: bridge}
              ssh: {user: root}
              hosts:
                - {name: h1, address: 203.0.113.11, internalAddress: "10.88.0.11,fd00:88::11", roles: [control-plane]}
                - {name: h2, address: 203.0.113.12, internalAddress: "10.88.0.12,fd00:88::12", roles: [control-plane]}
                - {name: h3.example.com, address: 203.0.113.13, internalAddress: "10.88.0.13,fd00:88::13", roles: [worker]}
            """;

    @RegisterExtension
    final Scratch scratch = new Scratch();

    private final RehearsedRuns runs = new RehearsedRuns(scratch);

    @Tag("long")
    @Test
    void theClusterIsAtTheInternalAddressesAndItsCertificatesAlsoNameTheOthers() throws Exception {
        Cluster cluster = SpecReader.read(SPEC, "test");
        try (Rehearsal rehearsal = Rehearsal.start(cluster, List.of(), scratch.directory(), Rehearsal.Options.usual().withPace(0));
                Engine engine = runs.engine(rehearsal)) {
            Cluster both = rehearsal.cluster();
            Cluster one = both.withHosts(both.hosts().stream().filter(host -> !host.name().equals("h2")).toList());
            assertThat(runs.run(engine, one, TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            Path shared = scratch.directory().resolve("shared");
            assertThat(shared.resolve("nodes/h3.example.com/address")).hasContent("10.88.0.13");
            assertThat(shared.resolve("nodes/h3.example.com/pod-cidr")).hasContent("10.244.1.0/24,fd00:10:244:1::/64");
            assertThat(shared.resolve("certificate-names")).hasContent("203.0.113.11\nfd00:88::11");
            assertThat(rehearsal.roots().get("h3.example.com").resolve("etc/cni/net.d/10-caravan-bridge.conflist")).content()
                    .contains("\"ranges\": [[{\"subnet\": \"10.244.1.0/24\"}], [{\"subnet\": \"fd00:10:244:1::/64\"}]]",
                            "\"routes\": [{\"dst\": \"0.0.0.0/0\"}, {\"dst\": \"::/0\"}]");

            assertThat(runs.run(engine, both, TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            assertThat(Files.readAllLines(shared.resolve("certificate-names"))).as("of the control plane that was added as well")
                    .containsExactlyInAnyOrder("203.0.113.11", "fd00:88::11", "203.0.113.12", "fd00:88::12");
            assertThat(shared.resolve("nodes/h3.example.com/pod-cidr")).as("as before").hasContent("10.244.1.0/24,fd00:10:244:1::/64");

            runs.events().clear();
            assertThat(runs.run(engine, both, TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            assertThat(runs.events().stream().flatMap(event -> event.as(StepEnded.class).stream()))
                    .filteredOn(ended -> ended.state() == StepState.CHANGED).isEmpty();

            assertThat(runs.run(engine, both, TestActions.RESET)).as(runs::details).isEqualTo("succeeded");
            assertThat(rehearsal.roots().get("h3.example.com").resolve("etc/caravan/pod-network")).doesNotExist();
        }
    }
}
