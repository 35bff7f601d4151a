package dev.caravan.terminal;

import dev.caravan.journal.Event;
import dev.caravan.terminal.RunView.Diff;
import dev.caravan.terminal.RunView.Failure;
import dev.caravan.terminal.RunView.Finding;
import dev.caravan.terminal.RunView.HostView;
import dev.caravan.terminal.RunView.State;
import dev.caravan.terminal.RunView.StepState;
import dev.caravan.terminal.RunView.StepView;
import dev.caravan.terminal.RunView.Waiting;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Takes a run's events one after the other and keeps how the run stands. An event costs the same however many hosts there
 * are; {@link #view()} costs one copy of the list of hosts. Details that are missing or of an unexpected type are passed
 * over, never an error. Not thread-safe.
 */
public final class RunFold {
    /* Runs of earlier versions did not say whether they change hosts. */
    private static final String LOOKED_ONLY = "plan";

    private final Map<String, HostView> hosts = new LinkedHashMap<>();
    private final Set<String> steps = new LinkedHashSet<>();
    private String run = "";
    private String action = "apply";
    private boolean looksOnly;
    private boolean changesNothing;
    private String outcome = "";
    private String cluster = "";
    private boolean rehearsal;
    private State state = State.QUEUED;
    private Optional<Instant> queuedAt = Optional.empty();
    private Optional<Instant> startedAt = Optional.empty();
    private Optional<Instant> endedAt = Optional.empty();
    private boolean stopping;
    private Optional<Waiting> waiting = Optional.empty();
    private String message = "";
    private OptionalInt exitStatus = OptionalInt.empty();
    private Optional<String> kubeconfig = Optional.empty();
    private List<Finding> findings = List.of();

    /** Takes the next event. */
    public void accept(Event event) {
        run = event.run();
        switch (event.type()) {
            case RUN_QUEUED -> queued(event);
            case RUN_STARTED -> started(event);
            case HOST_WAITING -> waits(event);
            case STEP_STARTED, STEP_PROGRESS, STEP_RETRY, STEP_ENDED -> step(event);
            case HOST_ROLLED_BACK -> rolledBack(event);
            case RUN_ENDED -> ended(event);
            case NOTE -> stopping |= Boolean.TRUE.equals(event.data().get("cancelled"));
        }
    }

    /** How the run stands now. */
    public RunView view() {
        List<HostView> inOrder = new ArrayList<>(hosts.size());
        hosts.values().stream().filter(host -> !host.name().isEmpty()).forEach(inOrder::add);
        hosts.values().stream().filter(host -> host.name().isEmpty()).forEach(inOrder::add);
        return new RunView(
                run, action, looksOnly, changesNothing, outcome, cluster, rehearsal, state, queuedAt, startedAt, endedAt,
                Collections.unmodifiableList(inOrder), List.copyOf(steps), stopping, waiting, message, exitStatus, kubeconfig, findings);
    }

    /** Whether any event was taken yet. */
    boolean begun() {
        return !run.isEmpty();
    }

    /** One host as it stands now. */
    Optional<HostView> host(String name) {
        return Optional.ofNullable(hosts.get(name));
    }

    private void queued(Event event) {
        queuedAt = Optional.of(event.at());
        action = string(event.data(), "action").orElse(action);
        boolean changesHosts = event.data().get("changesHosts") instanceof Boolean changes ? changes : !action.equals(LOOKED_ONLY);
        looksOnly = event.data().get("plan") instanceof Boolean plan ? plan : !changesHosts;
        changesNothing = !changesHosts;
        outcome = string(event.data(), "outcome").orElse("");
        cluster = string(event.data(), "cluster").orElse(cluster);
        rehearsal = Boolean.TRUE.equals(event.data().get("rehearsal"));
        for (Map<?, ?> host : maps(event.data().get("hosts"))) {
            string(host, "name").ifPresent(name -> hosts.put(name, new HostView(
                    name, string(host, "address").orElse(""), strings(host.get("roles")), Map.of(), Optional.empty(), false)));
        }
    }

    private void started(Event event) {
        startedAt = Optional.of(event.at());
        endedAt = Optional.empty();
        state = State.RUNNING;
        waiting = Optional.empty();
    }

    private void waits(Event event) {
        Waiting what = new Waiting(event.message(), event.step(), event.at());
        if (event.host().isEmpty()) {
            waiting = Optional.of(what);
            return;
        }
        HostView host = hostOf(event);
        // The same wait told again has lasted since it was first told.
        boolean same = host.waiting()
                .filter(before -> before.what().equals(what.what()) && before.step().equals(what.step()))
                .isPresent();
        if (!same) {
            hosts.put(host.name(), with(host, host.steps(), Optional.of(what)));
        }
    }

    private void step(Event event) {
        if (event.step().isEmpty()) {
            return;
        }
        String name = event.step().get();
        steps.add(name);
        HostView host = hostOf(event);
        Map<String, StepView> stepsOfHost = new LinkedHashMap<>(host.steps());
        stepsOfHost.put(name, next(event, host.name(), name, Optional.ofNullable(host.steps().get(name))));
        Optional<Waiting> stillWaiting = host.waiting().filter(wait -> wait.step().isPresent()
                ? !wait.step().get().equals(name)
                : event.type() != Event.Type.STEP_STARTED);
        hosts.put(host.name(), with(host, Collections.unmodifiableMap(stepsOfHost), stillWaiting));
    }

    private void rolledBack(Event event) {
        HostView host = hostOf(event);
        Map<String, StepView> undone = new LinkedHashMap<>(host.steps());
        undone.replaceAll((name, step) -> step.changed() && !step.isUndo() ? step.rolledBack() : step);
        hosts.put(host.name(), new HostView(host.name(), host.address(), host.roles(), Collections.unmodifiableMap(undone), host.waiting(),
                true));
    }

    private static StepView next(Event event, String host, String step, Optional<StepView> before) {
        int attempt = event.attempt() > 0 ? event.attempt() : before.map(StepView::attempt).orElse(1);
        // A step that had ended and starts again, in a resumed or repeated run, begins anew.
        Optional<StepView> going = before.filter(
                view -> !view.state().ended() || event.type() != Event.Type.STEP_STARTED);
        Instant since = going.map(StepView::startedAt).orElse(event.at());
        // A step that a run repeats, as an upgrade over several versions does, has the changes of all its times.
        List<String> changes = before.map(StepView::changes).orElse(List.of());
        List<Diff> diffs = before.map(StepView::diffs).orElse(List.of());
        return switch (event.type()) {
            case STEP_STARTED, STEP_PROGRESS -> new StepView(
                    host, step, StepState.RUNNING, attempt, since, event.at(), Optional.empty(), Optional.empty(), event.message(), "",
                    changes, diffs, List.of(), Optional.empty(), Optional.empty());
            case STEP_RETRY -> new StepView(
                    host, step, StepState.RETRYING, attempt, since, event.at(), Optional.empty(), Optional.empty(),
                    event.message(), "", changes, diffs, List.of(),
                    Optional.of(event.at().plusMillis(number(event.data(), "delayMillis").orElse(0L))),
                    Optional.empty());
            default -> finished(event, host, step, attempt, going.map(StepView::startedAt), changes, diffs);
        };
    }

    private static StepView finished(
            Event event, String host, String step, int attempt, Optional<Instant> start, List<String> before, List<Diff> diffsBefore) {
        Map<String, Object> data = event.data();
        List<String> changes = joined(before, strings(data.get("changes")));
        StepState last = stepState(string(data, "state").orElse(""));
        StepState state = last == StepState.OK && !before.isEmpty() ? StepState.CHANGED : last;
        Optional<Duration> lasted = number(data, "durationMillis").map(Duration::ofMillis);
        Instant since = start.orElseGet(() -> event.at().minus(lasted.orElse(Duration.ZERO)));
        // What is told covers one attempt; the pauses and the attempts before it count too.
        Duration whole = attempt > 1 ? Duration.between(since, event.at())
                : lasted.orElseGet(() -> Duration.between(since, event.at()));
        Optional<Failure> failure = state == StepState.FAILED
                ? Optional.of(new Failure(string(data, "kind").orElse(""), event.message(),
                        string(data, "remedy").orElse(""), strings(data.get("lastWords"))))
                : Optional.empty();
        return new StepView(
                host, step, state, attempt, since, event.at(), Optional.of(event.at()), Optional.of(whole), "",
                event.message(), changes, joined(diffsBefore, diffs(data)), ReportTable.rows(data), Optional.empty(), failure);
    }

    private static <T> List<T> joined(List<T> before, List<T> now) {
        return Stream.concat(before.stream(), now.stream()).distinct().toList();
    }

    private static List<Diff> diffs(Map<String, Object> data) {
        return maps(data.get("diffs")).stream()
                .map(diff -> new Diff(string(diff, "change").orElse(""), string(diff, "subject").orElse(""),
                        string(diff, "diff").orElse("")))
                .toList();
    }

    private void ended(Event event) {
        endedAt = Optional.of(event.at());
        state = runState(string(event.data(), "state").orElse(""));
        message = event.message();
        waiting = Optional.empty();
        exitStatus = number(event.data(), "exitStatus")
                .map(status -> OptionalInt.of(status.intValue()))
                .orElse(OptionalInt.empty());
        kubeconfig = string(event.data(), "kubeconfig").filter(path -> !path.isEmpty());
        findings = maps(event.data().get("findings")).stream().map(RunFold::finding).toList();
        hosts.replaceAll((name, host) -> with(host, host.steps(), Optional.empty()));
    }

    private static Finding finding(Map<?, ?> data) {
        return new Finding(
                strings(data.get("hosts")), string(data, "problem").orElse(""), string(data, "remedy").orElse(""));
    }

    private HostView hostOf(Event event) {
        return hosts.computeIfAbsent(event.host().orElse(""),
                name -> new HostView(name, "", List.of(), Map.of(), Optional.empty(), false));
    }

    private static HostView with(HostView host, Map<String, StepView> steps, Optional<Waiting> waiting) {
        return new HostView(host.name(), host.address(), host.roles(), steps, waiting, host.rolledBack());
    }

    /** What a newer engine may say and this one does not know is no failure. */
    private static StepState stepState(String word) {
        return switch (word) {
            case "changed" -> StepState.CHANGED;
            case "skipped" -> StepState.SKIPPED;
            case "failed" -> StepState.FAILED;
            default -> StepState.OK;
        };
    }

    private static State runState(String word) {
        for (State state : State.values()) {
            if (state.word().equals(word.toLowerCase(Locale.ROOT))) {
                return state;
            }
        }
        return State.FAILED;
    }

    private static Optional<String> string(Map<?, ?> data, String key) {
        return Optional.ofNullable(data.get(key)).map(Object::toString);
    }

    private static Optional<Long> number(Map<?, ?> data, String key) {
        return data.get(key) instanceof Number number ? Optional.of(number.longValue()) : Optional.empty();
    }

    private static List<String> strings(Object value) {
        if (value instanceof Iterable<?> values) {
            List<String> strings = new ArrayList<>();
            values.forEach(each -> strings.add(String.valueOf(each)));
            return List.copyOf(strings);
        }
        return value == null ? List.of() : List.of(value.toString());
    }

    private static List<Map<?, ?>> maps(Object value) {
        List<Map<?, ?>> maps = new ArrayList<>();
        if (value instanceof Iterable<?> values) {
            values.forEach(each -> {
                if (each instanceof Map<?, ?> map) {
                    maps.add(map);
                }
            });
        }
        return maps;
    }
}
