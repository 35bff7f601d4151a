package dev.caravan.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.history.Event;
import dev.caravan.history.Failure;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.Occurrence.StepRetried;
import dev.caravan.history.RunState;
import dev.caravan.journal.Journal;
import dev.caravan.journal.MemoryJournal;
import dev.caravan.remote.ScriptedHosts;
import dev.caravan.remote.ScriptedHosts.Call;
import dev.caravan.remote.ScriptedHosts.Reply;
import dev.caravan.run.Run;
import dev.caravan.run.RunOrder;
import dev.caravan.run.Runs;
import dev.caravan.run.TestActions;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.spec.SshAccess;
import dev.caravan.ssh.FaultyLink;
import dev.caravan.ssh.SshSessions;
import dev.caravan.ssh.SshTarget;
import dev.caravan.testkit.TestClusters;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Runs of two hosts, of which h2 is reached over a link with faults, and waits in the middle of a step. */
abstract class FaultRuns {
    private static final String CA_HASH = "sha256:" + "7".repeat(64);
    static final long LIMIT_SECONDS = 240;
    static final String STEP = "runtime-install";
    static final String GOES_ON = "The step may still run on its host, where it is found by its id";

    @TempDir
    static Path directory;

    static ScriptedHosts hosts;

    static ClusterApi api;
    private static final AtomicInteger CLUSTERS = new AtomicInteger();

    final MemoryJournal journal = new MemoryJournal();
    final CompletableFuture<Void> go = new CompletableFuture<>();
    FaultyLink link;
    volatile Optional<String> pinnedKey = Optional.empty();

    @BeforeAll
    static void start() throws Exception {
        hosts = ScriptedHosts.start(2);
        api = ClusterApi.start();
    }

    @AfterAll
    static void stop() throws Exception {
        api.close();
        hosts.close();
    }

    @BeforeEach
    void link() throws Exception {
        hosts.script(call -> call.is("h2", STEP) ? go.thenApply(any -> answer(call)) : CompletableFuture.completedFuture(answer(call)));
        link = new FaultyLink(ScriptedHosts.ADDRESSES + "2", hosts.port());
    }

    @AfterEach
    void unlink() throws Exception {
        go.complete(null);
        link.close();
    }

    static RunOrder rollback(Cluster cluster, Run run) throws Exception {
        return new RunOrder(cluster, "spec", "", TestActions.ROLLBACK_RUN.call(Map.of("run", run.id())), "command", List.of());
    }

    static List<String> callsOnH2(Run run) {
        return hosts.calls().stream().filter(call -> call.run().equals(run.id()) && call.host().equals("h2")).map(Call::step).toList();
    }

    Run inMidStep(Engine engine) throws Exception {
        return inMidStep(engine, cluster());
    }

    Run inMidStep(Engine engine, Cluster cluster) throws Exception {
        Run run = engine.runs().begin(order(cluster));
        awaitStep(run, "h2");
        // both are at work, so that what fails afterwards has not begun elsewhere
        awaitStep(run, "h1");
        return run;
    }

    private void awaitStep(Run run, String host) {
        await().atMost(LIMIT_SECONDS, TimeUnit.SECONDS).until(() -> {
            assertThat(journal.run(run.id()).filter(known -> known.hasEnded())).as(() -> events(run)).isEmpty();
            return hosts.calls().stream().anyMatch(call -> call.run().equals(run.id()) && call.is(host, STEP));
        });
    }

    void awaitRetry(Run run) {
        awaitRetries(run, 1);
    }

    void awaitRetries(Run run, int count) {
        await().atMost(LIMIT_SECONDS, TimeUnit.SECONDS).until(() -> retries(run).size() >= count);
    }

    List<Event> retries(Run run) {
        return journal.events(run.id(), 0).stream().filter(event -> event.is(StepRetried.class) && event.step().equals(Optional.of(STEP)))
                .toList();
    }

    Event retry(Run run) {
        return retries(run).get(0);
    }

    Event failure(Run run) {
        return journal.events(run.id(), 0).stream().filter(event -> event.as(StepEnded.class).flatMap(StepEnded::failure).isPresent())
                .findFirst().orElseThrow();
    }

