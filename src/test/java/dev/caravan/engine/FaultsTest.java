package dev.caravan.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.caravan.history.Event;
import dev.caravan.history.Failure;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.Occurrence.StepRetried;
import dev.caravan.history.Occurrence.StepStarted;
import dev.caravan.history.RunState;
import dev.caravan.journal.Journal;
import dev.caravan.journal.JournalPlace;
import dev.caravan.journal.MemoryJournal;
import dev.caravan.remote.ScriptedHosts;
import dev.caravan.remote.ScriptedHosts.Call;
import dev.caravan.remote.ScriptedHosts.Reply;
import dev.caravan.routes.RouteFiles;
import dev.caravan.run.Busy;
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
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Faults of the link, of the engine's disk, and of people, while h2 is in the middle of a step. */
class FaultsTest {
    private static final String CA_HASH = "sha256:" + "7".repeat(64);
    private static final long LIMIT_SECONDS = 240;
    private static final String STEP = "runtime-install";
    private static final String GOES_ON = "The step may still run on its host, where it is found by its id";

    @TempDir
    static Path directory;

    @RegisterExtension
    static final ScriptedHosts hosts = ScriptedHosts.forAll(2);

    private static ClusterApi api;
    private static final AtomicInteger CLUSTERS = new AtomicInteger();

    private final MemoryJournal journal = new MemoryJournal();
    private final CompletableFuture<Void> go = new CompletableFuture<>();
    private FaultyLink link;
    private volatile Optional<String> pinnedKey = Optional.empty();

    @BeforeAll
    static void start() throws Exception {
        api = ClusterApi.start();
        String errors = RouteFiles.builtIn().text("errors/step-errors.camel.yaml").orElseThrow();
        String fewer = errors.replace("maximumRedeliveries: 10", "maximumRedeliveries: 4");
        assertThat(fewer).isNotEqualTo(errors);
        Files.writeString(Files.createDirectories(directory.resolve("routes")).resolve("step-errors.camel.yaml"), fewer);
    }

    @AfterAll
    static void stop() throws Exception {
        api.close();
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

    @Test
    void aLinkThatIsResetInMidStepIsTakenUpAgain() throws Exception {
        try (Engine engine = engine(journal)) {
            Run run = inMidStep(engine);
            link.reset();
            awaitRetry(run);
            go.complete(null);
            succeedsWithEachStepOnce(engine, run);
            tells(retry(run), "the connection broke while a command ran (", GOES_ON);
        }
    }

    @Test
    void aHalfOpenLinkIsNoticedAndTakenUpAgain() throws Exception {
        try (Engine engine = engine(journal)) {
            Run run = inMidStep(engine);
            link.goSilent();
            awaitRetry(run);
            go.complete(null);
            succeedsWithEachStepOnce(engine, run);
            tells(retry(run), "the connection broke while a command ran (Got 3 heartbeat requests without reply", GOES_ON);
        }
    }

    @Test
    void aLinkThatIsCutForAWhileIsTakenUpAgain() throws Exception {
        try (Engine engine = engine(journal)) {
            Run run = inMidStep(engine);
            link.cut();
            // lost, then not reached either
            awaitRetries(run, 2);
            go.complete(null);
            link.heal();
            succeedsWithEachStepOnce(engine, run);
            tells(retry(run), "the connection broke while a command ran", GOES_ON);
            tells(retries(run).get(1), "no SSH server answered within 3 s", "Check what listens on port " + link.port());
        }
    }

    @Test
    void aLinkThatIsCutForGoodEndsTheRunWithWhatToLookAt() throws Exception {
        try (Engine engine = engine(journal)) {
            Run run = inMidStep(engine);
            link.cut();
            assertThat(outcome(engine, run).state()).as(() -> told(run)).isEqualTo(RunState.FAILED);
            tells(failure(run), "no SSH server answered within 3 s", "Check what listens on port " + link.port());
            ends(run, "no SSH server answered within 3 s", "Check what listens on port " + link.port());
            onceEach(run);
            assertThat(retries(run)).hasSize(4).allSatisfy(retry -> assertThatThePauseWasKept(run, retry));
        }
    }

    @Test
    void whatStepsLeftIsRemovedAlthoughTheLinkBreaksOnceAtTheEnd() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        try (Engine engine = engine(journal)) {
            Run run = inMidStep(engine);
            hosts.beforeClearing(host -> {
                if (host.equals("h2") && asked.getAndIncrement() == 0) {
                    resetLink();
                }
            });
            go.complete(null);
            succeedsWithEachStepOnce(engine, run);
            assertThat(asked).as(() -> told(run)).hasValue(2);
            assertThat(told(run)).doesNotContain("could not remove");
        } finally {
            hosts.beforeClearing(host -> { });
        }
    }

