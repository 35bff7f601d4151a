package dev.caravan.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.actions.Action;
import dev.caravan.history.Occurrence;
import dev.caravan.history.Occurrence.HostWaiting;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.Occurrence.StepProgress;
import dev.caravan.history.Occurrence.StepRetried;
import dev.caravan.history.Occurrence.StepStarted;
import dev.caravan.history.RunState;
import dev.caravan.history.StepState;
import dev.caravan.remote.ScriptedHosts;
import dev.caravan.remote.ScriptedHosts.Call;
import dev.caravan.remote.ScriptedHosts.Reply;
import dev.caravan.remote.ScriptedHosts.Script;
import dev.caravan.run.NotReached;
import dev.caravan.run.Run;
import dev.caravan.run.RunOrder;
import dev.caravan.run.TestActions;
import dev.caravan.spec.Cluster;
import dev.caravan.ssh.SshTarget;
import dev.caravan.testkit.TestClusters;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.builder.AdviceWith;
import org.apache.camel.component.mock.MockEndpoint;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The real routes in the real engine, with hosts that answer as a test says. Only the pauses between attempts are shorter than
 * in the built-in files. What waits, waits for a latch: no test depends on how long something takes.
 */
class WorkflowTest {
    private static final List<String> PREPARE = List.of("os-prepare", "package-repository", "kube-install", "runtime-install",
            "network-prepare", "images-pull");
    private static final String CA_HASH = "sha256:48ca5392bbae71db6b975552709c4d4a8f56999fe014a1f856fc586194029365";
    private static final String CA_CERTIFICATE = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==";
    private static final String TOKEN = "abcdef.0123456789abcdef";
    private static final int HOSTS = 5;

    @TempDir
    private static Path directory;
    @RegisterExtension
    static final ScriptedHosts hosts = ScriptedHosts.forAll(HOSTS);

    private static ClusterApi api;
    private static Engine engine;
    private static final RouteCoverage COVERAGE = new RouteCoverage();
    private static final AtomicInteger CLUSTERS = new AtomicInteger();

    /** Hosts that are nodes already, in facts. */
    private final Set<String> joined = ConcurrentHashMap.newKeySet();
    private final AtomicInteger minted = new AtomicInteger();

    @BeforeAll
    static void start() throws Exception {
        api = ClusterApi.start();
        engine = Engine.start(new EngineOptions(directory.resolve("data"), Optional.empty(), false, false,
                SshTarget::of, Engines.impatient(1)));
        COVERAGE.watch(engine.context());
    }

    @AfterAll
    static void stop() throws Exception {
        if (engine != null) {
            COVERAGE.report("WorkflowTest");
            engine.close();
        }
        api.close();
    }

    @BeforeEach
    void forget() {
        hosts.forget();
        hosts.script(this::answer);
    }

