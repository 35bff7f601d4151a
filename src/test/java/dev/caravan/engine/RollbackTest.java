package dev.caravan.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.history.Occurrence.GivenUp;
import dev.caravan.history.Occurrence.Note;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.Occurrence.RunQueued;
import dev.caravan.history.RunState;
import dev.caravan.history.RunView;
import dev.caravan.history.StepState;
import dev.caravan.journal.Journal;
import dev.caravan.journal.MemoryJournal;
import dev.caravan.journal.RunRecord;
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
import java.time.Instant;
import java.util.List;
import java.util.Map;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is rolled back when something fails, and what stays. Hosts say what comes of each step. */
class RollbackTest {
    private static final String CA_HASH = "sha256:" + "7".repeat(64);
    private static final List<String> BEFORE_JOIN = List.of("images-pull", "network-prepare", "runtime-install", "kube-install",
            "package-repository", "os-prepare");

    @TempDir
    static Path directory;

    @RegisterExtension
    static final ScriptedHosts hosts = ScriptedHosts.forAll(4);

    private static ClusterApi api;
    private static final AtomicInteger CLUSTERS = new AtomicInteger();
    private static final RouteCoverage COVERAGE = new RouteCoverage();

    private static MemoryJournal journal;
    private static Engine engine;

    private final Set<String> joined = ConcurrentHashMap.newKeySet();

    @BeforeAll
    static void start() throws Exception {
        api = ClusterApi.start();
        journal = new MemoryJournal();
        engine = engine(journal, new SshSessions());
        COVERAGE.watch(engine.context());
    }

    private static Engine engine(Journal journal, SshSessions sessions) throws Exception {
        return Engines.start(new EngineOptions(directory.resolve("data"), Optional.empty(), false, false,
                SshTarget::of, Engines.impatient(1)), journal, sessions);
    }

    @AfterAll
    static void stop() throws Exception {
        COVERAGE.report("RollbackTest");
        engine.close();
        api.close();
    }

    @BeforeEach
    void forget() {
        hosts.forget();
        hosts.script(this::answer);
    }

    @ParameterizedTest
    @CsvSource({"h1 kubeadm-init, 100%", "h1 os-prepare, 3", "h1 network, 100%", "h2 runtime-install, 0", "h3 images-pull, 0%",
            "h3 kubeadm-join, 10%"})
    void aRunThatCannotGoOnIsRolledBackAsAWhole(String where, String maxFailedHosts) throws Exception {
        fail(where.split(" ")[0], where.split(" ")[1]);
        Cluster cluster = cluster(1, 2, "rollback\n  maxFailedHosts: " + maxFailedHosts);
        Run run = apply(cluster);

        RunEnded end = end(run);
        assertThat(end.state()).isEqualTo(RunState.ROLLED_BACK);
        assertThat(end.message()).contains("it is not to be");
        for (String host : List.of("h1", "h2", "h3")) {
            assertThat(undone(run, host)).as(host).filteredOn(step -> !step.equals("network")).isEqualTo(changed(run, host));
        }
        cluster.hosts().forEach(host -> assertThat(journal.found(cluster.name(), host.address())).isEmpty());
    }

    @ParameterizedTest
    @CsvSource({"os-prepare, ''", "images-pull, 1", "kubeadm-join, 34%", "kubeadm-join, ''"})
    void aHostThatFailsIsRolledBackAloneAndTheClusterComesUp(String step, String maxFailedHosts) throws Exception {
        fail("h3", step);
        Run run = apply(cluster(1, 2, "rollback" + (maxFailedHosts.isEmpty() ? "" : "\n  maxFailedHosts: " + maxFailedHosts)));

        RunEnded end = end(run);
        assertThat(end.state()).isEqualTo(RunState.PARTLY);
        assertThat(end.message()).contains("failed: " + step + " on h3: it is not to be").endsWith("Rolled back: h3");
        assertThat(undone(run, "h3")).isEqualTo(changed(run, "h3")).isNotEmpty();
        assertThat(undone(run, "h1")).isEmpty();
        assertThat(undone(run, "h2")).isEmpty();
        assertThat(calls(run, "h2")).contains("kubeadm-join", "probe");
        assertThat(calls(run, "h1")).contains("label-nodes", "credentials-revoke");
        assertThat(hosts.calls()).filteredOn(call -> call.step().equals("forget-node")).hasSize(step.equals("kubeadm-join") ? 1 : 0)
                .allSatisfy(call -> assertThat(call.environment()).containsEntry("FORGOTTEN_NODE", "h3"));

        RunView view = RunView.of(journal.events(run.id(), 0));
        assertThat(view.state()).isEqualTo(RunState.PARTLY);
        assertThat(view.realHosts()).extracting(RunView.HostView::rolledBack).containsExactly(false, false, true);
        RunView.HostView rolledBack = view.realHosts().get(2);
        assertThat(rolledBack.changes()).isZero();
        assertThat(rolledBack.steps().values()).filteredOn(one -> !one.step().startsWith("undo-")).noneMatch(RunView.StepView::changed);
        assertThat(rolledBack.count(StepState.ROLLED_BACK)).isEqualTo(changed(run, "h3").size() - 1);
    }

