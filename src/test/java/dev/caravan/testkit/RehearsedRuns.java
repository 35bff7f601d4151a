package dev.caravan.testkit;

import dev.caravan.actions.Action;
import dev.caravan.actions.Action.ActionCall;
import dev.caravan.actions.Actions;
import dev.caravan.engine.Engine;
import dev.caravan.engine.EngineOptions;
import dev.caravan.history.Event;
import dev.caravan.history.EventJson;
import dev.caravan.history.Occurrence.Note;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.Occurrence.StepProgress;
import dev.caravan.history.Occurrence.StepStarted;
import dev.caravan.history.RunView;
import dev.caravan.history.StepState;
import dev.caravan.rehearsal.Rehearsal;
import dev.caravan.rehearsal.Scratch;
import dev.caravan.routes.RouteFiles;
import dev.caravan.run.Run;
import dev.caravan.run.RunOrder;
import dev.caravan.run.Runs;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.ssh.SshTarget;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Engines with the built-in routes over the hosts of a rehearsal, and the runs of a test on them. Data are beside the rehearsal, in the
 * test's scratch directory. What a run changed says nothing of steps that come and go with every run, such as credentials and probes.
 */
public final class RehearsedRuns {
    private static final long LIMIT_SECONDS = 300;
    private static final String COME_AND_GO = "join-credentials|credentials-revoke|probe-start|probe-stop|undo";
    private static final Actions ACTIONS = Actions.of(RouteFiles.builtIn());

    private final Scratch scratch;
    private final Queue<Event> events = new ConcurrentLinkedQueue<>();

    public RehearsedRuns(Scratch scratch) {
        this.scratch = scratch;
    }

    /** An engine, which the test closes. */
    public Engine engine(Rehearsal rehearsal) throws Exception {
        return engine(rehearsal, Map.of());
    }

    public Engine engine(Rehearsal rehearsal, Map<String, String> settings) throws Exception {
        return engine(rehearsal::target, data(), settings);
    }

    /** An engine that reaches hosts in the test's way, or with data of its own. */
    public Engine engine(Function<Host, SshTarget> hosts, Path data, Map<String, String> settings) throws Exception {
        return engine(new EngineOptions(data, Optional.empty(), false, true, hosts, settings));
    }

    public Engine engine(EngineOptions options) throws Exception {
        Engine engine = Engine.start(options);
        engine.journal().listen(events::add);
        return engine;
    }

    /** The data directory of an engine that was given none. */
    public Path data() {
        return scratch.parent().resolve("data");
    }

    /** Runs an action to its end, and returns the word of the state that it ended in. */
    public String run(Engine engine, Cluster cluster, Action action) throws Exception {
        return end(engine, cluster, action.call(Map.of())).state();
    }

    public Ended run(Engine engine, Cluster cluster, String action) throws Exception {
        return run(engine, cluster, action, Map.of());
    }

    public Ended run(Engine engine, Cluster cluster, String action, Map<String, String> parameters) throws Exception {
        return end(engine, cluster, ACTIONS.require(action).call(parameters));
    }

    /** The same of any action, such as one of the test's own. */
    public Ended run(Engine engine, Cluster cluster, ActionCall call) throws Exception {
        return end(engine, cluster, call);
    }

    private static Ended end(Engine engine, Cluster cluster, ActionCall call) throws Exception {
        return run(engine, new RunOrder(cluster, "a rehearsal's", "", call, "command", List.of()));
    }

    /** Runs what a test orders to its end, such as a run whose spec the journal is to keep. */
    public static Ended run(Engine engine, RunOrder order) throws Exception {
        Run run = engine.runs().begin(order);
        String state = engine.runs().outcome(run).toCompletableFuture().get(LIMIT_SECONDS, TimeUnit.SECONDS).state().word();
        return new Ended(run.id(), state, engine.journal().events(run.id(), 0));
    }

    /** The action of that name with these parameters. */
    public static ActionCall call(String action, Map<String, String> parameters) throws Exception {
        return ACTIONS.require(action).call(parameters);
    }

    /** What all runs said since a test cleared it. */
    public Queue<Event> events() {
        return events;
    }

    /** HOST STEP of the steps among {@link #events} that changed something, or would, in their order. */
    public List<String> changed() {
        return changed(events);
    }

    /** The messages of the notes among {@link #events}. */
    public List<String> notes() {
        return events.stream().filter(event -> event.is(Note.class)).map(Event::message).toList();
    }

    /** All of {@link #events}, for an assertion that fails. */
    public String details() {
        return events.stream().map(EventJson::write).collect(Collectors.joining("\n"));
    }

    private static List<String> changed(Collection<Event> events) {
        return events.stream()
                .flatMap(event -> event.as(StepEnded.class).stream())
                .filter(ended -> !ended.changes().isEmpty() && !ended.step().matches(COME_AND_GO))
                .map(ended -> ended.host().orElse("") + " " + ended.step())
                .toList();
    }

    /** A run that ended. */
    public record Ended(String id, String state, List<Event> events) {
        /** HOST STEP of the steps that changed something, or would, in their order. */
        public List<String> changed() {
            return RehearsedRuns.changed(events);
        }

        /** What steps would change, or changed, in files. */
        public String diffs() {
            return events.stream().flatMap(event -> event.as(StepEnded.class).stream()).map(ended -> ended.differences().toString())
                    .collect(Collectors.joining("\n"));
        }

        /** What the run said at its end. */
        public String message() {
            return events.get(events.size() - 1).message();
        }

        public RunView view() {
            return RunView.of(events);
        }

        /** What is worth reading if an assertion fails: not that steps began, nor those that went well without a change. */
        public String details() {
            return events.stream()
                    .filter(event -> event.as(StepStarted.class).isEmpty() && event.as(StepProgress.class).isEmpty())
                    .filter(event -> !event.step().equals(Optional.of("facts")))
                    .filter(event -> event.as(StepEnded.class).filter(ended -> ended.state() == StepState.OK).isEmpty())
                    .map(EventJson::write)
                    .collect(Collectors.joining("\n"));
        }
    }
}