    private void resetLink() {
        try {
            link.reset();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The script on the host goes on without its connection; its changes become known when the host is reached again. */
    @Test
    void whatAStepChangedWhoseHostWasNotReachedAnyMoreIsRolledBackByALaterRun() throws Exception {
        Cluster cluster = cluster();
        try (Engine engine = engine(journal)) {
            Run run = inMidStep(engine, cluster);
            link.cut();
            assertThat(outcome(engine, run).state()).as(() -> told(run)).isEqualTo(RunState.FAILED);
            Run unreachable = engine.runs().begin(order(cluster));
            assertThat(outcome(engine, unreachable).state()).as(() -> told(unreachable)).isNotEqualTo(RunState.SUCCEEDED);
            go.complete(null);
            link.heal();
            Run back = engine.runs().begin(rollback(cluster, run));
            assertThat(outcome(engine, back).state()).as(() -> told(back)).isEqualTo(RunState.SUCCEEDED);
            assertThat(callsOnH2(back)).as(() -> told(back)).containsSubsequence("undo-" + STEP, "undo-package-repository");
            assertThat(journal.found(cluster.name(), cluster.hosts().get(1).address())).isEmpty();
        }
    }

    /** The run is rolled back by an engine that never heard of the step's end, and never asks for it. */
    @Test
    void whatAStepChangedWhoseEngineDiedIsRolledBackByAnotherOne() throws Exception {
        Cluster cluster = cluster();
        SshSessions sessions = new SshSessions();
        MortalJournal mortal = new MortalJournal(journal, sessions::close);
        Run run;
        try (Engine dying = Engines.start(options(), mortal, sessions)) {
            run = inMidStep(dying, cluster);
            mortal.die();
            go.complete(null);
            assertThat(dying.runs().outcome(run).toCompletableFuture()).failsWithin(LIMIT_SECONDS, TimeUnit.SECONDS);
        }
        try (Engine engine = engine(journal)) {
            Run reset = engine.runs().begin(new RunOrder(cluster, "spec", "", TestActions.RESET, "command", List.of()));
            assertThat(outcome(engine, reset).state()).as(() -> told(reset)).isEqualTo(RunState.SUCCEEDED);
            assertThat(callsOnH2(reset)).as(() -> told(reset)).containsSubsequence("undo-" + STEP, "undo-package-repository");
        }
    }

    private static RunOrder rollback(Cluster cluster, Run run) throws Exception {
        return new RunOrder(cluster, "spec", "", TestActions.ROLLBACK_RUN.call(Map.of("run", run.id())), "command", List.of());
    }

    private static List<String> callsOnH2(Run run) {
        return hosts.calls().stream().filter(call -> call.run().equals(run.id()) && call.host().equals("h2")).map(Call::step).toList();
    }

    private void assertThatThePauseWasKept(Run run, Event retry) {
        int pause = (int) retry.as(StepRetried.class).flatMap(StepRetried::pause).orElseThrow().toMillis();
        Event next = journal.events(run.id(), 0).stream()
                .filter(event -> event.is(StepStarted.class) && event.host().equals(retry.host())
                        && event.step().equals(retry.step()))
                .filter(event -> event.attempt() == retry.attempt() + 1)
                .findFirst().orElseThrow();
        int doubled = retry.attempt() - 1; // each from the one before, which may be a fifth shorter or longer, as may this one
        assertThat((double) pause).isBetween(15 * Math.pow(1.6, doubled), 25 * Math.pow(2.4, doubled));
        // clocks have their grain
        assertThat(Duration.between(retry.at(), next.at()).toMillis()).isGreaterThanOrEqualTo(pause - 1);
    }

    @Test
    void aSlowLinkIsNoFault() throws Exception {
        try (Engine engine = engine(journal)) {
            Run run = inMidStep(engine);
            link.delay(Duration.ofMillis(30));
            go.complete(null);
            succeedsWithEachStepOnce(engine, run);
            assertThat(journal.all(StepRetried.class)).noneMatch(retried -> retried.step().equals(STEP));
        }
    }

    @Test
    void aChangedHostKeyIsNotTriedAgain() throws Exception {
        try (Engine engine = engine(journal)) {
            Run run = inMidStep(engine);
            pinnedKey = Optional.of("SHA256:" + "A".repeat(43));
            link.reset();
            assertThat(outcome(engine, run).state()).as(() -> told(run)).isEqualTo(RunState.FAILED);
            // the one that the reset cost; on a busy machine an earlier login may have taken too long
            assertThat(journal.all(StepRetried.class)).as(() -> told(run)).filteredOn(retried -> retried.step().equals(STEP)).hasSize(1);
            String pinned = "SHA256:" + "A".repeat(43);
            tells(failure(run), "`hostKey` pins " + pinned, "correct `hostKey`");
            ends(run, "`hostKey` pins " + pinned, "correct `hostKey`");
            onceEach(run);
        }
    }

    @Test
    void aSecondEngineOnTheSameJournalIsRefusedWithTheFirstOnesRun() throws Exception {
        JournalPlace place = JournalPlace.in(directory.resolve("two"));
        Cluster cluster = cluster();
        Journal first = Journal.open(place);
        Journal second = Journal.open(place);
        try (Engine one = engine(first); Engine other = engine(second)) {
            Run run = inMidStep(one, cluster);
            assertThatThrownBy(() -> other.runs().begin(order(cluster)))
                    .isInstanceOfSatisfying(Busy.class, busy -> assertThat(busy.getOther()).isEqualTo(run.id()))
                    .hasMessageContaining("cluster " + cluster.name()).hasMessageContaining(run.id())
                    .hasMessageContaining("in another process");
            go.complete(null);
            assertThat(outcome(one, run).state()).isEqualTo(RunState.SUCCEEDED);
            onceEach(run);
        }
    }

    @Test
    void ofFiveTriggersAtOnceOneBeginsAndFourAreRefusedWithItsId() throws Exception {
        Cluster cluster = cluster();
        ExecutorService five = Executors.newFixedThreadPool(5);
        try (Engine engine = engine(journal)) {
            List<Future<Run>> asked = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                asked.add(five.submit(() -> engine.runs().begin(order(cluster))));
            }
            List<Run> begun = new ArrayList<>();
            List<Busy> refused = new ArrayList<>();
            for (Future<Run> each : asked) {
                try {
                    begun.add(each.get(LIMIT_SECONDS, TimeUnit.SECONDS));
                } catch (ExecutionException e) {
                    assertThat(e.getCause()).isInstanceOf(Busy.class);
                    refused.add((Busy) e.getCause());
                }
            }
            assertThat(begun).hasSize(1);
            Run run = begun.get(0);
            assertThat(refused).hasSize(4).allSatisfy(busy -> {
                assertThat(busy.getOther()).isEqualTo(run.id());
                assertThat(busy).hasMessageContaining(cluster.name()).hasMessageContaining(run.id());
            });
            go.complete(null);
            succeedsWithEachStepOnce(engine, run);
        } finally {
            five.shutdownNow();
        }
    }

    @Test
    void aFullDiskOfTheEngineEndsTheRunAndWithRoomAgainItGoesOn() throws Exception {
        Cluster cluster = cluster();
        try (Engine engine = engine(journal)) {
            Run run = inMidStep(engine, cluster);
            journal.fillDisk();
            go.complete(null);
            assertThatThrownBy(() -> outcome(engine, run)).hasMessageContaining("journal");

            assertThat(journal.isClaimed(run.id())).isTrue();
            journal.makeRoom();
            engine.runs().releaseClaims();
            assertThat(journal.isClaimed(run.id())).isFalse();
            Run again = engine.runs().begin(order(cluster));
            assertThat(again.id()).isEqualTo(run.id());
            succeedsWithEachStepOnce(engine, again);
        }
    }

    @Test
    void anEntryThatIsRefusedOnceEndsNothingAndLosesNothing() throws Exception {
        Cluster cluster = cluster();
        try (Engine engine = engine(journal)) {
            Run run = inMidStep(engine, cluster);
            int before = journal.refused();
            journal.fillDisk();
            go.complete(null);
            await().atMost(LIMIT_SECONDS, TimeUnit.SECONDS).until(() -> journal.refused() > before);
            journal.makeRoom();
            assertThatThrownBy(() -> outcome(engine, run)).hasMessageContaining("is paused");
            assertThat(journal.run(run.id()).orElseThrow().hasEnded()).isFalse();

            Run again = engine.runs().begin(order(cluster));
            assertThat(again.id()).isEqualTo(run.id());
            succeedsWithEachStepOnce(engine, again);
        }
    }

    // ---- what is done and looked at

    private Run inMidStep(Engine engine) throws Exception {
        return inMidStep(engine, cluster());
    }

    private Run inMidStep(Engine engine, Cluster cluster) throws Exception {
        Run run = engine.runs().begin(order(cluster));
        awaitStep(run, "h2");
        // both are at work, so that what fails afterwards has not begun elsewhere
        awaitStep(run, "h1");
        return run;
    }

    private void awaitStep(Run run, String host) {
        await().atMost(LIMIT_SECONDS, TimeUnit.SECONDS).until(() -> {
            assertThat(journal.run(run.id()).filter(known -> known.hasEnded())).as(() -> told(run)).isEmpty();
            return hosts.calls().stream().anyMatch(call -> call.run().equals(run.id()) && call.is(host, STEP));
        });
    }

    private void awaitRetry(Run run) {
        awaitRetries(run, 1);
    }

    private void awaitRetries(Run run, int count) {
        await().atMost(LIMIT_SECONDS, TimeUnit.SECONDS).until(() -> retries(run).size() >= count);
    }

    private List<Event> retries(Run run) {
        return journal.events(run.id(), 0).stream().filter(event -> event.is(StepRetried.class) && event.step().equals(Optional.of(STEP)))
                .toList();
    }

    private Event retry(Run run) {
        return retries(run).get(0);
    }

    private Event failure(Run run) {
        return journal.events(run.id(), 0).stream().filter(event -> event.as(StepEnded.class).flatMap(StepEnded::failure).isPresent())
                .findFirst().orElseThrow();
    }

    /** Host, step, where it was tried, what came back, what to do. */
    private void tells(Event event, String cause, String remedy) {
        assertThat(event.host()).contains("h2");
        assertThat(event.step()).contains(STEP);
        Failure failure = event.as(StepEnded.class).flatMap(StepEnded::failure)
                .or(() -> event.as(StepRetried.class).map(StepRetried::failure)).orElseThrow();
        assertThat(event.message() + " " + failure.remedy()).contains("root@127.0.0.1:" + link.port())
                .contains(cause).contains(remedy);
    }

    /** The same of the message that the run as a whole ends with. */
    private void ends(Run run, String cause, String remedy) {
        assertThat(end(run)).contains(STEP + " on h2: root@127.0.0.1:" + link.port()).contains(cause).contains(remedy);
    }

    private void succeedsWithEachStepOnce(Engine engine, Run run) throws Exception {
        assertThat(outcome(engine, run).state()).as(() -> told(run)).isEqualTo(RunState.SUCCEEDED);
        onceEach(run);
    }

    private void onceEach(Run run) {
        // facts are looked at again, and credentials asked for again, when a run is taken up
        Map<String, Long> counts = hosts.calls().stream().filter(call -> call.run().equals(run.id()))
                .filter(call -> !List.of("facts", "join-credentials", "kubeconfig-fetch").contains(call.step()))
                .collect(Collectors.groupingBy(call -> call.host() + " " + call.step(), Collectors.counting()));
        assertThat(counts).as(() -> told(run)).containsKey("h2 " + STEP);
        assertThat(counts.values()).as(() -> told(run)).containsOnly(1L);
    }

    private static Runs.Outcome outcome(Engine engine, Run run) throws Exception {
        return engine.runs().outcome(run).toCompletableFuture().get(LIMIT_SECONDS, TimeUnit.SECONDS);
    }

    private String end(Run run) {
        return journal.events(run.id(), 0).stream().filter(event -> event.is(RunEnded.class)).findFirst()
                .orElseThrow().message();
    }

    private String told(Run run) {
        return journal.events(run.id(), 0).stream().map(event -> event.occurrence().toString())
                .collect(Collectors.joining("\n"));
    }

    private static RunOrder order(Cluster cluster) {
        return new RunOrder(cluster, "spec", "", TestActions.APPLY, "command", List.of());
    }

    private Engine engine(Journal kept) throws Exception {
        return Engines.start(options(), kept, new SshSessions());
    }

    private EngineOptions options() {
        return new EngineOptions(directory.resolve("data"), Optional.of(directory.resolve("routes")), false, false, this::dial,
                Engines.impatient(20));
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

    private static Cluster cluster() {
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
