package dev.caravan.engine;

import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.journal.Journal;
import dev.caravan.journal.MemoryJournal;
import dev.caravan.remote.ScriptedHosts.Call;
import dev.caravan.remote.ScriptedHosts.Reply;
import dev.caravan.run.Run;
import dev.caravan.run.TestActions;
import dev.caravan.spec.Cluster;
import dev.caravan.ssh.SshSessions;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;

/** Runs that fail where a test says so, and what is then undone. Hosts say what comes of each step. */
abstract class RollbackRuns extends ScriptedRuns {
    private static final String CA_HASH = "sha256:" + "7".repeat(64);
    private static final List<String> BEFORE_JOIN = List.of("images-pull", "network-prepare", "runtime-install", "kube-install",
            "package-repository", "os-prepare");

    static MemoryJournal journal;

    @BeforeAll
    static void start() throws Exception {
        journal = new MemoryJournal();
        start(4, options -> engine(journal, new SshSessions()));
    }

    static Engine engine(Journal journal, SshSessions sessions) throws Exception {
        return Engines.start(options(), journal, sessions);
    }

    void fail(String host, String step) {
        hosts.script(call -> call.is(host, step)
                ? now(step.equals("kubeadm-join")
                        ? Reply.failed("it is not to be").found("node", host, "absent")
                        : Reply.failed("it is not to be"))
                : answer(call));
    }

    Run apply(Cluster cluster) throws Exception {
        return begin(cluster, TestActions.APPLY);
    }

    RunEnded end(Run run) throws Exception {
        engine.runs().outcome(run).toCompletableFuture().get(60, TimeUnit.SECONDS);
        return journal.events(run.id(), 0).stream().flatMap(event -> event.as(RunEnded.class).stream()).findFirst().orElseThrow();
    }

    static List<String> calls(Run run, String host) {
        return hosts.calls().stream().filter(call -> call.run().equals(run.id()) && call.host().equals(host)).map(Call::step).toList();
    }

    /** The steps that reported what they found, newest first. */
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

    static CompletionStage<Reply> now(Reply reply) {
        return CompletableFuture.completedFuture(reply.found("file", "/etc/it", "absent"));
    }

    @Override
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
