package dev.caravan.journal;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The runs that a journal writes: which engine it was when it claimed each, and the number of the last event. Belongs to the
 * writer's thread.
 */
final class OwnRuns {
    private final Map<String, String> claimedAs = new HashMap<>();
    private final Map<String, Long> lastSeq = new HashMap<>();

    void claimed(String run, String engine) {
        claimedAs.put(run, engine);
    }

    void released(String run) {
        claimedAs.remove(run);
        lastSeq.remove(run);
    }

    /** After a transaction that may not have been committed, numbers are looked up again. */
    void forgetNumbers() {
        lastSeq.clear();
    }

    /** @throws JournalException where another engine has claimed that run, or took this one for gone */
    void require(Connection connection, String run, String engine) throws SQLException {
        String own = claimedAs.get(run);
        boolean others = own == null ? !lastSeq.containsKey(run) && isClaimedByOther(connection, run, engine) : !own.equals(engine);
        if (others) {
            throw new JournalException("run " + run
                    + " does not belong to this engine any more: it sent no heartbeat for so long that another engine may have "
                    + "resumed the run; see there", null);
        }
    }

    private static boolean isClaimedByOther(Connection connection, String run, String engine) throws SQLException {
        return !Sql.query(connection, "select engine from claim where run = ? and engine <> ?", row -> row.getString(1), run, engine)
                .isEmpty();
    }

    /** The number of that run's next event, which is then taken. */
    long next(Connection connection, String run, String engine) throws SQLException {
        require(connection, run, engine);
        Long last = lastSeq.get(run);
        if (last == null) {
            List<Long> found = Sql.query(connection, "select coalesce(max(seq), 0) from event where run = ?", row -> row.getLong(1), run);
            last = found.get(0);
        }
        lastSeq.put(run, last + 1);
        return last + 1;
    }
}
