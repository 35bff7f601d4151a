package dev.caravan.run;

import dev.caravan.history.Attempt;
import dev.caravan.history.Event;
import dev.caravan.history.Occurrence;
import dev.caravan.history.Occurrence.Note;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.journal.Journal;
import dev.caravan.journal.JournalException;
import dev.caravan.journal.TakenOver;
import dev.caravan.log.RedactedLog;
import dev.caravan.log.SecretSource;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Redactor;
import dev.caravan.spec.Registry;
import dev.caravan.spec.Secret;
import dev.caravan.spec.SshAccess;
import dev.caravan.spec.UrlSecrets;
import dev.caravan.step.StepFailure;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Writes what happens in one run to the journal, without its secrets. Once the journal refused an entry, it is not known what it lacks.
 * So nothing more of the run is written, and as every step begins with an entry, nothing more is done: the run is paused, and is resumed
 * as if its engine had gone. Thread-safe.
 */
final class RunRecorder implements SecretSource {
    private final String run;
    private final Journal journal;
    private final List<String> names;
    private final Set<Secret> secrets = ConcurrentHashMap.newKeySet();
    /** Made of them when it is needed; null after another was added. */
    private volatile Redactor redactor;
    private final Set<StepFailure> givenUp = ConcurrentHashMap.newKeySet();
    private final HeldHosts held = new HeldHosts();
    private final AtomicReference<JournalException> refused = new AtomicReference<>();

    /**
     * @param cluster whose secrets and names it knows
     * @param past    what an earlier life of the run recorded
     */
    RunRecorder(String run, Journal journal, Cluster cluster, Past past) {
        this.run = run;
        this.journal = journal;
        this.names = cluster.names();
        cluster.everyHost().forEach(host -> keepSecrets(host.ssh()));
        UrlSecrets.of(cluster).forEach(this::keepSecret);
        cluster.backup().passphrase().ifPresent(this::keepSecret);
        cluster.runtime().registries().stream().flatMap(Registry::secrets).forEach(this::keepSecret);
        past.occurrences().forEach(held::accept);
        RedactedLog.keepFrom(this);
    }

    private void keepSecrets(SshAccess access) {
        Stream.of(access.password(), access.sudoPassword(), access.passphrase())
                .flatMap(Optional::stream)
                .forEach(this::keepSecret);
        access.proxyJump().ifPresent(jump -> keepSecrets(jump.access()));
    }

    /** Records what happened. */
    Event record(Occurrence what) {
        Occurrence shown = what.redacted(this::redact);
        Event event = write(() -> journal.append(run, shown));
        held.accept(shown);
        return event;
    }

    /** Records a line. @param host null if it concerns the whole run */
    void note(String host, String message) {
        record(new Note(Optional.ofNullable(host), message));
    }

    /** Records, once, that a step with a transient error is given up after that attempt. */
    void givenUp(StepFailure failure, int attempt) {
        if (failure.isTransient() && givenUp.add(failure)) {
            record(StepEnded.failed(Attempt.of(failure.getHost(), failure.getStep(), attempt), failure.getMessage(), failure.recorded(),
                    Optional.empty()));
        }
    }

    /** Records that the run has ended so. */
    void end(RunEnded end) {
        write(() -> journal.end(run, end.redacted(this::redact)));
    }

    /** Writes an entry, unless one was refused before. */
    <T> T write(Supplier<T> entry) {
        JournalException before = refused.get();
        if (before instanceof TakenOver) {
            throw before;
        }
        if (before != null) {
            throw new JournalException("run " + run + " is paused, as the journal could not be written: " + before.getMessage()
                    + ". The same command resumes it", before);
        }
        try {
            return entry.get();
        } catch (JournalException e) {
            refused.compareAndSet(null, e);
            throw e;
        }
    }

    /** Nothing more is written. */
    void refuse(TakenOver why) {
        refused.set(why);
    }

    /** Whether this engine may act for the run now. */
    boolean isOwn() {
        return !(refused.get() instanceof TakenOver) && journal.isOwn(run);
    }

    /** The hosts that other engines hold. */
    HeldHosts held() {
        return held;
    }

    /** Whether the journal refused an entry of this run, which is therefore paused. */
    boolean isStalled() {
        return refused.get() != null;
    }

    /** Redacts this value from all output from now on. */
    void keepSecret(Secret secret) {
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
    String redact(String text) {
        Redactor known = redactor;
        if (known == null) {
            known = Redactor.of(secrets(), names());
            redactor = known;
        }
        return known.redact(text);
    }
}
