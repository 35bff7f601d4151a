package dev.caravan.engine;

import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.journal.Journal;
import dev.caravan.journal.MemoryJournal;
import dev.caravan.remote.ScriptedHosts;
import dev.caravan.remote.ScriptedHosts.Call;
import dev.caravan.remote.ScriptedHosts.Reply;
import dev.caravan.run.Run;
import dev.caravan.run.RunOrder;
import dev.caravan.run.TestActions;
import dev.caravan.spec.Cluster;
import dev.caravan.ssh.SshSessions;
import dev.caravan.ssh.SshTarget;
import dev.caravan.testkit.TestClusters;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/** Runs that fail where a test says so, and what is then undone. Hosts say what comes of each step. */
abstract class RollbackRuns {
    private static final String CA_HASH = "sha256:" + "7".repeat(64);
    private static final List<String> BEFORE_JOIN = List.of("images-pull", "network-prepare", "runtime-install", "kube-install",
            "package-repository", "os-prepare");

    @TempDir
    static Path directory;

    static ScriptedHosts hosts;

    static ClusterApi api;
    private static final AtomicInteger CLUSTERS = new AtomicInteger();
    private static RouteCoverage coverage;

    static MemoryJournal journal;
    static Engine engine;

    final Set<String> joined = ConcurrentHashMap.newKeySet();

    @BeforeAll
    static void start() throws Exception {
        hosts = ScriptedHosts.start(4);
        api = ClusterApi.start();
        journal = new MemoryJournal();
        engine = engine(journal, new SshSessions());
        coverage = new RouteCoverage();
        coverage.watch(engine.context());
    }

    static Engine engine(Journal journal, SshSessions sessions) throws Exception {
        return Engines.start(new EngineOptions(directory.resolve("data"), Optional.empty(), false, false,
                SshTarget::of, Engines.impatient(1)), journal, sessions);
    }

    @AfterAll
    static void stop(TestInfo test) throws Exception {
        coverage.report(test.getTestClass().orElseThrow().getSimpleName());
        engine.close();
        api.close();
        hosts.close();
    }

    @BeforeEach
    void forget() {
        hosts.forget();
        hosts.script(this::answer);
    }

    void fail(String host, String step) {
        hosts.script(call -> call.is(host, step)
                ? now(step.equals("kubeadm-join")
                        ? Reply.failed("it is not to be").found("node", host, "absent")
                        : Reply.failed("it is not to be"))
                : answer(call));
    }

    Run apply(Cluster cluster) throws Exception {
        return engine.runs().begin(new RunOrder(cluster, "spec", "", TestActions.APPLY, "command", List.of()));
    }

    RunEnded end(Run run) throws Exception {
        engine.runs().outcome(run).toCompletableFuture().get(60, TimeUnit.SECONDS);
        return journal.events(run.id(), 0).stream().flatMap(event -> event.as(RunEnded.class).stream()).findFirst().orElseThrow();
    }

    static List<String> calls(Run run, String host) {
        return hosts.calls().stream().filter(call -> call.run().equals(run.id()) && call.host().equals(host)).map(Call::step).toList();
    }

    /** The steps that told what they found, newest first. */
    static List<String> changed(Run run, String host) {
        List<String> steps = new java.util.ArrayList<>(calls(run, host).stream()
                .filter(step -> BEFORE_JOIN.contains(step) || List.of("kubeadm-join", "kubeadm-init").contains(step)).toList());
        java.util.Collections.reverse(steps);
        return steps;
    }

    static List<String> undone(Run run, String host) {
        return calls(run, host).stream().filter(step -> step.startsWith("undo-")).map(step -> step.substring("undo-".length())).toList();
    }

    static Cluster cluster(int controlPlanes, int workers) {
        return cluster(controlPlanes, workers, "rollback");
    }

    static Cluster cluster(int controlPlanes, int workers, String onFailure) {
        Cluster cluster = TestClusters.of("c" + CLUSTERS.incrementAndGet(), controlPlanes, workers, ScriptedHosts.ADDRESSES, hosts.port(),
                "  onFailure: " + onFailure);
        api.serve(cluster);
        return cluster;
    }

    static CompletionStage<Reply> now(Reply reply) {
        return CompletableFuture.completedFuture(reply.found("file", "/etc/it", "absent"));
    }

    CompletionStage<Reply> answer(Call call) {
        return CompletableFuture.completedFuture(switch (call.step()) {
            case "facts" -> Reply.facts(call.host(), joined.contains(call.host()));
            case "kubeadm-init" -> Reply.changed("initialise the control plane").output("caCertHash", CA_HASH)
                    .found("cluster", "demo", "absent");
            case "kubeadm-join" -> Reply.changed("join").found("node", call.host(), "absent").found("unit", "kubelet.service", "enabled");
            case "join-credentials" -> Reply.ok().output("tokenId", "abcdef").output("caCertHash", CA_HASH)
                    .secret("token", "abcdef.0123456789abcdef");
            case "kubeconfig-fetch" -> Reply.ok().secret("kubeconfig", api.kubeconfig());
            case "credentials-revoke", "label-nodes", "network", "network-ready", "probe-start", "probe", "probe-stop", "forget-node",
                    "reset-host" -> Reply.ok();
            default -> Reply.changed("do " + call.step()).found("file", "/etc/" + call.step(), "absent");
        });
    }
}
