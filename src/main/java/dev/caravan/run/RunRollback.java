package dev.caravan.run;

import dev.caravan.actions.Action;
import dev.caravan.history.Occurrence.HostRolledBack;
import dev.caravan.history.Undoes;
import dev.caravan.journal.Found;
import dev.caravan.journal.FoundHost;
import dev.caravan.journal.Journal;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** What steps of one run found before they changed something, and what of it was rolled back. Thread-safe. */
public final class RunRollback {
    /** The kind of what a step records when it has upgraded a control plane. */
    public static final String UPGRADED = "upgrade";

    private final String run;
    private final Action action;
    private final String cluster;
    private final Journal journal;
    private final RunRecorder recorder;
    private final Set<String> runs;
    private final Set<String> foundSubjects = ConcurrentHashMap.newKeySet();
    private final Set<String> rolledBack = ConcurrentHashMap.newKeySet();
    private final Set<String> leftOut = ConcurrentHashMap.newKeySet();
    private final Map<String, String> leftBehind = new ConcurrentHashMap<>();
    private volatile boolean started;
    private volatile boolean ofAllHosts;

    /** @param runs that this run rolls back, or replaces */
    RunRollback(String run, Action action, Cluster cluster, Journal journal, RunRecorder recorder, Past past, Set<String> runs) {
        this.run = run;
        this.action = action;
        this.cluster = cluster.name();
        this.journal = journal;
        this.recorder = recorder;
        this.runs = Set.copyOf(runs);
        this.rolledBack.addAll(past.rolledBack());
        if (!past.isEmpty()) {
            // A step that is found again on its host reports again all that it found.
            cluster.everyHost().forEach(host -> toRollBack(host)
                    .forEach(found -> foundSubjects.add(subject(host, found.step(), found.subject()))));
        }
    }

    private static String subject(Host host, String step, String subject) {
        return host.name() + " " + step + " " + subject;
    }

    /**
     * Records what a step found on that host before it changed something, if the action is recorded; the first of a step's lines on the
     * same subject counts.
     */
    public void keepFound(Host host, String step, String line) {
        if (!action.isRecorded()) {
            return;
        }
        String subject = subject(host, step, Found.subject(line));
        if (foundSubjects.contains(subject)) {
            return;
        }
        keep(run, host, step, line);
        foundSubjects.add(subject);
    }

    /**
     * Takes what a step of another run found on that host, which that run did not come to record; it is recorded as that run's, if it can
     * be rolled back.
     */
    public Consumer<String> keeper(UnfinishedStep step, Host host) {
        if (!step.isRecorded()) {
            return line -> { };
        }
        Set<String> known = recorded(host).stream()
                .filter(found -> found.run().equals(step.run()) && found.step().equals(step.step().step()))
                .map(Found::subject).collect(Collectors.toCollection(HashSet::new));
        return line -> {
            if (known.add(Found.subject(line))) {
                keep(step.run(), host, step.step().step(), line);
            }
        };
    }

    private void keep(String ofRun, Host host, String step, String line) {
        recorder.write(() -> {
            journal.keepFound(ofRun, host.name(), host.address(), step, line);
            return null;
        });
    }

    /** Records for the next run that changes hosts that the end of this step was not heard of. */
    public void keepUnfinished(UnfinishedStep step, Host at) {
        if (action.changesHosts() && step.entry().isEmpty()) {
            keep(step.run(), at, step.step().step(), UnfinishedStep.line(step.step()));
        }
    }

    /** Records that this step has ended, and that what it found is recorded. */
    public void nothingUnfinished(UnfinishedStep step) {
        step.entry().ifPresent(entry -> recordRolledBack(List.of(entry)));
    }

    /** What earlier runs recorded so of that host, if this run may change hosts. */
    public List<UnfinishedStep> unfinished(Host host) {
        return !action.changesHosts() ? List.of()
                : journal.found(cluster, host.address()).stream().filter(UnfinishedStep::isOne).map(UnfinishedStep::of).toList();
    }

    /**
     * What is to be rolled back on that host, oldest first: what this run found there, or a run that it rolls back or replaces; for an
     * action that undoes the cluster, what all runs of this cluster found.
     */
    public List<Found> toRollBack(Host host) {
        return toRollBack(host.address());
    }

    private List<Found> toRollBack(String address) {
        return recorded(address).stream()
                .filter(found -> action.undoes() == Undoes.CLUSTER || found.run().equals(run) || runs.contains(found.run()))
                .toList();
    }

    /** What all runs of the cluster found on that host and did not roll back, oldest first. */
    public List<Found> recorded(Host host) {
        return recorded(host.address());
    }

    private List<Found> recorded(String address) {
        return journal.found(cluster, address).stream().filter(found -> !UnfinishedStep.isOne(found)).toList();
    }

    /** The hosts that this cluster of the run does not have, with changes that this run would roll back if it could reach them. */
    public List<FoundHost> unreached(Cluster all) {
        return FormerHosts.of(journal, all).stream()
                .filter(host -> action.undoes() != Undoes.RUN || !toRollBack(host.address()).isEmpty()).toList();
    }

    boolean isUpgraded(Host host) {
        return toRollBack(host).stream().anyMatch(found -> found.kind().equals(UPGRADED));
    }

    /** The hosts of the run that runs of other engines hold. */
    public HeldHosts held() {
        return recorder.held();
    }

    /** Records that these were rolled back. */
    public void recordRolledBack(List<Found> found) {
        recorder.write(() -> {
            journal.markRolledBack(found);
            return null;
        });
    }

    /** Notes that changes of this run are being rolled back. */
    public void start() {
        started = true;
    }

    /** Notes that changes of this run are being rolled back on all hosts. */
    public void startOnAllHosts() {
        started = true;
        ofAllHosts = true;
    }

    boolean isStarted() {
        return started;
    }

    public boolean isOfAllHosts() {
        return ofAllHosts;
    }

    /** Records that this host is as it was found. */
    public void hostRolledBack(String host) {
        leftBehind.remove(host);
        if (rolledBack.add(host) && action.undoes() == Undoes.NOTHING) {
            recorder.record(new HostRolledBack(Optional.of(host), "the host is as it was found"));
        }
    }

    /** Notes that this host takes no part, as it failed before anything was changed there. */
    void leaveOut(String host) {
        leftOut.add(host);
    }

    /** The hosts that failed before anything was changed there. */
    public Set<String> leftOut() {
        return new TreeSet<>(leftOut);
    }

    Set<String> rolledBack() {
        return new TreeSet<>(rolledBack);
    }

    /** Whether that host is as it was found: rolled back, or left out before anything was changed. */
    public boolean isRestored(String host) {
        return rolledBack.contains(host) || leftOut.contains(host);
    }

    /** Notes what could not be rolled back on a host. */
    public void leftBehind(String host, String what) {
        leftBehind.put(host, what);
    }

    /** By host, what could not be rolled back. */
    public Map<String, String> leftBehind() {
        return Map.copyOf(leftBehind);
    }
}