    @Test
    void whereNoHostCanJoinTheControlPlaneStays() throws Exception {
        fail("h1", "join-credentials");
        Run run = apply(cluster(1, 2));

        RunEnded end = end(run);
        assertThat(end.state()).isEqualTo(RunState.PARTLY);
        assertThat(end.message()).contains("Rolled back: h2, h3");
        assertThat(undone(run, "h1")).isEmpty();
    }

    @Test
    void moreFailedHostsThanTheSpecAllowsFailTheRun() throws Exception {
        hosts.script(call -> call.is("h2", "images-pull") || call.is("h3", "kube-install") ? now(Reply.failed("it is not to be"))
                : answer(call));
        Cluster cluster = cluster(1, 3, "rollback\n  maxFailedHosts: 1");
        Run run = apply(cluster);

        assertThat(end(run).state()).isEqualTo(RunState.ROLLED_BACK);
        assertThat(journal.events(run.id(), 0)).filteredOn(event -> event.is(GivenUp.class))
                .anyMatch(event -> event.message().contains("more hosts than maxFailedHosts allows"));
        cluster.hosts().forEach(host -> assertThat(journal.found(cluster.name(), host.address())).isEmpty());
    }

    @ParameterizedTest
    @CsvSource({"1, PARTLY", "0, REFUSED", "'', REFUSED"})
    void aHostThatCannotBeLookedAtIsLeftOutIfTheSpecAllowsIt(String maxFailedHosts, RunState state) throws Exception {
        fail("h3", "facts");
        Cluster cluster = cluster(1, 2, "rollback" + (maxFailedHosts.isEmpty() ? "" : "\n  maxFailedHosts: " + maxFailedHosts));
        Run run = apply(cluster);

        RunEnded end = end(run);
        assertThat(end.state()).isEqualTo(state);
        assertThat(calls(run, "h3")).containsOnly("facts");
        if (state == RunState.PARTLY) {
            assertThat(end.message()).isEqualTo("failed: facts on h3: it is not to be. Left out, unchanged: h3");
            assertThat(calls(run, "h2")).contains("kubeadm-join");
        } else {
            assertThat(end.findings().toString()).contains("h3")
                    .matches(told -> told.contains("1 of 3 hosts cannot take part, and maxFailedHosts is 0") == maxFailedHosts.equals("0"));
            assertThat(calls(run, "h1")).containsOnly("facts");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"h2", "h1"})
    void aHostThatPreflightRefusesIsLeftOutUnlessItIsTheFirstControlPlane(String refused) throws Exception {
        hosts.script(call -> call.is(refused, "facts") ? CompletableFuture.completedFuture(
                Reply.facts(call.host(), joined.contains(call.host())).output("memoryMib", "512"))
                : answer(call));
        Run run = apply(cluster(1, 2, "rollback\n  maxFailedHosts: 2"));

        RunEnded end = end(run);
        boolean first = refused.equals("h1");
        assertThat(end.state()).isEqualTo(first ? RunState.REFUSED : RunState.PARTLY);
        assertThat(calls(run, refused)).containsOnly("facts");
        if (!first) {
            assertThat(end.message()).contains("failed: preflight on h2: ").contains("memory").endsWith("Left out, unchanged: h2");
            assertThat(calls(run, "h3")).contains("kubeadm-join");
        }
    }

    @Test
    void aNodeThatDoesNotBecomeReadyIsRolledBackAloneAndTheOthersAreVerifiedAgain() throws Exception {
        Cluster cluster = cluster(1, 2);
        api.breaks("h3");
        hosts.script(call -> call.step().equals("kubeadm-join") ? now(Reply.changed("join").found("node", call.host(), "absent"))
                : answer(call));
        Run run = apply(cluster);

        RunEnded end = end(run);
        assertThat(end.state()).as(end.message()).isEqualTo(RunState.PARTLY);
        assertThat(end.message()).contains("failed: verify on h3: ").contains("kube-proxy-x7 on h3 to run").endsWith("Rolled back: h3");
        assertThat(undone(run, "h3")).isEqualTo(changed(run, "h3")).isNotEmpty();
        assertThat(undone(run, "h2")).isEmpty();
        assertThat(calls(run, "h1")).containsSubsequence("probe-start", "probe-stop", "forget-node", "probe-start", "probe-stop");
        assertThat(calls(run, "h2")).filteredOn("probe"::equals).hasSize(2);
    }

