package dev.caravan.inbox;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.caravan.digest.Sha256;
import dev.caravan.history.ExitStatus;
import dev.caravan.history.Finding;
import dev.caravan.history.RunState;
import dev.caravan.history.RunView;
import dev.caravan.history.RunView.StepView;
import dev.caravan.journal.Journal;
import dev.caravan.journal.RunRecord;
import dev.caravan.run.Runs.Outcome;
import dev.caravan.spec.InvalidSpec;
import dev.caravan.spec.Problem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where files of the inbox go: {@code .done} or {@code .failed} below it, with {@code NAME.result.json} beside them. The
 * result is there before the file is, and never half-written. What an earlier file of the same name left there is removed.
 */
public final class Results {
    private static final ObjectWriter JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writer();
    private static final Logger LOG = LoggerFactory.getLogger(Results.class);
    private static final String DONE = ".done";
    private static final String FAILED_FILES = ".failed";
    private static final String SUFFIX = ".result.json";
    private static final String REFUSED = ".refused";
    /** File systems take names of 255 bytes. */
    private static final int LONGEST = 255;
    private static final int DIGITS = 8;

    private final Journal journal;

    public Results(Journal journal) {
        this.journal = journal;
    }

    /** Refuses names that are kept for results. */
    static void requireUsableName(String name) throws Unusable {
        if (name.endsWith(SUFFIX)) {
            throw new Unusable("names that end in " + SUFFIX + " are those of results", "Give the spec another name.");
        }
    }

    void write(Taken taken, Outcome outcome, boolean done) throws IOException {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("file", taken.name());
        result.put("run", outcome.run());
        result.put("state", outcome.state().word());
        result.put("exitStatus", outcome.exitStatus().code());
        journal.run(outcome.run()).map(RunRecord::cluster).ifPresent(cluster -> result.put("cluster", cluster));
        RunView view = RunView.of(journal.events(outcome.run(), 0));
        view.kubeconfig().ifPresent(path -> result.put("kubeconfig", path));
        if (!view.message().isEmpty()) {
            result.put("message", view.message());
        }
        result.put("failures", view.failures().stream().map(Results::describe).toList());
        result.put("findings", view.findings().stream().map(Results::describe).toList());
        moveOut(taken, done ? DONE : FAILED_FILES, result);
    }

    void write(Taken taken, Exception reason) throws IOException {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("file", taken.name());
        result.put("state", RunState.REFUSED.word());
        if (reason instanceof InvalidSpec invalid) {
            result.put("exitStatus", ExitStatus.WRONG.code());
            result.put("problems", invalid.problems().stream().map(Problem::toMap).toList());
        } else if (reason instanceof Unusable unusable) {
            result.put("exitStatus", ExitStatus.WRONG.code());
            result.put("problems", List.of(Map.of("message", unusable.getMessage(), "remedy", unusable.remedy())));
        } else {
            result.put("state", RunState.FAILED.word());
            result.put("exitStatus", ExitStatus.FAILED.code());
            result.put("message", "the engine failed; its log says why");
        }
        moveOut(taken, FAILED_FILES, result);
    }

    /** Removes what an earlier file of that name left, so that who waits for this one's result does not take it for that. */
    void forget(Taken taken) {
        for (String place : List.of(DONE, FAILED_FILES)) {
            try (Folder folder = Folder.open(taken.file().getParent(), place)) {
                folder.delete(resultName(taken));
                folder.delete(keptName(taken));
            } catch (IOException e) {
                LOG.debug("what an earlier file {} left in {} stays", taken.shown(), place, e);
            }
        }
    }

    /** Where the result of a file that was refused is. */
    Path failedResult(Taken taken) {
        return taken.file().resolveSibling(FAILED_FILES).resolve(resultName(taken));
    }

    private static void moveOut(Taken taken, String place, Map<String, Object> result) throws IOException {
        try (Folder folder = Folder.make(taken.file().getParent(), place)) {
            folder.write(resultName(taken), (JSON.writeValueAsString(result) + "\n").getBytes(StandardCharsets.UTF_8));
            // A file of that name that came in the meantime is another one: it stays, and is taken next.
            if (Files.exists(taken.file(), LinkOption.NOFOLLOW_LINKS) && Seen.of(taken.file()).equals(taken.seen())) {
                folder.take(taken.file().getFileName(), keptName(taken));
            }
        } catch (NoSuchFileException e) {
            // Somebody took it away; the result is there all the same.
            return;
        }
    }

    /* Of a name that is too long the beginning, and what tells it from others that begin so. */
    private static Path resultName(Taken taken) {
        String name = taken.name();
        String shortened = cut(name, LONGEST - SUFFIX.length());
        if (!shortened.equals(name)) {
            String digest = "-" + Sha256.hex(name).substring(0, DIGITS);
            shortened = cut(name, LONGEST - SUFFIX.length() - digest.length()) + digest;
        }
        return Path.of(shortened + SUFFIX);
    }

    /* One that was refused for its name must not take a result's place. */
    private static Path keptName(Taken taken) {
        String name = taken.name();
        return name.endsWith(SUFFIX) ? Path.of(cut(name, LONGEST - REFUSED.length()) + REFUSED) : taken.file().getFileName();
    }

    private static String cut(String name, int bytes) {
        String shown = name;
        while (shown.getBytes(StandardCharsets.UTF_8).length > bytes) {
            shown = shown.substring(0, shown.offsetByCodePoints(shown.length(), -1));
        }
        return shown;
    }

    private static Map<String, Object> describe(StepView step) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("host", step.host());
        members.put("step", step.step());
        members.put("message", step.message());
        step.failure().ifPresent(failure -> {
            members.put("kind", failure.kind());
            members.put("remedy", failure.remedy());
            members.put("lastWords", failure.lastWords());
        });
        return members;
    }

    private static Map<String, Object> describe(Finding finding) {
        return Map.of("hosts", finding.hosts(), "problem", finding.problem(), "remedy", finding.remedy());
    }
}
