package dev.caravan.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.remote.ScriptedHosts;
import dev.caravan.remote.ScriptedHosts.Call;
import dev.caravan.remote.ScriptedHosts.Reply;
import dev.caravan.run.RunOrder;
import dev.caravan.run.TestActions;
import dev.caravan.spec.Cluster;
import dev.caravan.ssh.SshTarget;
import dev.caravan.testkit.TestClusters;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What a run does with a route {@code verify} of a user's own. */
class VerifyRouteTest {
    private static final long LIMIT_SECONDS = 120;
    private static final String CA_HASH = "sha256:48ca5392bbae71db6b975552709c4d4a8f56999fe014a1f856fc586194029365";

    @TempDir
    private Path directory;

    @RegisterExtension
    static final ScriptedHosts hosts = ScriptedHosts.forAll(1);

    @Test
    void aRouteThatOnlySaysSomethingIsCalledOnce() throws Exception {
        Path routes = Files.createDirectories(directory.resolve("routes/steps"));
        Files.writeString(routes.resolve("verify.camel.yaml"), """
                - route:
                    id: verify
                    description: Nothing is tried.
                    from:
                      uri: direct:verify
                      steps:
                        - to: step:verified?on=first-control-plane
                """);
        Files.writeString(Files.createDirectories(directory.resolve("routes/scripts")).resolve("verified.sh"), "#!/bin/sh\n");
        try (ClusterApi api = ClusterApi.start();
                Engine engine = Engine.start(new EngineOptions(directory.resolve("data"), Optional.of(directory.resolve("routes")), false,
                        false, SshTarget::of, Engines.impatient(1)))) {
            hosts.script(call -> answer(call, api));
            Cluster cluster = TestClusters.of("demo", 1, 0, ScriptedHosts.ADDRESSES, hosts.port(), "  onFailure: keep");
            api.serve(cluster);
            var run = engine.runs().begin(new RunOrder(cluster, "spec", "", TestActions.APPLY, "command", List.of()));

            assertThat(engine.runs().outcome(run).toCompletableFuture().get(LIMIT_SECONDS, TimeUnit.SECONDS).state().word())
                    .isEqualTo("succeeded");
        }
        assertThat(hosts.calls()).extracting(Call::step).filteredOn("verified"::equals).hasSize(1);
    }

    private static CompletionStage<Reply> answer(Call call, ClusterApi api) {
        return CompletableFuture.completedFuture(switch (call.step()) {
            case "facts" -> Reply.facts(call.host(), false);
            case "kubeadm-init" -> Reply.changed("initialise the control plane").output("caCertHash", CA_HASH);
            case "kubeconfig-fetch" -> Reply.ok().secret("kubeconfig", api.kubeconfig());
            case "join-credentials" -> Reply.ok().output("tokenId", "abcdef").output("caCertHash", CA_HASH)
                    .output("caCertificate", "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==").secret("token", "abcdef.0123456789abcdef");
            default -> Reply.changed("do " + call.step());
        });
    }
}
