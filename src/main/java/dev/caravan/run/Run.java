package dev.caravan.run;

import dev.caravan.actions.Action;
import dev.caravan.actions.Action.ActionCall;
import dev.caravan.actions.Action.Undoes;
import dev.caravan.facts.Facts;
import dev.caravan.facts.Membership;
import dev.caravan.history.Attempt;
import dev.caravan.history.Event;
import dev.caravan.history.Occurrence;
import dev.caravan.history.Occurrence.GivenUp;
import dev.caravan.history.Occurrence.HostRolledBack;
import dev.caravan.history.Occurrence.Note;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.journal.Found;
import dev.caravan.journal.Journal;
import dev.caravan.journal.JournalException;
import dev.caravan.log.RedactedLog;
import dev.caravan.log.SecretSource;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.spec.Redactor;
import dev.caravan.spec.Registry;
import dev.caravan.spec.Secret;
import dev.caravan.spec.SshAccess;
import dev.caravan.spec.UrlSecrets;
import dev.caravan.step.StepFailure;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * What the steps of one run share while it lasts; the exchange variable {@code run}. It holds no order of steps: that
 * stands in the routes. Thread-safe.
 */
public final class Run implements SecretSource {
    /** The kind of what a step records when it has upgraded a control plane. */
    public static final String UPGRADED = "upgrade";

    private final String id;
    private final ActionCall call;
    private volatile Cluster cluster;
    private final boolean rehearsal;
    private final Journal journal;
    private final Past past;
    private final Set<String> rollsBack;

    private final Map<String, Facts> facts = new ConcurrentHashMap<>();
    private final Map<String, String> podCidrs = new ConcurrentHashMap<>();
    private final Map<String, Throwable> failures = Collections.synchronizedMap(new LinkedHashMap<>());
    private final Map<String, CompletableFuture<Void>> gates = new ConcurrentHashMap<>();
    private final Map<String, Slots> turns = new ConcurrentHashMap<>();
    private final Map<String, AtomicInteger> attempts = new ConcurrentHashMap<>();
    private final Map<String, Long> invalidatedAt = new ConcurrentHashMap<>();
    private final List<String> names;
    private final Set<Secret> secrets = ConcurrentHashMap.newKeySet();
    /** Made of them when it is needed; null after another was added. */
    private volatile Redactor redactor;
    private final Set<String> foundSubjects = ConcurrentHashMap.newKeySet();
    private final Set<StepFailure> givenUp = ConcurrentHashMap.newKeySet();
    private final AtomicInteger detached = new AtomicInteger();
    private final Deque<Runnable> cleanups = new ConcurrentLinkedDeque<>();
    private final AtomicReference<NotReached> givenUpFor = new AtomicReference<>();
    private final Set<String> rolledBack = ConcurrentHashMap.newKeySet();
    private final Set<String> leftOut = ConcurrentHashMap.newKeySet();
    private final Map<String, String> leftBehind = new ConcurrentHashMap<>();
    private final AtomicReference<JournalException> refused = new AtomicReference<>();
    private volatile boolean rollingBack;
    private volatile boolean rollingBackAll;
    private volatile boolean cancelled;
    private volatile String kubeconfig;

    Run(String id, ActionCall call, Cluster cluster, boolean rehearsal, Journal journal, Past past, Set<String> rollsBack) {
        this.past = past;
        this.rollsBack = Set.copyOf(rollsBack);
        this.detached.set(past.lastDetached());
        past.attempts().forEach((step, number) -> attempts.put(step, new AtomicInteger(number)));
        this.podCidrs.putAll(past.preflightOutputs());
        this.rolledBack.addAll(past.rolledBack());
        this.cancelled = past.isCancelled();
        past.givenUp().ifPresent(reason -> givenUpFor.set(new NotReached("not reached: " + reason)));
        this.id = id;
        this.call = call;
        this.cluster = cluster;
        this.names = cluster.names();
        this.rehearsal = rehearsal;
        this.journal = journal;
        cluster.everyHost().forEach(host -> keepSecrets(host.ssh()));
        UrlSecrets.of(cluster).forEach(this::keepSecret);
        cluster.backup().passphrase().ifPresent(this::keepSecret);
        cluster.runtime().registries().stream().flatMap(Registry::secrets).forEach(this::keepSecret);
        RedactedLog.keepFrom(this);
        if (!past.isEmpty()) {
            // Steps that are found again tell all that they found again.
            cluster.everyHost().forEach(host -> toRollBack(host)
                    .forEach(found -> foundSubjects.add(host.name() + " " + found.step() + " " + found.subject())));
        }
    }

