package dev.caravan.run;

import dev.caravan.actions.Action;
import dev.caravan.actions.Action.ActionCall;
import dev.caravan.facts.Facts;
import dev.caravan.facts.Membership;
import dev.caravan.history.Event;
import dev.caravan.history.Occurrence;
import dev.caravan.history.Occurrence.GivenUp;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.journal.Journal;
import dev.caravan.journal.TakenOver;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.spec.Secret;
import dev.caravan.step.StepFailure;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;

/**
 * One run while it lasts: what it was asked, what is known of its hosts, and its parts; the exchange variable {@code run}. It holds no
 * order of steps: that is in the routes. Thread-safe.
 */
public final class Run {
    private final String id;
    private final ActionCall call;
    private volatile Cluster cluster;
    private final boolean rehearsal;
    private final Past past;
    private final RunRecorder recorder;
    private final RunRollback rollback;
    private final Gates gates;
    private final StepCounts steps;
    private final Optional<HostLock> lock;

    private final Map<String, Facts> facts = new ConcurrentHashMap<>();
    private final Map<String, Throwable> failures = Collections.synchronizedMap(new LinkedHashMap<>());
    private final Deque<Runnable> cleanups = new ConcurrentLinkedDeque<>();
    private volatile String kubeconfig;

    Run(String id, ActionCall call, Cluster cluster, boolean rehearsal, Journal journal, Past past, Set<String> rollsBack) {
        this.id = id;
        this.call = call;
        this.cluster = cluster;
        this.rehearsal = rehearsal;
        this.past = past;
        this.recorder = new RunRecorder(id, journal, cluster, past);
        this.rollback = new RunRollback(id, call.action(), cluster, journal, recorder, past, rollsBack);
        this.gates = new Gates(past);
        this.steps = new StepCounts(id, past);
        this.lock = Optional.of(call.action()).filter(Action::changesHosts).map(any -> HostLock.of(id, past.lives(), cluster, journal));
    }

    public String id() {
        return id;
    }

    public Action action() {
        return call.action();
    }

    /** The values of the action's parameters, by name. */
    public Map<String, Object> parameters() {
        return call.parameters();
    }

    /** Whether this run only looks: its scripts say what they would change, and change nothing. */
    public boolean isPlan() {
        return action().plan();
    }

    /** As the spec describes it; its first control plane is one that is in it, once that is known. */
    public Cluster cluster() {
        return cluster;
    }

    public boolean isRehearsal() {
        return rehearsal;
    }

    /** Whether it was begun by an engine that is gone. */
    boolean isResumed() {
        return !past.isEmpty();
    }

    /** What an earlier life of this run did, if its engine went away. */
    public Past past() {
        return past;
    }

    // ---- hosts

    /** Keeps what was seen on that host; from all of it follows which control plane leads the cluster. */
    public synchronized void keepFacts(String host, Facts taken) {
        facts.put(host, taken);
        cluster = Membership.led(cluster, allFacts());
    }

    /** The facts of that host, once they were taken. */
    public Optional<Facts> facts(String host) {
        return Optional.ofNullable(facts.get(host));
    }

    /** The facts taken so far, by host. */
    public Map<String, Facts> allFacts() {
        return Map.copyOf(facts);
    }

    /** A control plane that works on the cluster for other hosts: the first in the spec that has not failed. */
    public Host controlPlane() {
        return cluster.controlPlanes().stream()
                .filter(host -> !hasFailed(host.name()))
                .filter(host -> facts(host.name()).map(Facts::initialised).orElse(true))
                .findFirst()
                .orElseGet(cluster::firstControlPlane);
    }

    /** Notes that a host's pipeline ended with a failure. */
    public void hostFailed(String host, Throwable failure) {
        failures.putIfAbsent(host, failure);
    }

    public boolean hasFailed(String host) {
        return failures.containsKey(host);
    }