    /** Host, step, where it was tried, what came back, what to do. */
    void tells(Event event, String cause, String remedy) {
        assertThat(event.host()).contains("h2");
        assertThat(event.step()).contains(STEP);
        Failure failure = event.as(StepEnded.class).flatMap(StepEnded::failure)
                .or(() -> event.as(StepRetried.class).map(StepRetried::failure)).orElseThrow();
        assertThat(event.message() + " " + failure.remedy()).contains("root@127.0.0.1:" + link.port())
                .contains(cause).contains(remedy);
    }

    /** The same of the message that the run as a whole ends with. */
    void ends(Run run, String cause, String remedy) {
        assertThat(end(run)).contains(STEP + " on h2: root@127.0.0.1:" + link.port()).contains(cause).contains(remedy);
    }

    void succeedsWithEachStepOnce(Engine engine, Run run) throws Exception {
        assertThat(outcome(engine, run).state()).as(() -> events(run)).isEqualTo(RunState.SUCCEEDED);
        onceEach(run);
    }

    void onceEach(Run run) {
        // facts are looked at again, and credentials asked for again, when a run is resumed
        Map<String, Long> counts = hosts.calls().stream().filter(call -> call.run().equals(run.id()))
                .filter(call -> !List.of("facts", "join-credentials", "kubeconfig-fetch").contains(call.step()))
                .collect(Collectors.groupingBy(call -> call.host() + " " + call.step(), Collectors.counting()));
        assertThat(counts).as(() -> events(run)).containsKey("h2 " + STEP);
        assertThat(counts.values()).as(() -> events(run)).containsOnly(1L);
    }

    static Runs.Outcome outcome(Engine engine, Run run) throws Exception {
        return engine.runs().outcome(run).toCompletableFuture().get(LIMIT_SECONDS, TimeUnit.SECONDS);
    }

    private String end(Run run) {
        return journal.events(run.id(), 0).stream().filter(event -> event.is(RunEnded.class)).findFirst()
                .orElseThrow().message();
    }

    String events(Run run) {
        return journal.events(run.id(), 0).stream().map(event -> event.occurrence().toString())
                .collect(Collectors.joining("\n"));
    }

    static RunOrder order(Cluster cluster) {
        return new RunOrder(cluster, "spec", "", TestActions.APPLY, "command", List.of());
    }

    Engine engine(Journal kept) throws Exception {
        return Engines.start(options(), kept, new SshSessions());
    }

    EngineOptions options() {
        Map<String, String> settings = new HashMap<>(Engines.impatient(20));
        settings.put("caravan.retry.connection-times", "4");
        return new EngineOptions(directory.resolve("data"), Optional.empty(), false, false, this::dial, settings);
    }

    private SshTarget dial(Host host) {
        SshAccess access = host.ssh();
        return host.name().equals("h2")
                ? new SshTarget("127.0.0.1",
                        new SshAccess(access.user(), link.port(), access.privateKey(), access.passphrase(), access.password(),
                        access.sudoPassword(), access.knownHosts(), pinnedKey, access.hostKeyCheck(), false, Optional.empty(),
                        Duration.ofSeconds(3), Duration.ofMillis(200)))
                : SshTarget.of(host);
    }

    static Cluster cluster() {
        Cluster cluster = TestClusters.of("faults" + CLUSTERS.incrementAndGet(), 1, 1, ScriptedHosts.ADDRESSES, hosts.port(),
                "  onFailure: keep");
        api.serve(cluster);
        return cluster;
    }

    private static Reply answer(Call call) {
        return switch (call.step()) {
            case "facts" -> Reply.facts(call.host(), false);
            case "kubeadm-init" -> Reply.changed("initialise the control plane").output("caCertHash", CA_HASH);
            case "join-credentials" -> Reply.ok().output("tokenId", "abcdef").output("caCertHash", CA_HASH)
                    .secret("token", "abcdef.0123456789abcdef");
            case "kubeconfig-fetch" -> Reply.ok().secret("kubeconfig", api.kubeconfig());
            case "credentials-revoke", "label-nodes", "network", "network-ready", "probe-start", "probe", "probe-stop" -> Reply.ok();
            default -> Reply.changed("do " + call.step()).found("file", "/etc/" + call.step(), "absent");
        };
    }
}
