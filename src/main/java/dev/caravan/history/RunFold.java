package dev.caravan.history;

import dev.caravan.history.Occurrence.CancelRequested;
import dev.caravan.history.Occurrence.HostRolledBack;
import dev.caravan.history.Occurrence.HostWaiting;
import dev.caravan.history.Occurrence.OfStep;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.Occurrence.RunQueued;
import dev.caravan.history.Occurrence.RunResumed;
import dev.caravan.history.Occurrence.RunStarted;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.Occurrence.StepRetried;
import dev.caravan.history.Occurrence.StepStarted;
import dev.caravan.history.RunView.HostView;
import dev.caravan.history.RunView.StepView;
import dev.caravan.history.RunView.Waiting;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Takes a run's events one after the other and keeps the state of the run. An event costs the same however many hosts and steps there
 * are; {@link #view()} costs one copy of the list of hosts, and of the steps of those that changed since. Not thread-safe.
 */
public final class RunFold {
    private final Map<String, HostFold> hosts = new LinkedHashMap<>();
    private final Set<String> steps = new LinkedHashSet<>();
    private String run = "";
    private String action = "";
    private Shows shows = Shows.FACTS;
    private boolean looksOnly;
    private boolean changesNothing;
    private String outcome = "";
    private String cluster = "";
    private Map<String, String> parameters = Map.of();
    private Requesters requesters = Requesters.unknown();
    private boolean rehearsal;
    private RunState state = RunState.QUEUED;
    private Optional<Instant> queuedAt = Optional.empty();
    private Optional<Instant> startedAt = Optional.empty();
    private Optional<Instant> endedAt = Optional.empty();
    private boolean stopping;
    private Optional<Waiting> waiting = Optional.empty();
    private String message = "";
    private Optional<String> kubeconfig = Optional.empty();
    private List<Finding> findings = List.of();

    /** Takes the next event. */
    public void accept(Event event) {
        run = event.run();
        Instant at = event.at();
        Occurrence what = event.occurrence();
        if (what instanceof RunQueued queued) {
            queued(at, queued);
        } else if (what instanceof RunStarted) {
            started(at);
        } else if (what instanceof HostWaiting waits) {
            waits(at, waits);
        } else if (what instanceof OfStep step) {
            step(at, step);
        } else if (what instanceof HostRolledBack) {
            rolledBack(what);
        } else if (what instanceof CancelRequested cancelled) {
            stopping = true;
            requesters = requesters.cancelled(cancelled.by());
        } else if (what instanceof RunResumed resumed) {
            requesters = requesters.resumed(resumed.by());
        } else if (what instanceof RunEnded ended) {
            ended(at, ended);
        }
    }

    /** The state of the run now. */
    public RunView view() {
        List<HostView> inOrder = new ArrayList<>(hosts.size());
        hosts.values().stream().map(HostFold::view).filter(host -> !host.name().isEmpty()).forEach(inOrder::add);
        hosts.values().stream().map(HostFold::view).filter(host -> host.name().isEmpty()).forEach(inOrder::add);
        return new RunView(
                run, action, looksOnly, changesNothing, outcome, cluster, rehearsal, state, queuedAt, startedAt, endedAt,
                Collections.unmodifiableList(inOrder), List.copyOf(steps), stopping, waiting, message, kubeconfig, findings);
    }

    /** Whether any event was taken yet. */
    public boolean begun() {
        return !run.isEmpty();
    }

    /** Whether the run's scripts only say what they would change. */
    public boolean isPlan() {
        return looksOnly;
    }

    /** The state of one host now. */
    public Optional<HostView> host(String name) {
        return Optional.ofNullable(hosts.get(name)).map(HostFold::view);
    }

    /** The state of the step of that event now. */
    public Optional<StepView> step(OfStep of) {
        return Optional.ofNullable(hosts.get(of.host().orElse(""))).flatMap(host -> host.step(of.step()));
    }

    /** The values of the action's parameters, by name; empty before the run was queued. */
    public Map<String, String> parameters() {
        return parameters;
    }

    /** What it says about its cluster. */
    public Shows shows() {
        return shows;
    }

    /** Who asked for it, and for what became of it. */
    public Requesters requesters() {
        return requesters;
    }

    private void queued(Instant at, RunQueued queued) {
        queuedAt = Optional.of(at);
        action = queued.action();
        shows = queued.shows();
        looksOnly = queued.plan();
        changesNothing = !queued.changesHosts();
        outcome = queued.outcome();
        parameters = queued.parameters();
        requesters = requesters.began(queued.by());
        cluster = queued.cluster();
        rehearsal = queued.rehearsal();
        queued.hosts().forEach(host -> hosts.put(host.name(), new HostFold(host.name(), host.address(), host.roles())));
    }

    private void started(Instant at) {
        startedAt = Optional.of(at);
        endedAt = Optional.empty();
        state = RunState.RUNNING;
        waiting = Optional.empty();
    }

    private void waits(Instant at, HostWaiting waits) {
        Waiting what = new Waiting(waits.message(), at);
        if (waits.host().isEmpty()) {
            waiting = Optional.of(what);
            return;
        }
        HostFold host = hostOf(waits);
        // The same wait, recorded again, has lasted since it was first recorded.
        if (host.waiting().filter(before -> before.what().equals(what.what())).isEmpty()) {
            host.waits(Optional.of(what));
        }
    }

    private void step(Instant at, OfStep what) {
        String name = what.step();
        steps.add(name);
        HostFold host = hostOf(what);
        host.put(next(at, what, what.host().orElse(""), host.step(name)));
        if (what instanceof StepStarted) {
            host.waits(Optional.empty());
        }
    }

    private void rolledBack(Occurrence what) {
        hostOf(what).rolledBack();
    }

    private static StepView next(Instant at, OfStep what, String host, Optional<StepView> before) {
        // A step that had ended and starts again, in a resumed or repeated run, begins again.
        Optional<Instant> since = before.filter(view -> !view.state().ended() || !(what instanceof StepStarted)).map(StepView::startedAt);
        if (what instanceof StepEnded ended) {
            return finished(at, ended, host, before, since);
        }
        StepState state = what instanceof StepRetried ? StepState.RETRYING : StepState.RUNNING;
        Optional<Instant> retryAt = what instanceof StepRetried retried
                ? Optional.of(at.plus(retried.pause().orElse(Duration.ZERO))) : Optional.empty();
        return new StepView(host, what.step(), state, what.attempt().number(), since.orElse(at), at, Optional.empty(), Optional.empty(),
                what.message(), reason(what, before), "", before.map(StepView::changes).orElse(List.of()),
                before.map(StepView::diffs).orElse(List.of()), "", retryAt, Optional.empty());
    }

    private static String reason(OfStep what, Optional<StepView> before) {
        if (what.attempt().number() == 1) {
            return "";
        }
        return before.map(view -> view.state() == StepState.RETRYING ? view.doing() : view.reason()).orElse("");
    }

    private static StepView finished(Instant at, StepEnded ended, String host, Optional<StepView> before, Optional<Instant> start) {
        Instant since = start.orElseGet(() -> at.minus(ended.duration().orElse(Duration.ZERO)));
        int attempt = ended.attempt().number();
        // What is recorded covers one attempt; the pauses and the attempts before it count too.
        Duration whole = attempt > 1 ? Duration.between(since, at) : ended.duration().orElseGet(() -> Duration.between(since, at));
        // A step that a run repeats, as an upgrade over several versions does, has the changes of all its times.
        List<String> changes = joined(before.map(StepView::changes), ended.changes());
        boolean changedBefore = before.filter(view -> !view.changes().isEmpty()).isPresent();
        StepState state = ended.state() == StepState.OK && changedBefore ? StepState.CHANGED : ended.state();
        return new StepView(host, ended.step(), state, attempt, since, at, Optional.of(at), Optional.of(whole), "", "",
                ended.message(), changes, joined(before.map(StepView::diffs), ended.differences()), ended.report(), Optional.empty(),
                ended.failure());
    }

    private static <T> List<T> joined(Optional<List<T>> before, List<T> now) {
        return Stream.concat(before.stream().flatMap(List::stream), now.stream()).distinct().toList();
    }

    private void ended(Instant at, RunEnded ended) {
        endedAt = Optional.of(at);
        state = ended.state();
        message = ended.message();
        waiting = Optional.empty();
        kubeconfig = ended.kubeconfig().filter(path -> !path.isEmpty());
        findings = ended.findings();
        hosts.values().forEach(host -> host.waits(Optional.empty()));
    }

    private HostFold hostOf(Occurrence what) {
        return hosts.computeIfAbsent(what.host().orElse(""), name -> new HostFold(name, "", List.of()));
    }
}