    /** The hosts whose pipelines failed, in the order in which they did. */
    public Map<String, Throwable> failures() {
        synchronized (failures) {
            return new LinkedHashMap<>(failures);
        }
    }

    /** Whether the run continues though these hosts failed, and others did before. Hosts that only were not reached do not count. */
    public boolean tolerates(Collection<String> hosts) {
        Set<String> failed = new TreeSet<>(hosts);
        failures().entrySet().stream().filter(each -> !(each.getValue() instanceof NotReached)).map(Map.Entry::getKey).forEach(failed::add);
        return cluster.tolerates(failed.size());
    }

    /** Whether a control plane was upgraded in this run. Kubernetes has no downgrade: the run is not rolled back, but resumed. */
    public boolean isUpgraded() {
        return cluster.hosts().stream().anyMatch(rollback::isUpgraded);
    }

    /** What is rolled back. */
    public RunRollback rollback() {
        return rollback;
    }

    /** Where its hosts wait for each other. */
    public Gates gates() {
        return gates;
    }

    /** The numbers of its steps. */
    public StepCounts steps() {
        return steps;
    }

    /** What its hosts' locks say; empty if it changes no hosts, and so takes none. */
    public Optional<HostLock> lock() {
        return lock;
    }

    // ---- giving up and cancelling

    /** Ends the work on all hosts: no further step begins, except for those that roll back. */
    public void giveUp(String reason) {
        // First of all everyone who waits is released, even if the journal cannot be written.
        if (gates.giveUp(reason)) {
            record(new GivenUp(reason));
        }
    }

    public boolean isGivenUp() {
        return gates.isGivenUp();
    }

    /** Why no further step begins; empty while steps do. */
    public Optional<Exception> stopped() {
        return gates.stopped();
    }

    /** Notes that a host failed before anything was changed there. */
    public void hostLeftOut(String host, Throwable failure) {
        hostFailed(host, failure);
        rollback.leaveOut(host);
    }

    /** Ends it in this process: another engine has it. */
    void leave(TakenOver why) {
        recorder.refuse(why);
        gates.leave(why);
    }

    /** Whether this engine may give orders to its hosts; see {@link Journal#isOwn}. */
    public boolean isOwn() {
        return recorder.isOwn();
    }

    public void cancel() {
        gates.cancel();
    }

    public boolean isCancelled() {
        return gates.isCancelled();
    }

    /** Where the cluster's kubeconfig was written, once it was. */
    public Optional<String> kubeconfig() {
        return Optional.ofNullable(kubeconfig);
    }

    /** @param path null if it was removed */
    public void keepKubeconfig(String path) {
        kubeconfig = path;
    }

    /** Has this done when the run has ended, however it does; the last one first. */
    public void atEnd(Runnable cleanup) {
        cleanups.push(cleanup);
    }

    void runCleanups() {
        for (Runnable next = cleanups.poll(); next != null; next = cleanups.poll()) {
            next.run();
        }
    }

    // ---- recording

    /** Records what happened. */
    public Event record(Occurrence what) {
        return recorder.record(what);
    }

    /** Records a line. @param host null if it concerns the whole run */
    public void note(String host, String message) {
        recorder.note(host, message);
    }

    /** Records, once, that a step with a transient error is given up. Permanent errors were recorded when they came up. */
    public void recordGivenUp(StepFailure failure) {
        recorder.givenUp(failure, steps.lastAttempt(failure.getHost(), failure.getStep()));
    }

    void end(RunEnded end) {
        recorder.end(end);
    }

    /** Whether the journal refused an entry of this run, which is therefore paused. */
    public boolean isStalled() {
        return recorder.isStalled();
    }

    /** Redacts this value from all output from now on. */
    public void keepSecret(Secret secret) {
        recorder.keepSecret(secret);
    }

    public Collection<Secret> secrets() {
        return recorder.secrets();
    }

    /** The text with every secret of this run replaced. */
    public String redact(String text) {
        return recorder.redact(text);
    }

    @Override
    public String toString() {
        return "run " + id;
    }
}
