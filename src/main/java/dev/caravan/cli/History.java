package dev.caravan.cli;

import dev.caravan.clusters.KnownCluster;
import dev.caravan.history.Event;
import dev.caravan.journal.RunRecord;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Where runs are looked up: a journal, or an engine that serves. Used by one thread. */
interface History extends AutoCloseable {

    /** The newest runs first. */
    List<RunRecord> newest(int limit) throws IOException, UserError;

    /** The ids of runs that have not ended and that no engine works on, as far as is known here. */
    Set<String> unfinished() throws IOException, UserError;

    /** The run of exactly that id. */
    Optional<RunRecord> run(String id) throws IOException, UserError;

    /** What happened in a run until now, in order. */
    List<Event> events(RunRecord run) throws IOException, UserError;

    /** What failed in a run of more events than that, and how it ended; empty of other runs, and where this cannot be asked. */
    default Optional<List<Event>> outline(RunRecord run, long longerThan) {
        return Optional.empty();
    }

    /** What happens in a run, from its beginning on. */
    Following follow(RunRecord run) throws IOException, UserError;

    /** A step's log from that byte on, as far as it goes now; empty where there is none. */
    Optional<byte[]> log(RunRecord run, String host, String step, long from) throws IOException, UserError;

    /** The clusters that there are runs of, the one of the newest run first. */
    List<KnownCluster> clusters() throws IOException, UserError;

    /** The kubeconfig of that cluster. */
    Optional<byte[]> kubeconfig(String cluster) throws IOException, UserError;

    @Override
    void close();

    /** The events of a run as they come. */
    interface Following extends AutoCloseable {
        /** The next ones; after that time at the latest, and then perhaps none. */
        List<Event> next(Duration wait) throws IOException, UserError, InterruptedException;

        @Override
        void close();
    }

    /** The run whose id this is, or begins with this. */
    default RunRecord find(String id) throws IOException, UserError {
        Optional<RunRecord> exact = run(id);
        if (exact.isPresent()) {
            return exact.get();
        }
        return Prefix.only(id, newest(Prefix.LOOKED_THROUGH), toString(), "caravan runs lists");
    }

    /** Ids that are cut short. */
    final class Prefix {
        static final int LOOKED_THROUGH = 500;
        private static final int NAMED = 5;

        private Prefix() {}

        /** @param listed what lists the runs that there are */
        static RunRecord only(String beginning, List<RunRecord> runs, String where, String listed) throws UserError {
            List<RunRecord> matching = beginning.isEmpty()
                    ? List.of()
                    : runs.stream().filter(run -> run.id().startsWith(beginning)).toList();
            if (matching.size() > 1) {
                List<String> ids = matching.stream().map(RunRecord::id).limit(NAMED).toList();
                throw new UserError(beginning + " may be " + String.join(", ", ids) + (matching.size() > NAMED ? " and others" : "")
                        + "; give more of the id");
            }
            return matching.stream().findFirst()
                    .orElseThrow(() -> new UserError(where + " has no run " + beginning + "; " + listed + " those it has"));
        }
    }
}
