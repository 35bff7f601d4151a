package dev.caravan.workflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.facts.Finding;
import dev.caravan.journal.MemoryJournal;
import dev.caravan.routes.BareContext;
import dev.caravan.run.Run;
import dev.caravan.run.TestRuns;
import dev.caravan.run.Variables;
import dev.caravan.step.StepFailure;
import dev.caravan.tables.NetworkTable;
import dev.caravan.testkit.Clusters;
import dev.caravan.testkit.TestClusters;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NetworkDocumentsTest {
    private static final String MANIFEST = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";

    @TempDir
    private Path directory;

    private final NetworkDocuments network = new NetworkDocuments(NetworkTable.builtIn());

    private Run run() {
        return TestRuns.apply(TestClusters.read("""
                apiVersion: caravan/v1
                kind: Cluster
                metadata: {name: demo}
                spec:
                  kubernetes: {version: 1.34.4}
                  network: {cni: flannel, manifest: %s}
                  hosts: [{name: h1, address: 192.0.2.11, roles: [control-plane]}]
                """.formatted(directory.resolve("cni.yaml"))), new MemoryJournal());
    }

    @Test
    void whatPreflightReadIsWhatIsAppliedThoughTheFileIsGoneByThen() throws Exception {
        Path file = Files.writeString(directory.resolve("cni.yaml"), MANIFEST);
        Run run = run();

        assertThat(network.keep(run)).isEmpty();
        Files.delete(file);

        assertThat(network.manifest(run)).isEqualTo(MANIFEST);
    }

    @Test
    void aManifestThatCannotBeHadRefusesTheRun() throws Exception {
        assertThat(network.keep(run())).hasValueSatisfying(finding -> {
            assertThat(finding).returns(true, Finding::refuses).returns("network-manifest", Finding::rule);
            assertThat(finding.problem()).isEqualTo("cannot read the network's manifest " + directory.resolve("cni.yaml")
                    + ": there is no such file");
        });
    }

    @Test
    void eachHostHasItsOwnBlockOfPodAddressesAndOneThatIsLeftOutHasNone() {
        Run run = TestRuns.apply(Clusters.of(1, 3), new MemoryJournal());
        run.hostLeftOut("h2", new IllegalStateException("it cannot be looked at"));

        assertThat(List.of("h1", "h2", "h3", "h4")).extracting(host -> block(run, host))
                .containsExactly("10.244.0.0/24", "", "10.244.1.0/24", "10.244.2.0/24");
        assertThat(block(run(), "h1")).as("of another network").isEmpty();
    }

    private String block(Run run, String host) {
        Exchange exchange = new DefaultExchange(BareContext.make());
        exchange.setVariable(Variables.RUN, run);
        exchange.setVariable(Variables.HOST, run.cluster().hosts().stream().filter(each -> each.name().equals(host)).findFirst()
                .orElseThrow());
        return network.podCidr(exchange);
    }

    @Test
    void aResumedRunReadsItAgain() throws Exception {
        Files.writeString(directory.resolve("cni.yaml"), MANIFEST);

        assertThat(network.manifest(run())).isEqualTo(MANIFEST);
        Files.delete(directory.resolve("cni.yaml"));
        assertThatThrownBy(() -> new NetworkDocuments(NetworkTable.builtIn()).manifest(run())).isInstanceOf(StepFailure.class)
                .hasMessageContaining("there is no such file");
    }
}
