package dev.caravan.inbox;

import dev.caravan.journal.Journal;
import dev.caravan.journal.RunRecord;
import dev.caravan.journal.TakenOver;
import dev.caravan.run.Busy;
import dev.caravan.run.CannotBegin;
import dev.caravan.run.Run;
import dev.caravan.run.Runs;
import dev.caravan.run.Runs.Outcome;
import dev.caravan.run.Submissions;
import dev.caravan.run.Submissions.Submission;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.support.AsyncProcessorSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Begins the run that a file asks for and continues, without a thread that waits, when it has ended; the body becomes the
 * run's {@link Outcome}. A file with the text of one that is under way shares its run. The bean {@code inboxRun}; it throws
 * {@link Busy} where the cluster or a host is being worked on. Thread-safe.
 */
public final class RunOfFile extends AsyncProcessorSupport {
    private static final Logger LOG = LoggerFactory.getLogger(RunOfFile.class);
    private static final String NOTED = "caravanInboxBusyNoted";
    private static final String LOST = "caravanInboxLostRun";

    private final Submissions submissions;
    private final Runs runs;
    private final Journal journal;
    private final Worked worked;
    private final Executor executor;
    private final Map<String, CompletableFuture<Outcome>> underWay = new HashMap<>();

    RunOfFile(Submissions submissions, Runs runs, Journal journal, Worked worked, Executor executor) {
        this.journal = journal;
        this.submissions = submissions;
        this.runs = runs;
        this.worked = worked;
        this.executor = executor;
    }

    @Override
    public boolean process(Exchange exchange, AsyncCallback callback) {
        CompletableFuture<Outcome> outcome;
        try {
            outcome = outcome(exchange);
        } catch (Busy busy) {
            logOnce(exchange, busy);
            exchange.setException(busy);
            callback.done(true);
            return true;
        } catch (RuntimeException e) {
            exchange.setException(e instanceof CannotBegin ? new Unusable(e.getMessage(), "Look at the annotations of the spec.") : e);
            callback.done(true);
            return true;
        }
        outcome.whenCompleteAsync((ended, failure) -> {
            if (failure != null) {
                exchange.setException(waits(exchange, failure));
            } else {
                exchange.getMessage().setBody(ended);
            }
            callback.done(false);
        }, executor);
        return false;
    }

    /* The file gets the result of the run that another engine has now. */
    private static Throwable waits(Exchange exchange, Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        if (cause instanceof TakenOver lost) {
            exchange.setProperty(LOST, lost.run());
            return new Busy(lost.run(), lost.getMessage());
        }
        return failure;
    }

    private Optional<Outcome> elsewhere(Exchange exchange) throws Busy {
        String run = exchange.getProperty(LOST, String.class);
        Optional<RunRecord> record = Optional.ofNullable(run).flatMap(journal::run);
        if (record.isPresent() && !record.get().hasEnded()) {
            throw new Busy(run, "run " + run + " is worked on by another engine");
        }
        return record.map(ended -> new Outcome(run, ended.state()));
    }

    private synchronized CompletableFuture<Outcome> outcome(Exchange exchange) throws Busy {
        Optional<Outcome> ofOther = elsewhere(exchange);
        if (ofOther.isPresent()) {
            return CompletableFuture.completedFuture(ofOther.get());
        }
        Submission submission = exchange.getMessage().getBody(Submission.class);
        CompletableFuture<Outcome> same = underWay.get(submission.text());
        if (same != null) {
            LOG.info("{} says the same as a file whose run is under way; it shares that run", name(exchange));
            return same;
        }
        // First the run that is under way, then those that have ended: one that ends meanwhile is found among these.
        Optional<Run> resumed = resumed(submission, exchange);
        if (resumed.isPresent()) {
            return outcomeOf(resumed.get(), submission);
        }
        Optional<Outcome> earlier = worked.outcome(taken(exchange), submission);
        if (earlier.isPresent()) {
            LOG.info("{}: its run {} has {} before, and gets its result now", name(exchange), earlier.get().run(),
                    earlier.get().state().word());
            return CompletableFuture.completedFuture(earlier.get());
        }
        return outcomeOf(runFor(submission, exchange), submission);
    }

    /* Guarded by this. */
    private CompletableFuture<Outcome> outcomeOf(Run run, Submission submission) {
        CompletableFuture<Outcome> outcome = runs.outcome(run).toCompletableFuture();
        underWay.put(submission.text(), outcome);
        outcome.whenComplete((ended, failure) -> forget(submission.text(), outcome));
        return outcome;
    }

    private Run runFor(Submission submission, Exchange exchange) throws Busy {
        try {
            Run run = submissions.begin(submission);
            LOG.info("{}: run {} of cluster {} has begun", name(exchange), run.id(), run.cluster().name());
            worked.begun(run, taken(exchange));
            return run;
        } catch (Busy busy) {
            return resumed(submission, exchange).filter(run -> run.id().equals(busy.getOther())).orElseThrow(() -> busy);
        }
    }

    /* After a restart the run that this file began is resumed automatically, as a rule before the file is seen again. */
    private Optional<Run> resumed(Submission submission, Exchange exchange) {
        Optional<Run> own = submissions.resumedRun(submission);
        own.ifPresent(run -> LOG.info("{}: run {} of cluster {} is resumed", name(exchange), run.id(), run.cluster().name()));
        return own;
    }

    private synchronized void forget(String text, CompletableFuture<Outcome> outcome) {
        underWay.remove(text, outcome);
    }

    private static void logOnce(Exchange exchange, Busy busy) {
        if (exchange.getProperty(NOTED) == null) {
            exchange.setProperty(NOTED, true);
            LOG.info("{} waits: {}", name(exchange), busy.getMessage());
        }
    }

    private static Taken taken(Exchange exchange) {
        return exchange.getProperty(Taken.PROPERTY, Taken.class);
    }

    private static String name(Exchange exchange) {
        return taken(exchange).shown();
    }
}