    @ParameterizedTest
    @CsvSource({"h3, PARTLY", "h1, ROLLED_BACK"})
    void aProbeThatFailsOnOtherNodesThanTheFirstControlPlaneIsTheirFault(String host, RunState state) throws Exception {
        fail(host, "probe");
        Run run = apply(cluster(1, 2));

        RunEnded end = end(run);
        assertThat(end.state()).as(end.message()).isEqualTo(state);
        assertThat(end.message()).contains("probe on " + host + ": it is not to be");
        assertThat(undone(run, "h2").isEmpty()).isEqualTo(state == RunState.PARTLY);
        assertThat(calls(run, "h2")).filteredOn("probe"::equals).hasSize(state == RunState.PARTLY ? 2 : 1);
    }

    @Test
    void whatEveryNodeLacksFailsTheRun() throws Exception {
        Cluster cluster = cluster(1, 2);
        api.breaks("h1");
        Run run = apply(cluster);

        assertThat(end(run).state()).isEqualTo(RunState.ROLLED_BACK);
        cluster.hosts().forEach(host -> assertThat(journal.found(cluster.name(), host.address())).isEmpty());
    }

    @Test
    void aNodeThatTheClusterCannotForgetYetIsForgottenLater() throws Exception {
        hosts.script(call -> call.is("h3", "kubeadm-join") ? now(Reply.failed("it is not to be").found("node", "h3", "absent"))
                : call.is("h1", "forget-node") && call.attempt() < 3
                ? now(Reply.failedForNow("the API server does not answer"))
                : answer(call));
        Run run = apply(cluster(1, 2));

        assertThat(end(run).state()).isEqualTo(RunState.PARTLY);
        assertThat(calls(run, "h1")).filteredOn("forget-node"::equals).hasSize(3);
        assertThat(undone(run, "h1")).isEmpty();
        assertThat(undone(run, "h2")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"h3, undo-runtime-install, 'h3: what runtime-install, kube-install, package-repository, os-prepare changed (it sticks)'",
            "h1, forget-node, 'h3: its node in the cluster (it sticks)'"})
    void aHostThatCannotBeRolledBackAloneLeavesTheClusterToTheOthers(String host, String step, String left) throws Exception {
        hosts.script(call -> call.is("h3", "kubeadm-join") ? now(Reply.failed("it is not to be").found("node", "h3", "absent"))
                : call.is(host, step) ? now(Reply.failed("it sticks")) : answer(call));
        Run run = apply(cluster(1, 2));

        RunEnded end = end(run);
        assertThat(end.state()).isEqualTo(RunState.FAILED);
        assertThat(end.message()).contains("failed: kubeadm-join on h3: it is not to be").contains("Left on the hosts: " + left);
        assertThat(undone(run, "h1")).isEmpty();
        assertThat(undone(run, "h2")).isEmpty();
    }

    @Test
    void whatAnUndoCouldNotLookAtIsNotedOnceForItsHost() throws Exception {
        hosts.script(call -> call.is("h1", "kubeadm-init") ? now(Reply.failed("no"))
                : call.is("h1", "undo-runtime-install") || call.is("h1", "undo-os-prepare")
                        ? now(Reply.ok().output("unseen", "this host has no nft")) : answer(call));
        Run run = apply(cluster(1, 1));
        end(run);

        assertThat(undone(run, "h1")).contains("runtime-install", "os-prepare");
        assertThat(engine.journal().events(run.id(), 0))
                .filteredOn(event -> event.is(Note.class) && event.message().contains("no nft")).singleElement()
                .satisfies(event -> assertThat(event.host()).contains("h1"));
    }

    @Test
    void aHostThatIsAddedToAClusterIsRolledBackAloneWhateverFails() throws Exception {
        joined.addAll(List.of("h1", "h2"));
        fail("h3", "runtime-install");
        Run run = apply(cluster(1, 3));

        assertThat(end(run).state()).isEqualTo(RunState.PARTLY);
        assertThat(undone(run, "h3")).containsExactly("runtime-install", "kube-install", "package-repository", "os-prepare");
        assertThat(undone(run, "h4")).isEmpty();
        assertThat(calls(run, "h4")).contains("kubeadm-join");
    }

