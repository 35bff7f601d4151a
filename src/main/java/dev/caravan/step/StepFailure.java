package dev.caravan.step;

import dev.caravan.history.Failure;
import java.util.List;

/**
 * A step that did not do its work. Routes tell failures apart by {@link #getKind()} and {@link #isTransient()}, for instance
 * {@code onWhen: {simple: "${exception.kind} == 'package-lock'"}}. The message never holds the command or its input.
 */
public class StepFailure extends Exception {
    /** A connection that was there is lost; the next attempt attaches to the same detached step. */
    public static final String CONNECTION = "connection";
    /** No connection came about. */
    public static final String UNREACHABLE = "unreachable";
    /** No runner serves the zone of the host. */
    public static final String NO_RUNNER = "no-runner";

    /** A run of another engine holds the host; nothing was changed there. */
    public static final String HELD = "held";

    private final String host;
    private final String step;
    private final String kind;
    private final boolean isTransient;
    private final String remedy;
    private final transient List<String> lastWords;

    public StepFailure(
            String host, String step, String kind, boolean isTransient, String problem, String remedy, List<String> lastWords,
            Throwable cause) {
        super(problem, cause);
        this.host = host;
        this.step = step;
        this.kind = kind;
        this.isTransient = isTransient;
        this.remedy = remedy;
        this.lastWords = List.copyOf(lastWords);
    }

    public String getHost() {
        return host;
    }

    public String getStep() {
        return step;
    }

    /** The word for the kind of error, from {@code routes/errors/failures.yaml}; {@code connection} where SSH failed. */
    public String getKind() {
        return kind;
    }

    /** Whether that kind of error says something about the connection and nothing about the step, which may still run. */
    public static boolean isOfTheConnection(String kind) {
        return kind.equals(CONNECTION) || kind.equals(UNREACHABLE) || kind.equals(NO_RUNNER);
    }

    /** Whether the same step may well succeed a little later: {@code ${exception.transient}}. */
    public boolean isTransient() {
        return isTransient;
    }

    /** What {@link #isTransient()} is called in routes that users wrote for earlier versions. */
    public boolean isPassing() {
        return isTransient;
    }

    /** What the reader can do; may be empty. */
    public String getRemedy() {
        return remedy;
    }

    /** As events hold it. */
    public Failure recorded() {
        return new Failure(kind, remedy, lastWords);
    }

    /** The last lines that the command printed. */
    public List<String> getLastWords() {
        return lastWords;
    }
}
