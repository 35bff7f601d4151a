package dev.caravan.run;

import dev.caravan.spec.Cluster;
import dev.caravan.spec.Expansion;
import dev.caravan.spec.InvalidSpec;
import dev.caravan.spec.RedactedSpec;
import dev.caravan.spec.Relaxations;
import dev.caravan.spec.SpecReader;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Begins runs from the text of specs, for triggers that bring text. Remembers the text of the newest runs for as long as
 * this process lives, as the journal keeps it without its secrets only. Thread-safe.
 */
public final class Submissions {
    private static final int REMEMBERED = 200;

    private final Runs runs;
    private final Map<String, Submission> begun = new LinkedHashMap<>();

    /**
     * A spec that was read and found valid.
     *
     * @param source command, inbox or http
     */
    public record Submission(String text, String name, Expansion expansion, Cluster cluster, Action action, String source) {
        /** The same text read again, as variables and files that it names may have other values by now. */
        public Submission again(String newSource) throws InvalidSpec {
            return read(text, name, expansion, action, newSource);
        }

        @Override
        public String toString() {
            return action.word() + " of " + name;
        }
    }

    public Submissions(Runs runs) {
        this.runs = runs;
    }

    /**
     * Reads a spec.
     *
     * @param name what messages call it
     * @throws InvalidSpec if it cannot be used
     */
    public static Submission read(String text, String name, Expansion expansion, Action action, String source) throws InvalidSpec {
        return new Submission(text, name, expansion, SpecReader.read(text, name, expansion), action, source);
    }

    /** Begins a run of it; see {@link Runs#begin}. */
    public Run begin(Submission submission) throws Busy {
        Run run = runs.begin(new Runs.Order(submission.cluster(), RedactedSpec.of(submission.text()), submission.expansion().directory(), submission.action(),
                submission.source(), Relaxations.of(submission.cluster())));
        synchronized (begun) {
            begun.put(run.id(), submission);
            if (begun.size() > REMEMBERED) {
                begun.remove(begun.keySet().iterator().next());
            }
        }
        return run;
    }

    /** What that run was begun with, where it is one of the newest that this process began from text. */
    public Optional<Submission> of(String run) {
        synchronized (begun) {
            return Optional.ofNullable(begun.get(run));
        }
    }
}