    /** What a host answers unless a test says otherwise. */
    private CompletionStage<Reply> answer(Call call) {
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

    private void script(Script other) {
        hosts.script(call -> {
            CompletionStage<Reply> reply = other.run(call);
            return reply != null ? reply : answer(call);
        });
    }

    private static CompletionStage<Reply> now(Reply reply) {
        return CompletableFuture.completedFuture(reply);
    }

    // ---- runs

    private static Cluster cluster(int controlPlanes, int workers) {
        Cluster cluster = TestClusters.of("c" + CLUSTERS.incrementAndGet(), controlPlanes, workers, ScriptedHosts.ADDRESSES, hosts.port(),
                "  onFailure: keep");
        api.serve(cluster);
        return cluster;
    }

    private static Run begin(Cluster cluster, Action action) throws Exception {
        return engine.runs().begin(new RunOrder(cluster, "spec", "", action, "command", List.of()));
    }

    private static String end(Run run) throws Exception {
        return engine.runs().outcome(run).toCompletableFuture().get(60, TimeUnit.SECONDS).state().word();
    }

    private static String apply(Cluster cluster) throws Exception {
        return end(begin(cluster, TestActions.APPLY));
    }

    private static List<String> steps(String host) {
        return hosts.calls().stream().filter(call -> call.host().equals(host)).map(Call::step).toList();
    }

    private static List<Call> calls(String step) {
        return hosts.calls().stream().filter(call -> call.step().equals(step)).toList();
    }

    private static boolean begun(String host, String step) {
        return hosts.calls().stream().anyMatch(call -> call.is(host, step));
    }

    private static boolean ended(Run run, String host, String step) {
        return events(run, StepEnded.class).stream()
                .anyMatch(event -> event.host().equals(Optional.of(host)) && event.step().equals(step));
    }

    private static <T extends Occurrence> List<T> events(Run run, Class<T> kind) {
        return engine.journal().events(run.id(), 0).stream().flatMap(event -> event.as(kind).stream()).toList();
    }

    private static RunEnded last(Run run) {
        return events(run, RunEnded.class).get(0);
    }

    private static void awaitThat(Callable<Boolean> condition) {
        await().atMost(Duration.ofSeconds(30)).pollInterval(Duration.ofMillis(5)).until(condition);
    }

    private static List<String> prepared(String... more) {
        List<String> steps = new ArrayList<>(List.of("facts"));
        steps.addAll(PREPARE);
        steps.addAll(List.of(more));
        return steps;
    }

    // ---- order

    @Test
    void stepsComeInTheirOrderOnTheFirstControlPlaneAndOnWorkers() throws Exception {
        assertThat(apply(cluster(1, 2))).isEqualTo("succeeded");

        assertThat(steps("h2")).isEqualTo(prepared("kubeadm-join", "probe")).isEqualTo(steps("h3"));
        List<String> first = steps("h1");
        assertThat(first.subList(0, 8)).isEqualTo(prepared("kubeadm-init"));
        assertThat(first.subList(8, first.size())).containsExactlyInAnyOrder("network", "kubeconfig-fetch", "join-credentials",
                        "network-ready", "label-nodes", "probe-start", "probe", "probe-stop", "credentials-revoke")
                .containsSubsequence("network", "kubeconfig-fetch", "network-ready", "label-nodes", "probe-start", "probe", "probe-stop",
                        "credentials-revoke");
    }

    @Test
    void whatIsDoneOnceIsDoneAfterTheLastHostHasJoined() throws Exception {
        CompletableFuture<Void> go = new CompletableFuture<>();
        script(call -> call.is("h3", "kubeadm-join") ? go.thenApply(any -> Reply.ok()) : null);
        Run run = begin(cluster(1, 2), TestActions.APPLY);
        awaitThat(() -> ended(run, "h2", "kubeadm-join") && begun("h3", "kubeadm-join"));

        assertThat(calls("label-nodes")).isEmpty();
        go.complete(null);

        assertThat(end(run)).isEqualTo("succeeded");
        assertThat(hosts.calls().stream().map(Call::step))
                .containsSubsequence("kubeadm-join", "kubeadm-join", "label-nodes", "credentials-revoke");
    }

    @Test
    void theNetworkIsAppliedWhileOtherHostsJoin() throws Exception {
        CompletableFuture<Void> go = new CompletableFuture<>();
        script(call -> call.is("h2", "kubeadm-join") ? go.thenApply(any -> Reply.ok()) : null);
        Run run = begin(cluster(1, 1), TestActions.APPLY);

        awaitThat(() -> ended(run, "h1", "network") && begun("h2", "kubeadm-join"));
        go.complete(null);
        assertThat(end(run)).isEqualTo("succeeded");
    }

    @Test
    void nothingIsChangedBeforeAllHostsWereLookedAt() throws Exception {
        CompletableFuture<Void> go = new CompletableFuture<>();
        script(call -> call.is("h2", "facts") ? go.thenApply(any -> Reply.facts("h2", false)) : null);
        Run run = begin(cluster(1, 1), TestActions.APPLY);
        awaitThat(() -> ended(run, "h1", "facts") && begun("h2", "facts"));

        assertThat(hosts.calls()).extracting(Call::step).containsOnly("facts");
        go.complete(null);
        assertThat(end(run)).isEqualTo("succeeded");
    }

    @Test
    void aRouteCanBeAdvisedAsAnyOther() throws Exception {
        AdviceWith.adviceWith(engine.context(), "network", advice -> advice.weaveAddFirst().to("mock:network"));
        MockEndpoint network = engine.context().getEndpoint("mock:network", MockEndpoint.class);
        network.expectedMessageCount(1);

        assertThat(apply(cluster(1, 0))).isEqualTo("succeeded");

        MockEndpoint.assertIsSatisfied(engine.context(), 30, TimeUnit.SECONDS);
        assertThat(network.getExchanges().get(0).getVariable("run")).isInstanceOf(Run.class);
    }

    // ---- side by side

    @Test
    void aSlowHostHoldsUpNobodyElse() throws Exception {
        // Each of h3's steps takes until every other host has joined: longer than ten times as long.
        CompletableFuture<Void> go = new CompletableFuture<>();
        script(call -> call.host().equals("h3") && !call.step().equals("facts") ? go.thenCompose(any -> answer(call)) : null);
        Run run = begin(cluster(1, 4), TestActions.APPLY);

        awaitThat(() -> ended(run, "h2", "kubeadm-join") && ended(run, "h4", "kubeadm-join") && ended(run, "h5", "kubeadm-join"));
        assertThat(steps("h3")).containsExactly("facts", "os-prepare");
        go.complete(null);

        assertThat(end(run)).isEqualTo("succeeded");
        assertThat(steps("h3")).isEqualTo(prepared("kubeadm-join", "probe"));
    }

    @Test
    void nobodyJoinsBeforeTheControlPlaneIsThereAndAllSayWhatTheyWaitFor() throws Exception {
        CompletableFuture<Void> go = new CompletableFuture<>();
        script(call -> call.is("h1", "kubeadm-init") ? go.thenCompose(any -> answer(call)) : null);
        Run run = begin(cluster(2, 2), TestActions.APPLY);

        awaitThat(() -> events(run, HostWaiting.class).size() == 3 && begun("h1", "kubeadm-init"));
        assertThat(events(run, HostWaiting.class)).extracting(Occurrence::message).containsOnly("waits for the first control plane");
        assertThat(calls("join-credentials")).isEmpty();
        assertThat(calls("kubeadm-join")).isEmpty();
        go.complete(null);

        assertThat(end(run)).isEqualTo("succeeded");
        assertThat(calls("kubeadm-join")).hasSize(3);
    }

    @Test
    void controlPlanesJoinOneAtATimeAndWorkersSideBySide() throws Exception {
        Map<String, CompletableFuture<Void>> joins = new ConcurrentHashMap<>();
        script(call -> call.step().equals("kubeadm-join")
                ? joins.computeIfAbsent(call.host(), any -> new CompletableFuture<>()).thenCompose(any -> answer(call))
                : null);
        Run run = begin(cluster(3, 2), TestActions.APPLY);

        // Both workers are joining, and one of two control planes; the other waits for its turn.
        awaitThat(() -> joins.size() == 3
                && events(run, HostWaiting.class).stream().anyMatch(event -> event.message().contains("its turn")));
        assertThat(joins).containsKeys("h4", "h5");
        String first = joins.containsKey("h2") ? "h2" : "h3";
        String second = first.equals("h2") ? "h3" : "h2";
        assertThat(joins).doesNotContainKey(second);
        joins.get(first).complete(null);
        awaitThat(() -> joins.containsKey(second));
        joins.values().forEach(join -> join.complete(null));

        assertThat(end(run)).isEqualTo("succeeded");
        assertThat(calls("kubeadm-join")).hasSize(4);
    }

    @Test
    void aControlPlaneThatFailsToJoinGivesItsTurnToTheNext() throws Exception {
        script(call -> call.is("h2", "kubeadm-join") ? now(Reply.failed("etcd said no")) : null);
        Run run = begin(cluster(3, 0), TestActions.APPLY);

        assertThat(end(run)).isEqualTo("failed");
        assertThat(last(run).message()).startsWith("failed: kubeadm-join on h2: ");
        assertThat(ended(run, "h3", "kubeadm-join")).isTrue();
    }

    // ---- failures

    @Test
    void aFailingWorkerLeavesTheOthersAloneAndTheRunNamesIt() throws Exception {
        script(call -> call.is("h2", "runtime-install") ? now(Reply.failed("no such package")) : null);
        Run run = begin(cluster(1, 2), TestActions.APPLY);

        assertThat(end(run)).isEqualTo("failed");
        assertThat(last(run).message()).startsWith("failed: runtime-install on h2: ");
        assertThat(last(run).state()).isEqualTo(RunState.FAILED);
        assertThat(steps("h2")).containsExactly("facts", "os-prepare", "package-repository", "kube-install", "runtime-install");
        assertThat(steps("h3")).isEqualTo(prepared("kubeadm-join", "probe"));
        assertThat(steps("h1")).contains("network", "label-nodes", "credentials-revoke");
        StepEnded failure = events(run, StepEnded.class).stream().filter(event -> event.state() == StepState.FAILED).findFirst()
                .orElseThrow();
        assertThat(failure.host()).contains("h2");
        assertThat(failure.step()).contains("runtime-install");
        assertThat(failure.message()).isEqualTo("no such package");
        assertThat(failure.failure().orElseThrow().lastWords()).containsExactly("no such package");
    }

    @Test
    void withoutTheFirstControlPlaneOthersAreNotReachedRatherThanFailed() throws Exception {
        CompletableFuture<Void> go = new CompletableFuture<>();
        script(call -> call.is("h1", "kubeadm-init") ? go.thenApply(any -> Reply.failed("port 6443 is in use")) : null);
        Run run = begin(cluster(1, 2), TestActions.APPLY);
        awaitThat(() -> events(run, HostWaiting.class).size() == 2);
        go.complete(null);

        assertThat(end(run)).isEqualTo("failed");
        assertThat(last(run).message()).contains("port 6443 is in use");
        assertThat(events(run, StepEnded.class).stream().filter(event -> event.state() == StepState.FAILED))
                .extracting(event -> event.host().orElseThrow()).containsExactly("h1");
        assertThat(run.failures()).containsOnlyKeys("h1", "h2", "h3");
        assertThat(run.failures().get("h2")).isInstanceOf(NotReached.class).hasMessage("not reached: h1 failed");
        assertThat(hosts.calls()).extracting(Call::step).doesNotContain("kubeadm-join", "join-credentials", "network",
                "credentials-revoke");
    }

    @Test
    void aHostThatCannotBeLookedAtIsAFindingAndNothingIsChanged() throws Exception {
        script(call -> call.is("h2", "facts") ? now(Reply.failed("sh: syntax error")) : null);
        Run run = begin(cluster(1, 1), TestActions.APPLY);

        assertThat(end(run)).isEqualTo("refused");
        assertThat(last(run).state()).isEqualTo(RunState.REFUSED);
        assertThat(last(run).findings().toString()).contains("h2").contains("sh: syntax error");
        assertThat(hosts.calls()).extracting(Call::step).containsOnly("facts");
    }

    @Test
    void whatKeepsManyHostsFromBeingLookedAtIsOneFinding() throws Exception {
        script(call -> call.step().equals("facts") && !call.host().equals("h1")
                ? now(Reply.failed(call.host() + ": no answer")) : null);
        Run run = begin(cluster(1, 4), TestActions.APPLY);

        assertThat(end(run)).isEqualTo("refused");
        assertThat(last(run).findings()).singleElement().satisfies(finding -> {
            assertThat(finding.hosts()).containsExactly("h2", "h3", "h4", "h5");
            assertThat(finding.problem()).contains("HOST: no answer");
        });
    }

    // ---- what is tried again

    private record Kind(String word, int attempts, String words) {}

    private static final List<Kind> KINDS = List.of(
            new Kind("package-lock", 21, "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 2226"),
            new Kind("mirror", 10, "Cannot download repodata/repomd.xml: All mirrors were tried"),
            new Kind("registry", 10, "failed to pull image: dial tcp 192.0.2.1:5000: connect: connection refused"),
            new Kind("api-server", 9, "The connection to the server 192.0.2.1:6443 was refused - did you specify the right host or port?"),
            new Kind("package-signature", 1, "Error: GPG check FAILED"),
            new Kind("disk-full", 1, "cp: error writing: No space left on device"),
            new Kind("token", 1, "could not find a JWS signature in the cluster-info ConfigMap for token ID"),
            new Kind("permanent", 1, "something nobody knows"),
            new Kind("definitions", 9,
                    "error: unable to recognize: no matches for kind \"Installation\" in version \"operator.example.com/v1\""),
            new Kind("runtime", 6, "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"),
            new Kind("kubelet", 6, "error execution phase kubelet-start: timed out waiting for the condition"),
            new Kind("control-plane", 1, "error execution phase wait-control-plane: couldn't initialize a Kubernetes cluster"));

    /** A kind for each worker, four at a time. */
    @ParameterizedTest
    @ValueSource(ints = {0, 4, 8})
    void eachKindIsTriedAsOftenAsStepErrorsSays(int from) throws Exception {
        Map<String, Kind> kinds = new LinkedHashMap<>();
        for (int worker = 0; worker < 4; worker++) {
            kinds.put("h" + (worker + 2), KINDS.get(from + worker));
        }
        script(call -> call.step().equals("kube-install") && kinds.containsKey(call.host())
                ? now(Reply.failed(kinds.get(call.host()).words()))
                : null);
        Run run = begin(cluster(1, 4), TestActions.APPLY);

        assertThat(end(run)).isEqualTo("failed");
        kinds.forEach((host, kind) -> {
            assertThat(calls("kube-install").stream().filter(call -> call.host().equals(host))).as(kind.word()).hasSize(kind.attempts());
            assertThat(events(run, StepEnded.class)).filteredOn(event -> event.host().equals(Optional.of(host))
                    && event.step().equals("kube-install"))
                    .singleElement().satisfies(event -> {
                        assertThat(event.failure().orElseThrow().kind()).isEqualTo(kind.word());
                        assertThat(event.attempt().number()).isEqualTo(kind.attempts());
                    });
            assertThat(events(run, StepRetried.class)).filteredOn(event -> event.host().equals(Optional.of(host)))
                    .hasSize(kind.attempts() - 1).allSatisfy(event -> assertThat(event.failure().kind()).isEqualTo(kind.word()));
        });
    }

    @Test
    void whatTheScriptSaysMayPassIsTriedAgainUntilItDoes() throws Exception {
        script(call -> call.is("h2", "kubeadm-join") && call.attempt() < 4
                ? now(Reply.failedForNow("the API server does not answer"))
                : null);
        Run run = begin(cluster(1, 1), TestActions.APPLY);

        assertThat(end(run)).isEqualTo("succeeded");
        assertThat(calls("kubeadm-join")).hasSize(4);
        assertThat(events(run, StepRetried.class)).hasSize(3).extracting(event -> event.failure().kind()).containsOnly("not-yet");
    }

    @Test
    void aPermanentErrorAfterATransientOneEndsTheStep() throws Exception {
        script(call -> call.is("h2", "kube-install")
                ? now(Reply.failed(call.attempt() == 1
                        ? "Cannot download repodata/repomd.xml: All mirrors were tried"
                        : "Error: GPG check FAILED"))
                : null);
        Run run = begin(cluster(1, 1), TestActions.APPLY);

        assertThat(end(run)).isEqualTo("failed");
        assertThat(calls("kube-install").stream().filter(call -> call.host().equals("h2"))).hasSize(2);
    }

    @Test
    void aBrokenConnectionIsTakenUpAgainWithoutStartingTheStepTwice() throws Exception {
        CompletableFuture<Reply> install = new CompletableFuture<>();
        script(call -> call.is("h2", "runtime-install") ? install : null);
        Run run = begin(cluster(1, 1), TestActions.APPLY);
        awaitThat(() -> begun("h2", "runtime-install"));
        hosts.breakConnections("h2");
        awaitThat(() -> !events(run, StepRetried.class).isEmpty());
        install.complete(Reply.changed("install the runtime"));

        assertThat(end(run)).isEqualTo("succeeded");
        assertThat(calls("runtime-install").stream().filter(call -> call.host().equals("h2"))).hasSize(1);
        List<StepStarted> starts = events(run, StepStarted.class).stream()
                .filter(event -> event.host().equals(Optional.of("h2")) && event.step().equals("runtime-install")).toList();
        assertThat(starts).hasSizeGreaterThan(1).extracting(StepStarted::detached).containsOnly(starts.get(0).detached());
    }

    // ---- credentials

    @Test
    void credentialsAreMintedOnceForAllWhoJoinAndRevokedAtTheEnd() throws Exception {
        Run run = begin(cluster(2, 3), TestActions.APPLY);

        assertThat(end(run)).isEqualTo("succeeded");
        assertThat(calls("kubeadm-join")).hasSize(4).allSatisfy(call -> {
            assertThat(call.stdin()).contains(TOKEN);
            assertThat(call.environment()).containsEntry("CA_CERT_HASH", CA_HASH).containsEntry("CA_CERT", CA_CERTIFICATE);
        });
        assertThat(calls("join-credentials")).singleElement().satisfies(call -> assertThat(call.host()).isEqualTo("h1"));
        assertThat(calls("credentials-revoke")).singleElement().satisfies(call -> {
            assertThat(call.host()).isEqualTo("h1");
            assertThat(call.environment()).containsEntry("TOKEN_ID", "abcde1");
        });
        assertThat(engine.journal().events(run.id(), 0).toString()).doesNotContain(TOKEN);
    }

    @Test
    void credentialsThatAJoinIsRefusedWithAreMintedAgainOnce() throws Exception {
        script(call -> call.is("h2", "kubeadm-join") && call.attempt() == 1 || call.is("h3", "kubeadm-join")
                ? now(Reply.failed("could not find a JWS signature in the cluster-info ConfigMap for token ID \"abcde1\"")) : null);
        Run run = begin(cluster(1, 2), TestActions.APPLY);

        assertThat(end(run)).isEqualTo("failed");
        assertThat(last(run).message()).startsWith("failed: kubeadm-join on h3: ");
        assertThat(calls("kubeadm-join").stream().filter(call -> call.host().equals("h2"))).hasSize(2);
        assertThat(calls("kubeadm-join").stream().filter(call -> call.host().equals("h3"))).hasSize(2);
        assertThat(calls("join-credentials")).hasSizeBetween(2, 3);
        assertThat(calls("credentials-revoke")).singleElement().satisfies(call ->
                assertThat(call.environment().get("TOKEN_ID").split(" ")).hasSize(calls("join-credentials").size()));
    }

    @Test
    void onlyControlPlanesGetTheCertificateKey() throws Exception {
        assertThat(apply(cluster(2, 1))).isEqualTo("succeeded");

        assertThat(calls("kubeadm-join").stream().filter(call -> call.host().equals("h2"))).singleElement()
                .satisfies(call -> assertThat(call.stdin()).contains("certificateKey"));
        assertThat(calls("kubeadm-join").stream().filter(call -> call.host().equals("h3"))).singleElement()
                .satisfies(call -> assertThat(call.stdin()).doesNotContain("certificateKey"));
    }

    @Test
    void credentialsAreRevokedThoughAJoinFailed() throws Exception {
        script(call -> call.is("h2", "kubeadm-join") ? now(Reply.failed("no")) : null);

        assertThat(apply(cluster(1, 2))).isEqualTo("failed");
        assertThat(calls("credentials-revoke")).hasSize(1);
    }

    @Test
    void credentialsAreRevokedThoughTheNetworkFailed() throws Exception {
        script(call -> call.is("h1", "network") ? now(Reply.failed("no such manifest")) : null);
        Run run = begin(cluster(1, 1), TestActions.APPLY);

        assertThat(end(run)).isEqualTo("failed");
        assertThat(last(run).message()).contains("no such manifest");
        assertThat(calls("credentials-revoke")).hasSize(1);
    }

    @Test
    void aRevocationIsTriedAgain() throws Exception {
        script(call -> call.is("h1", "credentials-revoke") && call.attempt() < 3
                ? now(Reply.failedForNow("the API server does not answer"))
                : null);

        assertThat(apply(cluster(1, 1))).isEqualTo("succeeded");
        assertThat(calls("credentials-revoke")).hasSize(3);
    }

    @Test
    void theFirstFailureIsReportedThoughTheRevocationFailsToo() throws Exception {
        script(call -> call.is("h1", "network") ? now(Reply.failed("no such manifest")) : call.step().equals("credentials-revoke")
                ? now(Reply.failed("not allowed"))
                : null);
        Run run = begin(cluster(1, 1), TestActions.APPLY);

        assertThat(end(run)).isEqualTo("failed");
        assertThat(last(run).message()).contains("no such manifest");
    }

    @Test
    void nobodyJoinsNoCredentials() throws Exception {
        joined.addAll(List.of("h1", "h2"));

        assertThat(apply(cluster(1, 1))).isEqualTo("succeeded");
        assertThat(hosts.calls()).extracting(Call::step).doesNotContain("join-credentials", "credentials-revoke")
                .contains("kubeadm-init", "kubeadm-join");
        assertThat(calls("kubeadm-join")).singleElement().satisfies(call -> {
            assertThat(call.stdin()).isEmpty();
            assertThat(call.environment()).containsEntry("CA_CERT_HASH", CA_HASH);
        });
    }

    @Test
    void aHostThatIsAddedGetsCredentialsOfItsOwn() throws Exception {
        joined.addAll(List.of("h1", "h2"));

        assertThat(apply(cluster(1, 2))).isEqualTo("succeeded");
        assertThat(calls("join-credentials")).hasSize(1);
        assertThat(calls("kubeadm-join").stream().filter(call -> !call.stdin().isEmpty())).extracting(Call::host).containsExactly("h3");
        assertThat(calls("credentials-revoke")).hasSize(1);
    }

    // ---- plan, verify, cancel

    @Test
    void aPlanOnlyLooksAndMintsNothing() throws Exception {
        Run run = begin(cluster(2, 1), TestActions.PLAN);

        assertThat(end(run)).isEqualTo("succeeded");
        assertThat(hosts.calls().stream().filter(call -> !call.step().equals("facts"))).isNotEmpty()
                .allSatisfy(call -> assertThat(call.environment()).containsEntry("CARAVAN_PLAN", "1"));
        assertThat(hosts.calls()).extracting(Call::step).doesNotContain(
                "join-credentials", "credentials-revoke", "network-ready", "probe-start", "probe", "probe-stop");
        assertThat(calls("label-nodes")).hasSize(1);
        assertThat(steps("h3")).isEqualTo(prepared("kubeadm-join"));
    }

    @Test
    void anApplyPlansNothing() throws Exception {
        assertThat(apply(cluster(1, 0))).isEqualTo("succeeded");
        assertThat(hosts.calls()).allSatisfy(call -> assertThat(call.environment()).doesNotContainKey("CARAVAN_PLAN"));
    }

    @Test
    void verifyLooksUntilTheClusterIsAsItShouldBe() throws Exception {
        Cluster cluster = cluster(1, 1);
        api.ready(name -> !name.equals("h2") || api.looks() > 5);
        Run run = begin(cluster, TestActions.APPLY);

        assertThat(end(run)).isEqualTo("succeeded");
        assertThat(api.looks()).isGreaterThan(5);
        assertThat(events(run, StepProgress.class)).filteredOn(event -> event.step().equals("verify"))
                .extracting(Occurrence::message).containsExactly("waits for node h2 to be Ready");
        assertThat(Path.of(run.kubeconfig().orElseThrow())).content().isEqualTo(api.kubeconfig());
        assertThat(engine.journal().events(run.id(), 0).toString()).doesNotContain("administrator-token");
    }

    @Test
    void aCoreDnsWhosePodsAreRefusedIsNamedAtOnceWithItsCause() throws Exception {
        Cluster cluster = cluster(1, 1);
        String words = "pods coredns-7d764666f9-x2x is forbidden: exceeded quota: few, requested: pods=1";
        api.refusesCoreDns(words);
        Run run = begin(cluster, TestActions.APPLY);

        assertThat(end(run)).isEqualTo("failed");
        assertThat(last(run).message()).contains("a pod of deployment coredns to be created (" + words + ")").doesNotContain("after ");
        assertThat(events(run, StepEnded.class)).filteredOn(event -> event.step().equals("verify")).singleElement()
                .satisfies(event -> assertThat(event.failure().orElseThrow().kind()).isEqualTo("never-ready"));
    }

    @Test
    void theProbesGetTheNodesThatCameThroughAndWhatWasStartedForThem() throws Exception {
        script(call -> call.is("h2", "kubeadm-join") ? now(Reply.failed("no")) : null);

        assertThat(apply(cluster(1, 2))).isEqualTo("failed");
        assertThat(calls("probe-start")).singleElement().satisfies(call -> {
            assertThat(call.stdin()).isEqualTo("h1\nh3\n");
            assertThat(call.environment()).containsEntry("PROBE_SECONDS", "120");
        });
        assertThat(calls("probe")).extracting(Call::host).containsExactlyInAnyOrder("h1", "h3");
        assertThat(calls("probe")).allSatisfy(call -> {
            assertThat(call.stdin()).isEqualTo("service|10.96.0.77|30077\n");
            assertThat(call.environment()).containsEntry("PROBE_DNS_SECONDS", "180").containsEntry("PROBE_PEERS", "3")
                    .containsEntry("PROBE_LEAVE_OUT", "");
        });
        assertThat(calls("probe-stop")).singleElement().satisfies(call -> assertThat(call.host()).isEqualTo("h1"));
    }

    @Test
    void whatAProbeFindsFailsTheRunWithItsWordsOnceAndTheProbesAreRemoved() throws Exception {
        String words = "a pod on h2 does not reach the Service at 10.96.0.77:80 (Connection refused). "
                + "kube-proxy says: \"command failed\" err=\"open nf_conntrack_max: permission denied\"";
        script(call -> call.is("h2", "probe") ? now(Reply.failed(words)) : null);
        Run run = begin(cluster(1, 2), TestActions.APPLY);

        assertThat(end(run)).isEqualTo("failed");
        assertThat(last(run).message()).contains("probe on h2: " + words);
        assertThat(calls("probe")).hasSize(3);
        assertThat(calls("probe-stop")).hasSize(1);
        assertThat(events(run, StepEnded.class)).filteredOn(event -> event.step().equals("verify")).singleElement()
                .satisfies(event -> assertThat(event.failure().orElseThrow().kind()).isEqualTo("cluster-network"));
    }

    @Test
    void theProbesAreRemovedThoughTheRunWasCancelledWhileTheyTried() throws Exception {
        CompletableFuture<Void> go = new CompletableFuture<>();
        script(call -> call.is("h2", "probe") ? go.thenCompose(any -> answer(call)) : null);
        Run run = begin(cluster(1, 1), TestActions.APPLY);
        awaitThat(() -> begun("h2", "probe"));
        engine.runs().cancel(run.id());
        go.complete(null);

        assertThat(end(run)).isEqualTo("cancelled");
        assertThat(calls("probe-stop")).isNotEmpty();
    }

    @Test
    void probesThatCouldNotBeStartedAreRemovedAndFailTheRun() throws Exception {
        script(call -> call.is("h1", "probe-start")
                ? now(Reply.failed("pods \"caravan-probe-h1\" is forbidden: violates PodSecurity"))
                : null);
        Run run = begin(cluster(1, 1), TestActions.APPLY);

        assertThat(end(run)).isEqualTo("failed");
        assertThat(last(run).message()).contains("violates PodSecurity");
        assertThat(calls("probe")).isEmpty();
        assertThat(calls("probe-stop")).hasSize(1);
    }

    @Test
    void aCancelledRunBeginsNoFurtherStepAndTellsSo() throws Exception {
        CompletableFuture<Void> go = new CompletableFuture<>();
        script(call -> call.step().equals("package-repository") ? go.thenCompose(any -> answer(call)) : null);
        Run run = begin(cluster(1, 2), TestActions.APPLY);
        awaitThat(() -> calls("package-repository").size() == 3);
        assertThat(engine.runs().cancel(run.id())).isTrue();
        go.complete(null);

        assertThat(end(run)).isEqualTo("cancelled");
        assertThat(last(run).state()).isEqualTo(RunState.CANCELLED);
        assertThat(hosts.calls()).extracting(Call::step).containsOnly("facts", "os-prepare", "package-repository");
    }

    @Test
    void aRunThatIsCancelledWhileHostsWaitForTheControlPlaneEnds() throws Exception {
        CompletableFuture<Void> go = new CompletableFuture<>();
        script(call -> call.is("h1", "kubeadm-init") ? go.thenCompose(any -> answer(call)) : null);
        Run run = begin(cluster(1, 2), TestActions.APPLY);
        awaitThat(() -> events(run, HostWaiting.class).size() == 2);
        engine.runs().cancel(run.id());
        go.complete(null);

        assertThat(end(run)).isEqualTo("cancelled");
        assertThat(calls("kubeadm-join")).isEmpty();
    }

    @Test
    void whatWasMintedIsRevokedThoughTheRunWasCancelled() throws Exception {
        CompletableFuture<Void> go = new CompletableFuture<>();
        script(call -> call.is("h2", "kubeadm-join") ? go.thenCompose(any -> answer(call)) : null);
        Run run = begin(cluster(1, 1), TestActions.APPLY);
        awaitThat(() -> begun("h2", "kubeadm-join"));
        engine.runs().cancel(run.id());
        go.complete(null);

        assertThat(end(run)).isEqualTo("cancelled");
        assertThat(calls("credentials-revoke")).hasSize(1);
        assertThat(calls("label-nodes")).isEmpty();
    }
}
