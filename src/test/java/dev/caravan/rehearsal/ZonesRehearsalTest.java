package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.engine.Engine;
import dev.caravan.engine.EngineOptions;
import dev.caravan.engine.Engines;
import dev.caravan.engine.MortalJournal;
import dev.caravan.history.Event;
import dev.caravan.history.EventJson;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.Occurrence.StepStarted;
import dev.caravan.journal.Journal;
import dev.caravan.journal.MemoryJournal;
import dev.caravan.packages.Family;
import dev.caravan.run.Run;
import dev.caravan.run.RunOrder;
import dev.caravan.run.TestActions;
import dev.caravan.runner.ArtemisBroker;
import dev.caravan.runner.KeyFiles;
import dev.caravan.runner.Runner;
import dev.caravan.runner.RunnerSettings;
import dev.caravan.runner.Timing;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.ssh.SshSessions;
import dev.caravan.testkit.Clusters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Rehearsal: a cluster whose control plane is reached by the engine, and whose workers are in two zones, each with a runner behind a real
 * broker (Artemis). Whatever is killed or started again meanwhile, each step is begun once on its host.
 */
@Tag("long")
class ZonesRehearsalTest {
    private static final long LIMIT_SECONDS = 420;
    /** Their results hold secrets, which are kept nowhere. */
    private static final Set<String> AGAIN = Set.of("join-credentials", "kubeconfig-fetch", "credentials-revoke");

    @RegisterExtension
    final Scratch scratch = new Scratch();

    private final Journal journal = new MemoryJournal();
    private final List<AutoCloseable> closed = new ArrayList<>();
    private ArtemisBroker broker;
    private Rehearsal rehearsal;

