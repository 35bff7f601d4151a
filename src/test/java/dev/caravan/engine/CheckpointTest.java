package dev.caravan.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.history.Event;
import dev.caravan.history.Occurrence.CheckpointPassed;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.journal.Journal;
import dev.caravan.journal.MemoryJournal;
import dev.caravan.remote.ScriptedHosts;
import dev.caravan.remote.ScriptedHosts.Call;
import dev.caravan.remote.ScriptedHosts.Reply;
import dev.caravan.routes.RouteFiles;
import dev.caravan.run.Run;
import dev.caravan.run.RunOrder;
import dev.caravan.run.TestActions;
import dev.caravan.spec.Cluster;
import dev.caravan.ssh.SshSessions;
import dev.caravan.ssh.SshTarget;
import dev.caravan.testkit.TestClusters;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The route of an action, which a user may change, says before which line an interrupted run begins again. */
class CheckpointTest {
    private static final long LIMIT_SECONDS = 240;
    private static final String PREFLIGHT = "        - to: direct:preflight\n";
    private static final String CHECKPOINT = "        - bean:\n            ref: checkpoint\n            method: pass\n";

    @TempDir
    private Path directory;

    @RegisterExtension
    static final ScriptedHosts hosts = ScriptedHosts.forAll(2);

    private final MemoryJournal journal = new MemoryJournal();
    private final Cluster cluster = TestClusters.of("demo", 1, 1, ScriptedHosts.ADDRESSES, hosts.port(), "  onFailure: keep");

    @Test
    void aRunWithoutPreflightThatIsKilledIsResumedWhereItStopped() throws Exception {
        Map<String, Long> asked = inTwoLives(apply().replace(PREFLIGHT, ""), CheckpointTest::isFirstChange);

        assertThat(asked).containsKeys("h1 os-prepare", "h2 images-pull", "h1 kubeadm-init").allSatisfy(CheckpointTest::isAskedOnce);
        assertThat(hosts.calls()).filteredOn(call -> call.step().equals("network-prepare"))
                .as("preflight does not assign them").extracting(call -> call.host() + " " + call.environment().get("POD_CIDR"))
                .containsExactlyInAnyOrder("h1 10.244.0.0/24", "h2 10.244.1.0/24");
        assertThat(journal.events(run(), 0)).noneMatch(event -> event.step().equals(Optional.of("preflight")))
                .filteredOn(event -> event.is(CheckpointPassed.class)).hasSize(1);
    }

    /** As in routes that users copied from earlier versions. */
    @Test
    void aRunWithoutACheckpointThatChangedSomethingIsResumedWhereItStopped() throws Exception {
        Map<String, Long> asked = inTwoLives(apply().replace(PREFLIGHT + CHECKPOINT, "").replace("resumeFrom: checkpoint",
                "resumeFrom: preflight"), CheckpointTest::isFirstChange);

        assertThat(asked).containsKeys("h1 os-prepare", "h2 images-pull", "h1 kubeadm-init").allSatisfy(CheckpointTest::isAskedOnce);
    }

    @Test
    void aRunThatIsKilledAfterPreflightAndBeforeTheCheckpointBeginsAgain() throws Exception {
        Map<String, Long> asked = inTwoLives(apply(), event -> event.is(StepEnded.class)
                && event.step().equals(Optional.of("preflight")));

        assertThat(asked).containsEntry("h1 facts", 2L).containsEntry("h2 facts", 2L);
    }

    @Test
    void aRunThatIsKilledAtTheCheckpointIsResumedThere() throws Exception {
        Map<String, Long> asked = inTwoLives(apply(), event -> event.is(CheckpointPassed.class));

        assertThat(asked).containsKeys("h1 facts", "h1 kubeadm-init").allSatisfy(CheckpointTest::isAskedOnce);
        assertThat(journal.events(run(), 0)).filteredOn(event -> event.step().equals(Optional.of("preflight")) && event.is(StepEnded.class))
                .as("it has passed, and its result is known").hasSize(1);
    }

    private static boolean isFirstChange(Event event) {
        return event.as(StepEnded.class).filter(ended -> ended.step().equals("os-prepare")).isPresent();
    }

    private static void isAskedOnce(String step, Long times) {
        assertThat(times).as(step).isEqualTo(1);
    }

    private static String apply() {
        return RouteFiles.builtIn().text("actions/apply.camel.yaml").orElseThrow();
    }

    private String run() {
        return hosts.calls().get(0).run();
    }

    /** How often each step was asked of its host by a run whose engine dies after that event, and by the engine after that. */
    private Map<String, Long> inTwoLives(String apply, Predicate<Event> last) throws Exception {
        Files.writeString(Files.createDirectories(directory.resolve("routes/actions")).resolve("apply.camel.yaml"), apply);
        hosts.forget();
        hosts.script(CheckpointTest::answer);
        SshSessions sessions = new SshSessions();
        MortalJournal mortal = new MortalJournal(journal, sessions::close);
        mortal.dieAfter(last);
        try (Engine engine = engine(mortal, sessions)) {
            Run killed = engine.runs().begin(order());
            assertThatThrownBy(() -> engine.runs().outcome(killed).toCompletableFuture().get(LIMIT_SECONDS, TimeUnit.SECONDS))
                    .isInstanceOf(ExecutionException.class);
            assertThat(mortal.isDead()).isTrue();
        }
        try (Engine engine = engine(journal, new SshSessions())) {
            Run resumed = engine.runs().begin(order());
            assertThat(resumed.id()).isEqualTo(run());
            engine.runs().outcome(resumed).toCompletableFuture().get(LIMIT_SECONDS, TimeUnit.SECONDS);
        }
        return hosts.calls().stream().collect(Collectors.groupingBy(call -> call.host() + " " + call.step(), TreeMap::new,
                Collectors.counting()));
    }

    private RunOrder order() {
        return new RunOrder(cluster, "spec", "", TestActions.APPLY, "command", List.of());
    }

    private Engine engine(Journal kept, SshSessions sessions) throws Exception {
        return Engines.start(new EngineOptions(directory.resolve("data"), Optional.of(directory.resolve("routes")), false, false,
                SshTarget::of, Engines.impatient(1)), kept, sessions);
    }

    private static CompletionStage<Reply> answer(Call call) {
        return CompletableFuture.completedFuture(switch (call.step()) {
            case "facts" -> Reply.facts(call.host(), false);
            case "kubeadm-init" -> Reply.failed("this is enough");
            default -> Reply.changed("do " + call.step());
        });
    }
}