    private void keepSecrets(SshAccess access) {
        Stream.of(access.password(), access.sudoPassword(), access.passphrase())
                .flatMap(Optional::stream)
                .forEach(this::keepSecret);
        access.proxyJump().ifPresent(jump -> keepSecrets(jump.access()));
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

    /** Whether an engine that went away began it. */
    boolean isResumed() {
        return !past.isEmpty();
    }

    /** What an earlier life of this run did, where its engine went away. */
    public Past past() {
        return past;
    }

    /** Every value that a step gave under that name in an earlier life of this run. */
    public List<String> earlierOutputs(String step, String name) {
        return past.outputs(step, name);
    }

    /** Whether the rules over all hosts were satisfied before; what they gave is known. */
    public boolean hasPassedPreflight() {
        return past.hasPassedPreflight();
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

    public void keepPodCidrs(Map<String, String> assigned) {
        podCidrs.putAll(assigned);
    }

    /** The blocks of pod addresses that Caravan gave, by host. */
    public Map<String, String> podCidrs() {
        return Map.copyOf(podCidrs);
    }

    /** The block of pod addresses that Caravan gave that host, where the CNI wants one; else empty. */
    public String podCidr(String host) {
        return podCidrs.getOrDefault(host, "");
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

    /** Whether the run goes on though these hosts failed, and others did before. Hosts that only were not reached do not count. */
    public boolean tolerates(Collection<String> hosts) {
        Set<String> failed = new TreeSet<>(hosts);
        failures().forEach((host, failure) -> {
            if (!(failure instanceof NotReached)) {
                failed.add(host);
            }
        });
        return cluster.tolerates(failed.size());
    }

    /**
     * Keeps what a step found on that host before it changed something, if the action is recorded; the first of a step's lines on the
     * same subject counts.
     */
    public void keepFound(Host host, String step, String line) {
        if (!action().isRecorded()) {
            return;
        }
        String subject = host.name() + " " + step + " " + Found.subject(line);
        if (foundSubjects.contains(subject)) {
            return;
        }
        write(() -> {
            journal.keepFound(id, host.name(), host.address(), step, line);
            return null;
        });
        foundSubjects.add(subject);
    }

    /**
     * What that host is to be given back, oldest first: what this run found there, or a run that it takes back or takes the
     * place of; for an action that undoes the cluster, what all runs of this cluster did.
     */
    public List<Found> toRollBack(Host host) {
        return journal.found(cluster.name(), host.address()).stream()
                .filter(found -> action().undoes() == Undoes.CLUSTER || found.run().equals(id) || rollsBack.contains(found.run()))
                .toList();
    }

    /** What all runs of the cluster found on that host and did not give back, oldest first. */
    public List<Found> recorded(Host host) {
        return journal.found(cluster.name(), host.address());
    }

    /**
     * Whether a control plane was upgraded in this run. Kubernetes has no downgrade, so such a run is not rolled back; the same command
     * resumes the upgrade.
     */
    public boolean isUpgraded() {
        return cluster.hosts().stream().anyMatch(host -> toRollBack(host).stream().anyMatch(found -> found.kind().equals(UPGRADED)));
    }

    /** Enters that a host has these back. */
    public void recordRolledBack(List<Found> found) {
        write(() -> {
            journal.markRolledBack(found);
            return null;
        });
    }

    // ---- giving up and rolling back

    /** Ends the work on all hosts: no further step begins, but for those that take back. */
    public void giveUp(String reason) {
        NotReached notReached = new NotReached("not reached: " + reason);
        if (givenUpFor.compareAndSet(null, notReached)) {
            // First of all nobody waits any more, also where the journal cannot be told.
            gates.values().forEach(gate -> gate.completeExceptionally(notReached));
            record(new GivenUp(reason));
        }
    }

    public boolean isGivenUp() {
        return givenUpFor.get() != null;
    }

    /** Why no further step begins; empty while steps do. */
    public Optional<Exception> stopped() {
        return cancelled ? Optional.of(new RunCancelled()) : Optional.ofNullable(givenUpFor.get());
    }

    /** Notes that changes of this run are being taken back. */
    public void rollingBack() {
        rollingBack = true;
    }

    /** Notes that changes of this run are being taken back on all hosts. */
    public void rollingBackAll() {
        rollingBack = true;
        rollingBackAll = true;
    }

    boolean isRollingBack() {
        return rollingBack;
    }

    public boolean isRollingBackAll() {
        return rollingBackAll;
    }

    /** Records that this host is as it was found. */
    public void hostRolledBack(String host) {
        leftBehind.remove(host);
        if (rolledBack.add(host) && action().undoes() == Undoes.NOTHING) {
            record(new HostRolledBack(Optional.of(host), "the host is as it was found"));
        }
    }

    /** Notes that a host failed before anything was changed there. */
    public void hostLeftOut(String host, Throwable failure) {
        hostFailed(host, failure);
        leftOut.add(host);
    }

    /** The hosts that failed before anything was changed there. */
    Set<String> leftOut() {
        return new TreeSet<>(leftOut);
    }

    Set<String> rolledBack() {
        return new TreeSet<>(rolledBack);
    }

    /** Whether that host is as it was found: rolled back, or left out before anything was changed. */
    public boolean isRestored(String host) {
        return rolledBack.contains(host) || leftOut.contains(host);
    }

    /** Notes what could not be taken back on a host. */
    public void leftBehind(String host, String what) {
        leftBehind.put(host, what);
    }

    /** By host, what could not be taken back. */
    public Map<String, String> leftBehind() {
        return Map.copyOf(leftBehind);
    }

    // ---- meeting points

    /** The gate of that name: completes when it opens, or exceptionally when it never will. */
    public CompletableFuture<Void> gate(String name) {
        CompletableFuture<Void> gate = gates.computeIfAbsent(name, any -> new CompletableFuture<>());
        stopped().ifPresent(gate::completeExceptionally);
        return gate;
    }

    /** Completes when it is the caller's turn among those that name the same key; running what it gives ends the turn. */
    public CompletionStage<Runnable> turn(String key) {
        return turns.computeIfAbsent(key, any -> new Slots(1)).take();
    }

    // ---- steps

    /** The number of the attempt about to be made of that step on that host, from 1. */
    public int nextAttempt(String host, String step) {
        return attempts.computeIfAbsent(host + " " + step, any -> new AtomicInteger()).incrementAndGet();
    }

    /** Whether that step was begun on that host, in this life of the run or an earlier one. */
    public boolean hasBegun(String host, String step) {
        return attempts.containsKey(host + " " + step);
    }

    /** Makes results of that step which are shared, and were asked for before now, unusable. */
    public void invalidate(String step) {
        invalidatedAt.put(step, System.nanoTime());
    }

    /** Whether a shared result of that step that was asked for at that moment, {@link System#nanoTime()}, may be used. */
    public boolean isUsable(String step, long askedAt) {
        Long since = invalidatedAt.get(step);
        return since == null || askedAt - since > 0;
    }

    /** A new id for a detached step. */
    public String nextDetachedId() {
        return id + "-" + detached.incrementAndGet();
    }

    public void cancel() {
        cancelled = true;
        gates.values().forEach(gate -> gate.completeExceptionally(new RunCancelled()));
    }

    public boolean isCancelled() {
        return cancelled;
    }

    /** Where the cluster's kubeconfig was written, once it was. */
    public Optional<String> kubeconfig() {
        return Optional.ofNullable(kubeconfig);
    }

    /** @param path null where it is there no more */
    public void keepKubeconfig(String path) {
        kubeconfig = path;
    }

    /** Has something let go of when the run has ended, however it does; what was given last goes first. */
    public void atEnd(Runnable cleanup) {
        cleanups.push(cleanup);
    }

    void runCleanups() {
        for (Runnable next = cleanups.poll(); next != null; next = cleanups.poll()) {
            next.run();
        }
    }

    // ---- telling

    /*
     * Once an entry was refused, nobody knows what the journal lacks. So nothing of this run is entered any more, and as every step
     * begins with an entry, nothing more is done: it stands as if its engine had gone, and is gone on with likewise.
     */
    private <T> T write(Supplier<T> entry) {
        JournalException before = refused.get();
        if (before != null) {
            throw new JournalException("run " + id + " is paused, as the journal could not be written: " + before.getMessage()
                    + ". The same command resumes it", before);
        }
        try {
            return entry.get();
        } catch (JournalException e) {
            refused.compareAndSet(null, e);
            throw e;
        }
    }

    /** Whether the journal refused an entry of this run, which therefore stands where it is. */
    public boolean isStalled() {
        return refused.get() != null;
    }

    /** A value that is to be blotted out of whatever is told from now on. */
    public void keepSecret(Secret secret) {
        if (!secret.reveal().isEmpty() && secrets.add(secret)) {
            redactor = null;
        }
    }

    @Override
    public Collection<Secret> secrets() {
        return Set.copyOf(secrets);
    }

    @Override
    public Collection<String> names() {
        return names;
    }

    /** The text with every secret of this run replaced; see {@link Redactor}. */
    public String redact(String text) {
        Redactor known = redactor;
        if (known == null) {
            known = Redactor.of(secrets(), names());
            redactor = known;
        }
        return known.redact(text);
    }

    /** Enters into the journal what happened. */
    public Event record(Occurrence what) {
        return write(() -> journal.append(id, what.redacted(this::redact)));
    }

    /** Enters that the run has ended so. */
    void end(RunEnded end) {
        write(() -> journal.end(id, end.redacted(this::redact)));
    }

    /**
     * Records that a step with a transient error is given up. Permanent errors were recorded when they came up; each failure is
     * recorded once.
     */
    public void gaveUp(StepFailure failure) {
        if (!failure.isTransient() || !givenUp.add(failure)) {
            return;
        }
        int attempt = attempts.getOrDefault(failure.getHost() + " " + failure.getStep(), new AtomicInteger(1)).get();
        record(StepEnded.failed(Attempt.of(failure.getHost(), failure.getStep(), attempt), failure.getMessage(), failure.recorded(),
                Optional.empty()));
    }

    /**
     * Enters a line worth keeping.
     *
     * @param host null if it concerns the whole run
     */
    public void note(String host, String message) {
        record(new Note(Optional.ofNullable(host), message));
    }

    @Override
    public String toString() {
        return "run " + id;
    }
}