    @Test
    void withKeepNothingIsRolledBackUntilRollbackRun() throws Exception {
        fail("h1", "kubeadm-init");
        Cluster cluster = cluster(1, 1, "keep");
        Run run = apply(cluster);
        assertThat(end(run).state()).isEqualTo(RunState.FAILED);
        assertThat(undone(run, "h1")).isEmpty();

        Run back = engine.runs()
                .begin(new RunOrder(cluster, "spec", "", TestActions.ROLLBACK_RUN.call(Map.of("run", run.id())), "command", List.of()));
        assertThat(end(back).state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(undone(back, "h1")).isEqualTo(changed(run, "h1"));
        assertThat(undone(back, "h2")).isEqualTo(changed(run, "h2"));
    }

    @Test
    void aRollbackThatAnEarlierVersionLeftIsResumedUnderItsNameOfThen() throws Exception {
        fail("h1", "kubeadm-init");
        Cluster cluster = cluster(1, 1, "keep");
        Run run = apply(cluster);
        end(run);
        RunRecord left = new RunRecord("01dw0rd5", cluster.name(), "rollback", "command", false, "spec", "", RunState.RUNNING,
                Instant.now(), Optional.empty());
        journal.begin(left);
        journal.append(left.id(), new RunQueued("rollback", cluster.name(), List.of(), false, true, false, Optional.empty(),
                List.of(run.id()), "", Map.of(), false));

        Run back = engine.runs().resume(left, cluster, Optional.empty());
        assertThat(back.action()).isEqualTo(TestActions.ROLLBACK_RUN);
        assertThat(end(back).state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(undone(back, "h1")).isEqualTo(changed(run, "h1"));
    }

    @Test
    void aRunThatIsCancelledIsKeptUntilItIsRolledBack() throws Exception {
        CompletableFuture<Void> go = new CompletableFuture<>();
        hosts.script(call -> call.is("h1", "runtime-install") ? go.thenCompose(any -> answer(call)) : answer(call));
        Cluster cluster = cluster(1, 1);
        Run run = apply(cluster);
        org.awaitility.Awaitility.await().until(() -> calls(run, "h1").contains("runtime-install"));
        engine.runs().cancel(run.id());
        go.complete(null);
        assertThat(end(run).state()).isEqualTo(RunState.CANCELLED);
        assertThat(undone(run, "h1")).isEmpty();

        Run back = engine.runs()
                .begin(new RunOrder(cluster, "spec", "", TestActions.ROLLBACK_RUN.call(Map.of("run", run.id())), "command", List.of()));
        assertThat(end(back).state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(undone(back, "h1")).containsExactly("runtime-install", "kube-install", "package-repository", "os-prepare");
    }

    @Test
    void whatCannotBeRolledBackIsNamedAndResetTakesItUpAgain() throws Exception {
        hosts.script(call -> call.is("h1", "kubeadm-init") ? now(Reply.failed("the control plane did not come up"))
                : call.is("h2", "undo-runtime-install") ? now(Reply.failed("it is not to be")) : answer(call));
        Cluster cluster = cluster(1, 1);
        Run run = apply(cluster);
        RunEnded end = end(run);
        assertThat(end.state()).isEqualTo(RunState.FAILED);
        assertThat(end.message()).contains("h2: what runtime-install, kube-install, package-repository, os-prepare changed")
                .contains("it is not to be").contains("caravan reset")
                .startsWith("h1  kubeadm-init: the control plane did not come up. ").doesNotContain("Multicast");
        assertThat(undone(run, "h1")).isEqualTo(changed(run, "h1"));

        hosts.script(this::answer);
        Run reset = engine.runs().begin(new RunOrder(cluster, "spec", "", TestActions.RESET, "command", List.of()));
        assertThat(end(reset).state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(undone(reset, "h1")).isEmpty();
        assertThat(undone(reset, "h2")).containsExactly("runtime-install", "kube-install", "package-repository", "os-prepare");
        assertThat(calls(reset, "h1")).contains("reset-host");
    }

    @Test
    void resetRestoresWhatAllRunsOfTheClusterChanged() throws Exception {
        Cluster cluster = cluster(1, 1);
        Run first = apply(cluster);
        assertThat(end(first).state()).isEqualTo(RunState.SUCCEEDED);
        Run reset = engine.runs().begin(new RunOrder(cluster, "spec", "", TestActions.RESET, "command", List.of()));
        assertThat(end(reset).state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(undone(reset, "h1")).isEqualTo(changed(first, "h1"));
        assertThat(undone(reset, "h2")).isEqualTo(changed(first, "h2"));

        Run again = engine.runs().begin(new RunOrder(cluster, "spec", "", TestActions.RESET, "command", List.of()));
        assertThat(end(again).state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(undone(again, "h1")).isEmpty();
    }

    @Test
    void anUndoThatMayPassIsTriedAgain() throws Exception {
        hosts.script(call -> call.is("h1", "kubeadm-init") ? now(Reply.failed("no"))
                : call.is("h2", "undo-runtime-install") && call.attempt() < 3 ? now(Reply.failedForNow("locked")) : answer(call));
        Run run = apply(cluster(1, 1));

        assertThat(end(run).state()).isEqualTo(RunState.ROLLED_BACK);
        assertThat(undone(run, "h2")).filteredOn("runtime-install"::equals).hasSize(3);
    }

    @Test
    void aRunLeftUnfinishedIsEndedInFavourOfOneWithAnotherSpecWhichTakesBothBack() throws Exception {
        CompletableFuture<Void> never = new CompletableFuture<>();
        Cluster cluster = cluster(1, 1);
        SshSessions sessions = new SshSessions();
        MortalJournal mortal = new MortalJournal(journal, sessions::close);
        hosts.script(call -> {
            if (call.is("h1", "runtime-install")) {
                mortal.die();
                return never.thenApply(any -> Reply.ok());
            }
            return answer(call);
        });
        Run left;
        try (Engine dying = engine(mortal, sessions)) {
            left = dying.runs().begin(new RunOrder(cluster, "spec", "", TestActions.APPLY, "command", List.of()));
            assertThat(dying.runs().outcome(left).toCompletableFuture()).failsWithin(30, TimeUnit.SECONDS);
        }

        fail("h1", "kubeadm-init");
        Run run = engine.runs().begin(new RunOrder(cluster, "another spec", "", TestActions.APPLY, "command", List.of()));
        assertThat(end(run).state()).isEqualTo(RunState.ROLLED_BACK);
        assertThat(run.id()).isNotEqualTo(left.id());
        assertThat(journal.run(left.id()).orElseThrow().state()).isEqualTo(RunState.FAILED);
        cluster.hosts().forEach(host -> assertThat(journal.found(cluster.name(), host.address())).isEmpty());
    }

    // ---- what is done and looked at

    private void fail(String host, String step) {
        hosts.script(call -> call.is(host, step)
                ? now(step.equals("kubeadm-join")
                        ? Reply.failed("it is not to be").found("node", host, "absent")
                        : Reply.failed("it is not to be"))
                : answer(call));
    }

    private Run apply(Cluster cluster) throws Exception {
        return engine.runs().begin(new RunOrder(cluster, "spec", "", TestActions.APPLY, "command", List.of()));
    }

    private RunEnded end(Run run) throws Exception {
        engine.runs().outcome(run).toCompletableFuture().get(60, TimeUnit.SECONDS);
        return journal.events(run.id(), 0).stream().flatMap(event -> event.as(RunEnded.class).stream()).findFirst().orElseThrow();
    }

    private static List<String> calls(Run run, String host) {
        return hosts.calls().stream().filter(call -> call.run().equals(run.id()) && call.host().equals(host)).map(Call::step).toList();
    }

    /** The steps that told what they found, newest first. */
    private static List<String> changed(Run run, String host) {
        List<String> steps = new java.util.ArrayList<>(calls(run, host).stream()
                .filter(step -> BEFORE_JOIN.contains(step) || List.of("kubeadm-join", "kubeadm-init").contains(step)).toList());
        java.util.Collections.reverse(steps);
        return steps;
    }

    private static List<String> undone(Run run, String host) {
        return calls(run, host).stream().filter(step -> step.startsWith("undo-")).map(step -> step.substring("undo-".length())).toList();
    }

    private static Cluster cluster(int controlPlanes, int workers) {
        return cluster(controlPlanes, workers, "rollback");
    }

    private static Cluster cluster(int controlPlanes, int workers, String onFailure) {
        Cluster cluster = TestClusters.of("c" + CLUSTERS.incrementAndGet(), controlPlanes, workers, ScriptedHosts.ADDRESSES, hosts.port(),
                "  onFailure: " + onFailure);
        api.serve(cluster);
        return cluster;
    }

    private static CompletionStage<Reply> now(Reply reply) {
        return CompletableFuture.completedFuture(reply.found("file", "/etc/it", "absent"));
    }

    private CompletionStage<Reply> answer(Call call) {
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
