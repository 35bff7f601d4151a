package dev.caravan.engine;

import static org.awaitility.Awaitility.await;

import dev.caravan.history.Occurrence;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.remote.ScriptedHosts.Call;
import dev.caravan.remote.ScriptedHosts.Reply;
import dev.caravan.remote.ScriptedHosts.Script;
import dev.caravan.run.Run;
import dev.caravan.run.TestActions;
import dev.caravan.spec.Cluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;

/** Runs whose hosts do what they are asked to, unless a test says otherwise. */
abstract class WorkflowRuns extends ScriptedRuns {
    private static final List<String> PREPARE = List.of("os-prepare", "package-repository", "kube-install", "runtime-install",
            "network-prepare", "images-pull");
    static final String CA_HASH = "sha256:48ca5392bbae71db6b975552709c4d4a8f56999fe014a1f856fc586194029365";
    static final String CA_CERTIFICATE = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==";
    static final String TOKEN = "abcdef.0123456789abcdef";
    private static final int HOSTS = 5;

    private final AtomicInteger minted = new AtomicInteger();

    @BeforeAll
    static void start() throws Exception {
        start(HOSTS, Engine::start);
    }

    @Override
    CompletionStage<Reply> answer(Call call) {
        return CompletableFuture.completedFuture(switch (call.step()) {
            case "facts" -> Reply.facts(call.host(), joined.contains(call.host()));
            case "kubeadm-init" -> Reply.changed("initialise the control plane").output("caCertHash", CA_HASH);
            case "join-credentials" -> {
                Reply reply = Reply.ok().output("tokenId", "abcde" + minted.incrementAndGet()).output("caCertHash", CA_HASH)
                        .output("caCertificate", CA_CERTIFICATE).secret("token", TOKEN);
                yield call.stdin().contains("CERTIFICATE-KEY") ? reply.secret("certificateKey", "0123456789abcdef".repeat(4)) : reply;
            }
            case "kubeconfig-fetch" -> Reply.ok().secret("kubeconfig", api.kubeconfig());
            case "credentials-revoke", "label-nodes", "network", "network-ready", "probe", "probe-stop" -> Reply.ok();
            case "probe-start" -> Reply.ok().secret("probes", "service|10.96.0.77|30077\n");
            default -> Reply.changed("do " + call.step());
        });
    }

    void script(Script other) {
        hosts.script(call -> {
            CompletionStage<Reply> reply = other.run(call);
            return reply != null ? reply : answer(call);
        });
    }

    static CompletionStage<Reply> now(Reply reply) {
        return CompletableFuture.completedFuture(reply);
    }

    static Cluster cluster(int controlPlanes, int workers) {
        return cluster(controlPlanes, workers, "keep");
    }

    static String end(Run run) throws Exception {
        return engine.runs().outcome(run).toCompletableFuture().get(60, TimeUnit.SECONDS).state().word();
    }

    static String apply(Cluster cluster) throws Exception {
        return end(begin(cluster, TestActions.APPLY));
    }

    static List<String> steps(String host) {
        return hosts.calls().stream().filter(call -> call.host().equals(host)).map(Call::step).toList();
    }

    static List<Call> calls(String step) {
        return hosts.calls().stream().filter(call -> call.step().equals(step)).toList();
    }

    static boolean begun(String host, String step) {
        return hosts.calls().stream().anyMatch(call -> call.is(host, step));
    }

    static boolean ended(Run run, String host, String step) {
        return events(run, StepEnded.class).stream()
                .anyMatch(event -> event.host().equals(Optional.of(host)) && event.step().equals(step));
    }

    static <T extends Occurrence> List<T> events(Run run, Class<T> kind) {
        return engine.journal().events(run.id(), 0).stream().flatMap(event -> event.as(kind).stream()).toList();
    }

    static RunEnded last(Run run) {
        return events(run, RunEnded.class).get(0);
    }

    static void awaitThat(Callable<Boolean> condition) {
        await().atMost(Duration.ofSeconds(30)).pollInterval(Duration.ofMillis(5)).until(condition);
    }

    static List<String> prepared(String... more) {
        List<String> steps = new ArrayList<>(List.of("facts"));
        steps.addAll(PREPARE);
        steps.addAll(List.of(more));
        return steps;
    }
}