    @BeforeEach
    void start() throws Exception {
        broker = ArtemisBroker.start(scratch.parent().resolve("broker"));
        Cluster cluster = Clusters.of(1, 2, "1.36.3", Cluster.RuntimeName.CONTAINERD, Clusters.root());
        List<Host> hosts = List.of(cluster.hosts().get(0), in("site-a", cluster.hosts().get(1)), in("site-b", cluster.hosts().get(2)));
        rehearsal = Rehearsal.start(cluster.withHosts(hosts), List.of(), scratch.directory(),
                Rehearsal.Options.usual().withFamily(Family.APT).withPace(0.3));
        new KeyFiles(keys("engine")).make("engine");
        for (String zone : List.of("site-a", "site-b")) {
            new KeyFiles(keys(zone)).make(zone);
            Files.copy(keys("engine").resolve("engine.pub"), keys(zone).resolve("engine.pub"));
            Files.copy(keys(zone).resolve(zone + ".pub"), keys("engine").resolve(zone + ".pub"));
        }
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable each : closed) {
            each.close();
        }
        rehearsal.close();
        broker.close();
    }

    private Path keys(String side) {
        return scratch.parent().resolve("keys-" + side);
    }

    private static Host in(String zone, Host host) {
        return new Host(host.name(), host.address(), host.internalAddresses(), host.roles(), host.ssh(), host.labels(), host.taints(),
                host.state(), zone);
    }

    private Map<String, String> settings(String side) {
        Map<String, String> settings = new HashMap<>(broker.settings(broker.port()));
        settings.putAll(Map.of(RunnerSettings.KEYS, keys(side).toString(), RunnerSettings.BEAT, "500", RunnerSettings.WAIT, "300",
                "caravan.retry.millis", "200", "caravan.retry.connection-millis", "200", "caravan.verify.poll-millis", "50"));
        return settings;
    }

    private Runner runner(String zone) throws Exception {
        Map<String, String> settings = settings(zone);
        Runner runner = Runner.start(zone, new RunnerSettings(settings.get(RunnerSettings.ORDERS), settings.get(RunnerSettings.EVENTS),
                keys(zone), new Timing(Duration.ofMillis(500), Duration.ofMinutes(5)), settings));
        closed.add(runner);
        return runner;
    }

    /** The command, in a process of its own. */
    private Process runnerProcess(String zone) throws IOException {
        List<String> command = new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/java", "-Xmx128m", "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1"));
        settings(zone).forEach((name, value) -> command.add("-D" + name + "=" + value));
        command.addAll(List.of("-cp", System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                "dev.caravan.Main", "runner", "--zone", zone, "--keys", keys(zone).toString()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(scratch.parent().resolve("runner.log").toFile())).start();
        closed.add(process::destroyForcibly);
        return process;
    }

    private Engine engine(Journal over, SshSessions sessions) throws Exception {
        return Engines.start(new EngineOptions(scratch.parent().resolve("data"), Optional.empty(), false, false, rehearsal::target,
                settings("engine")), over, sessions);
    }

    private Run begin(Engine engine) throws Exception {
        return engine.runs().begin(new RunOrder(rehearsal.cluster(), "a rehearsal's", "", TestActions.APPLY, "command", List.of()));
    }

    private static String outcome(Engine engine, Run run) throws Exception {
        return engine.runs().outcome(run).toCompletableFuture().get(LIMIT_SECONDS, TimeUnit.SECONDS).state().word();
    }

    private void awaitEvent(Run run, Predicate<Event> event) {
        await().atMost(Duration.ofSeconds(LIMIT_SECONDS)).until(() -> journal.events(run.id(), 0).stream().anyMatch(event));
    }

    private static Predicate<Event> begun(String host, String step) {
        return event -> event.is(StepStarted.class) && event.host().equals(Optional.of(host)) && event.step().equals(Optional.of(step));
    }

    /** The run succeeded, both workers were worked on, and no step was begun on its host under two ids. */
    private void assertEachOnce(Run run, String state) {
        List<Event> events = journal.events(run.id(), 0);
        String details = events.stream().filter(event -> !event.is(StepStarted.class)).map(EventJson::write)
                .collect(Collectors.joining("\n"));
        assertThat(state).as(details).isEqualTo("succeeded");
        Map<String, Set<String>> ids = new TreeMap<>();
        events.forEach(event -> event.as(StepStarted.class).filter(started -> !AGAIN.contains(started.step()))
                .flatMap(StepStarted::detached).ifPresent(detached -> ids.computeIfAbsent(
                        event.host().orElseThrow() + " " + event.step().orElseThrow(), any -> new TreeSet<>()).add(detached.id())));
        assertThat(ids).as(details).containsKeys("h1 kubeadm-init", "h2 kubeadm-join", "h3 kubeadm-join", "h3 os-prepare");
        assertThat(ids).as(details).allSatisfy((step, each) -> assertThat(each).as(step).hasSize(1));
        Map<String, Long> changed = events.stream().flatMap(event -> event.as(StepEnded.class).stream())
                .filter(ended -> !ended.changes().isEmpty() && !AGAIN.contains(ended.step()))
                .collect(Collectors.groupingBy(ended -> ended.host().orElse("") + " " + ended.step(), Collectors.counting()));
        assertThat(changed).containsKeys("h2 kubeadm-join", "h3 kubeadm-join").allSatisfy((step, times) ->
                assertThat(times).as(step).isEqualTo(1L));
    }

    @Test
    void aClusterIsInstalledOverTwoZones() throws Exception {
        runner("site-a");
        runner("site-b");
        try (Engine engine = engine(journal, new SshSessions())) {
            Run first = begin(engine);
            assertEachOnce(first, outcome(engine, first));
            Run second = begin(engine);
            assertThat(outcome(engine, second)).isEqualTo("succeeded");
            assertThat(journal.events(second.id(), 0).stream().flatMap(event -> event.as(StepEnded.class).stream())
                    .filter(ended -> !ended.changes().isEmpty()).map(StepEnded::step)
                    .filter(step -> !step.matches("join-credentials|credentials-revoke|probe-start|probe-stop"))).isEmpty();
        }
        assertThat(broker.seen()).hasSizeGreaterThan(50)
                .allSatisfy(each -> assertThat(each.text() + each.all()).doesNotContain("kubeadm", "PRIVATE KEY", "CARAVAN_"));
    }

    @Test
    void aRunnerThatIsKilledInMidStepIsReplacedAndTheRunContinues() throws Exception {
        runner("site-a");
        Process killed = runnerProcess("site-b");
        try (Engine engine = engine(journal, new SshSessions())) {
            Run run = begin(engine);
            for (String step : List.of("os-prepare", "kube-install", "kubeadm-join")) {
                awaitEvent(run, begun("h3", step));
                killed.destroyForcibly().waitFor();
                killed = runnerProcess("site-b");
            }
            assertEachOnce(run, outcome(engine, run));
        }
    }

    @Test
    void theBrokerIsStartedAgainAndTheRunContinues() throws Exception {
        runner("site-a");
        runner("site-b");
        try (Engine engine = engine(journal, new SshSessions())) {
            Run run = begin(engine);
            awaitEvent(run, begun("h2", "kube-install"));
            broker.stop();
            broker.begin();
            awaitEvent(run, begun("h3", "kubeadm-join"));
            broker.stop();
            broker.begin();
            assertEachOnce(run, outcome(engine, run));
        }
    }

    @Test
    void theEngineIsKilledTwiceAndAnotherOneResumesTheRun() throws Exception {
        runner("site-a");
        runner("site-b");
        dies(begun("h3", "kube-install"));
        dies(begun("h2", "kubeadm-join"));
        try (Engine engine = engine(journal, new SshSessions())) {
            Run run = begin(engine);
            assertEachOnce(run, outcome(engine, run));
            broker.sendAgain(broker.seen());
            Run second = begin(engine);
            assertThat(outcome(engine, second)).isEqualTo("succeeded");
        }
        assertThat(rehearsal.roots().values()).allSatisfy(root -> assertThat(root.resolve("run/caravan")).doesNotExist());
    }

    private void dies(Predicate<Event> when) throws Exception {
        SshSessions sessions = new SshSessions();
        MortalJournal mortal = new MortalJournal(journal, sessions::close);
        mortal.dieAfter(when);
        try (Engine engine = engine(mortal, sessions)) {
            Run run = begin(engine);
            try {
                throw new AssertionError("the engine did not die: " + outcome(engine, run));
            } catch (ExecutionException dead) {
                assertThat(mortal.isDead()).isTrue();
            }
        }
    }

    @Test
    void aZoneWithoutARunnerFailsItsHostsAndSaysWhatToDo() throws Exception {
        runner("site-a");
        Map<String, String> settings = new HashMap<>(settings("engine"));
        settings.put(RunnerSettings.WAIT, "2");
        try (Engine engine = Engines.start(new EngineOptions(scratch.parent().resolve("data"), Optional.empty(), false, false,
                rehearsal::target, settings), journal, new SshSessions())) {
            Run run = begin(engine);
            String state = outcome(engine, run);
            String said = journal.events(run.id(), 0).stream().map(EventJson::write).collect(Collectors.joining("\n"));
            assertThat(state).as(said).isEqualTo("refused");
            assertThat(said).contains("no runner of zone site-b answers", "waits for a runner of zone site-b",
                    "Start it on a machine in that zone: caravan runner --zone site-b");
        }
    }
}
