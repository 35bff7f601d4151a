package dev.caravan.inbox;

import dev.caravan.actions.Action.ActionCall;
import dev.caravan.actions.InvalidParameters;
import dev.caravan.actions.NoSuchAction;
import dev.caravan.history.RunState;
import dev.caravan.journal.Journal;
import dev.caravan.run.Runs;
import dev.caravan.run.Runs.Outcome;
import dev.caravan.run.Submissions;
import dev.caravan.run.Submissions.Submission;
import dev.caravan.spec.Annotations;
import dev.caravan.spec.Expansion;
import dev.caravan.spec.InvalidSpec;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangePropertyKey;
import org.apache.camel.component.file.GenericFile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the inbox's route does with a file: the bean {@code inbox}. Thread-safe. */
public final class Inbox {
    private static final Logger LOG = LoggerFactory.getLogger(Inbox.class);
    static final int LARGEST = 1024 * 1024;

    private final Runs runs;
    private final InboxFiles files;
    private final Results results;
    private final Worked worked;

    Inbox(Runs runs, InboxFiles files, Results results, Worked worked) {
        this.runs = runs;
        this.files = files;
        this.results = results;
        this.worked = worked;
    }

    /** The beans that the inbox's route names. */
    public static Map<String, Object> beans(Submissions submissions, Runs runs, Journal journal, Duration settled, Executor executor) {
        InboxFiles files = new InboxFiles(settled);
        Worked worked = new Worked(journal);
        return Map.of("inboxFiles", files, "inboxClaims", new Claims(), "inbox", new Inbox(runs, files, new Results(journal), worked),
                "inboxRun", new RunOfFile(submissions, runs, journal, worked, executor));
    }

    /** Reads the file; the body becomes the {@link Submission}. */
    public void read(Exchange exchange) throws InvalidSpec, Unusable, IOException {
        // Not its path as text, in which Camel takes a backslash for a slash.
        GenericFile<?> polled = exchange.getProperty(ExchangePropertyKey.FILE_EXCHANGE_FILE, GenericFile.class);
        Path file = ((File) polled.getFile()).toPath().toAbsolutePath();
        Seen seen = Seen.of(file);
        Taken taken = new Taken(file, seen);
        exchange.setProperty(Taken.PROPERTY, taken);
        Results.requireUsableName(taken.name());
        results.forget(taken);
        String text = text(file, seen);
        Expansion expansion = Expansion.in(file.getParent());
        // Of what is wrong with the spec and with what it asks for, the former is the first to know.
        Submission usual = Submissions.read(text, file.getFileName().toString(), expansion,
                call(new Annotations(Optional.empty(), Map.of())), "inbox");
        exchange.getMessage().setBody(usual.with(call(Annotations.of(text, expansion))));
    }

    private ActionCall call(Annotations annotations) throws Unusable {
        try {
            return runs.actions().named(annotations.action()).call(annotations.parameters());
        } catch (NoSuchAction | InvalidParameters e) {
            throw new Unusable(e.getMessage(),
                    "See caravan/action and caravan/parameters in metadata.annotations of the spec; caravan actions lists what there is.");
        }
    }

    private static String text(Path file, Seen seen) throws Unusable, IOException {
        if (seen.link()) {
            throw new Unusable("this is a symbolic link", "Move the spec itself into the inbox.");
        }
        if (!seen.regular()) {
            throw new Unusable("this is no regular file", "Move the spec itself into the inbox.");
        }
        try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
            byte[] bytes = in.readNBytes(LARGEST + 1);
            if (bytes.length > LARGEST) {
                throw new Unusable("the file is larger than 1 MiB", "A spec of a thousand hosts has about 100 KiB.");
            }
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            throw new Unusable("the file is not UTF-8 text", "Save it as UTF-8.");
        } catch (AccessDeniedException e) {
            throw new Unusable("the file cannot be read", "Caravan runs as " + System.getProperty("user.name") + "; let it read the file.");
        }
    }

    /** Writes the result of the run, whose {@link Outcome} is the body, and takes the file out of the inbox. */
    public void finish(Exchange exchange) {
        Outcome outcome = exchange.getMessage().getBody(Outcome.class);
        Taken taken = exchange.getProperty(Taken.PROPERTY, Taken.class);
        boolean done = outcome.state() == RunState.SUCCEEDED;
        if (!done && isStopping(exchange)) {
            LOG.info("{} stays in the inbox and is processed again after the restart", taken.shown());
            return;
        }
        if (Claims.isLost(exchange)) {
            LOG.info("{} is left to the engine that has it now: this engine stopped while it was being applied", taken.shown());
            return;
        }
        try {
            results.write(taken, outcome, done);
            LOG.info("{}: run {} {}", taken.shown(), outcome.run(), outcome.state().word());
        } catch (IOException | RuntimeException e) {
            worked.keep(taken, outcome);
            leave(taken, e);
        }
    }

    /** As {@link #finish}, for a file that began no run; the reason is the exception that was caught. */
    public void refuse(Exchange exchange) {
        Exception reason = exchange.getProperty(ExchangePropertyKey.EXCEPTION_CAUGHT, Exception.class);
        Taken taken = exchange.getProperty(Taken.PROPERTY, Taken.class);
        if (taken == null || reason instanceof NoSuchFileException) {
            LOG.debug("the file is gone", reason);
            return;
        }
        if (reason instanceof RejectedExecutionException || isStopping(exchange)) {
            LOG.info("{} stays in the inbox and is processed again after the restart", taken.shown());
            return;
        }
        if (!(reason instanceof InvalidSpec) && !(reason instanceof Unusable)) {
            LOG.error("{} could not be worked on", taken.shown(), reason);
        }
        try {
            results.write(taken, reason);
            LOG.warn("{} was refused; {} says why", taken.shown(), Taken.shown(results.failedResult(taken).toString()));
        } catch (IOException | RuntimeException e) {
            leave(taken, e);
        }
    }

    private void leave(Taken taken, Exception problem) {
        if (files.leaveAlone(taken.file(), taken.seen())) {
            LOG.error("the run of {} has ended, but its result cannot be written or the file cannot be moved out of the inbox: {}. "
                    + "That is retried every {} s; the file is not applied again",
                    taken.shown(), problem.toString(), files.pause().toSeconds());
            LOG.debug("{}", taken.shown(), problem);
        }
    }

    private static boolean isStopping(Exchange exchange) {
        return !exchange.getContext().getStatus().isStarted();
    }
}
