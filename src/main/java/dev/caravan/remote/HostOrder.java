package dev.caravan.remote;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * What an engine asks of one host, once: plain data, which refers to no live run, and has a JSON form. Each may be given again: a host
 * knows the steps that it has begun by their ids, and answers a second time as it did the first. The generated texts are not used:
 * standard input and content may hold secrets.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "order")
@JsonSubTypes({
    @JsonSubTypes.Type(value = HostOrder.Launch.class, name = "launch"), @JsonSubTypes.Type(value = HostOrder.Stop.class, name = "stop"),
    @JsonSubTypes.Type(value = HostOrder.Clear.class, name = "clear"), @JsonSubTypes.Type(value = HostOrder.Piece.class, name = "piece")
})
public sealed interface HostOrder {

    /** What it is about, for messages: a step's id, or words. */
    String about();

    /**
     * Starts a step, or finds it again, and follows its log until it ends.
     *
     * @param id        the step's, unique among all runs
     * @param known     how many bytes of its log have been seen
     * @param done      ids of earlier steps on that host whose directories are to be removed
     * @param libraries what the script sources, by file name
     */
    record Launch(
            String id, String step, long known, List<String> done, Map<String, String> environment, String script,
            Map<String, String> libraries, byte[] stdin, long timeoutMillis) implements HostOrder {

        public Launch {
            Launcher.requireWord(id);
            Launcher.requireWord(step);
            done.forEach(Launcher::requireWord);
        }

        @Override
        public String about() {
            return id;
        }

        Duration timeout() {
            return Duration.ofMillis(timeoutMillis);
        }

        @Override
        public String toString() {
            return step + " (" + id + ")";
        }
    }

    /**
     * Stops a step, if it runs.
     *
     * @param known how many bytes of its log have been seen; the others follow. {@link #NOT_FOLLOWED}: none do
     */
    record Stop(String id, long known) implements HostOrder {
        /** Of a step whose log is followed elsewhere. */
        static final long NOT_FOLLOWED = -1;

        public Stop {
            Launcher.requireWord(id);
        }

        @Override
        public String about() {
            return id;
        }
    }

    /** Removes what these ended steps left. @param lock the run whose lock on the host is released; empty if it is kept */
    record Clear(String lock, List<String> ids) implements HostOrder {
        public Clear {
            ids.forEach(Launcher::requireWord);
        }

        @Override
        public String about() {
            return "what ended steps left";
        }
    }

    /** What is done with the file of a step. */
    enum Move { READ, LOOK, WRITE, COMPLETE }

    /**
     * Reads or writes a piece of the file of a step.
     *
     * @param length of the piece, in bytes
     * @param sha256 of the whole file, to complete it
     */
    record Piece(Move move, String id, long at, long length, String sha256, byte[] content, long timeoutMillis) implements HostOrder {
        public Piece {
            Launcher.requireWord(id);
            if (!sha256.matches("-|[0-9a-f]{64}")) {
                throw new IllegalArgumentException("not a SHA-256");
            }
        }

        @Override
        public String about() {
            return id;
        }

        Duration timeout() {
            return Duration.ofMillis(timeoutMillis);
        }

        @Override
        public String toString() {
            return move + " " + length + " bytes of the file of " + id;
        }
    }
}
