package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.caravan.Programs;
import dev.caravan.actions.Actions;
import dev.caravan.engine.Engine;
import dev.caravan.engine.EngineOptions;
import dev.caravan.journal.Event;
import dev.caravan.routes.RouteFiles;
import dev.caravan.run.Run;
import dev.caravan.run.Runs;
import dev.caravan.spec.Cluster;
import dev.caravan.terminal.Look;
import dev.caravan.terminal.RunView;
import dev.caravan.terminal.Summary;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Rehearsal: the certificates of a cluster are shown and renewed, with a real openssl. */
class CertificatesRehearsalTest {
    private static final long LIMIT_SECONDS = 120;
    private static final Actions ACTIONS = Actions.of(RouteFiles.builtIn());

    @RegisterExtension
    final Scratch scratch = new Scratch();

    @BeforeEach
    void needsOpenssl() {
        assumeTrue(Programs.find("openssl").isPresent(), "openssl is not installed here");
    }

    @Test
    void everyCertificateOfEveryHostIsShownWithItsDaysAndWhoRenewsIt() throws Exception {
        Cluster cluster = Clusters.of(1, 1, Cluster.RuntimeName.CONTAINERD, Clusters.root());
        try (Rehearsal rehearsal = start(cluster); Engine engine = engine(rehearsal)) {
            assertThat(run(engine, rehearsal, "apply", Map.of()).state()).isEqualTo("succeeded");
            RunView shown = view(engine, run(engine, rehearsal, "certificates", Map.of()).id());

            assertThat(shown.state().word()).isEqualTo("succeeded");
            assertThat(shown.changes()).isZero();
            List<List<String>> first = report(shown, "h1");
            String admin = "CN=kubernetes-admin,O=system:masters";
            String names = "127.0.0.1 localhost";
            assertThat(first.get(0)).containsExactly("certificate", "subject", "names", "CA", "days left", "renewed by");
            assertThat(first).contains(
                    List.of("/etc/kubernetes/pki/apiserver.crt", "CN=kube-apiserver", names, "-", "364", "renew-certificates"),
                    List.of("/etc/kubernetes/pki/ca.crt", "CN=kubernetes", "-", "yes", "364", "nobody"),
                    List.of("/etc/kubernetes/pki/etcd/peer.crt", admin, names, "-", "364", "renew-certificates"),
                    List.of("/etc/kubernetes/admin.conf", admin, names, "-", "364", "renew-certificates"),
                    List.of("/root/.kube/config", admin, names, "-", "364", "renew-certificates"));
            assertThat(report(shown, "h2")).extracting(row -> row.get(0))
                    .containsExactly("certificate", "/etc/kubernetes/pki/ca.crt", "/var/lib/kubelet/pki/kubelet-client-current.pem");
            assertThat(report(shown, "h2").get(2)).containsSubsequence("CN=system:node:h2,O=system:nodes", "the kubelet");
            assertThat(String.join("\n", Summary.lines(shown, 200, Look.BARE)))
                    .containsSubsequence("host  certificate", "h1    /etc/kubernetes/pki/apiserver-etcd-client.crt",
                            "h2    /etc/kubernetes/pki/ca.crt", "demo: certificates succeeded on 2 hosts")
                    .doesNotContain("nothing to change");
            assertThat(engine.journal().events(shown.run(), 0).toString()).doesNotContain("PRIVATE KEY");
        }
    }

    private static List<List<String>> report(RunView run, String host) {
        return run.hosts().stream().filter(one -> one.name().equals(host)).findFirst().orElseThrow()
                .steps().get("certificates-read").report();
    }

    private Rehearsal start(Cluster cluster) throws Exception {
        return Rehearsal.start(cluster, List.of(), scratch.directory(), Rehearsal.Options.usual().withPace(0));
    }

    private Engine engine(Rehearsal rehearsal) throws Exception {
        return Engine.start(new EngineOptions(scratch.parent().resolve("data"), Optional.empty(), false, true, rehearsal::target,
                Map.of()));
    }

    private record Ended(String id, String state, String message) {}

    private static Ended run(Engine engine, Rehearsal rehearsal, String action, Map<String, String> parameters) throws Exception {
        Run run = engine.runs().begin(new Runs.Order(
                rehearsal.cluster(), "a rehearsal's", "", ACTIONS.require(action).call(parameters), "command", List.of()));
        String state = engine.runs().outcome(run).toCompletableFuture().get(LIMIT_SECONDS, TimeUnit.SECONDS).state();
        List<Event> events = engine.journal().events(run.id(), 0);
        return new Ended(run.id(), state, events.get(events.size() - 1).message());
    }

    private static RunView view(Engine engine, String run) {
        return RunView.of(engine.journal().events(run, 0));
    }
}
