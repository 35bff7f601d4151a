package dev.caravan.journal;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * The runs that a journal writes: which engine it was when it claimed each, and the number of the last event. Belongs to the
 * writer's thread.
 */
final class OwnRuns implements Writer.Events {
    private final Map<String, String> claimedAs = new HashMap<>();
    private final Map<String, Long> lastSeq = new HashMap<>();
    private final List<Consumer<String>> listeners = new CopyOnWriteArrayList<>();
    /** Those of them that no other engine has taken over; read by any thread. */
    private final Set<String> held = ConcurrentHashMap.newKeySet();

    void claimed(String run, String engine) {
        claimedAs.put(run, engine);
        held.add(run);
    }

    void released(String run) {
        claimedAs.remove(run);
        lastSeq.remove(run);
        held.remove(run);
    }

    /** Whether it was claimed here and no other engine has taken it over, as far as is known. May be called by any thread. */
    boolean has(String run) {
        return held.contains(run);
    }

    AutoCloseable listen(Consumer<String> listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    @Override
    public void afterFailure() {
        lastSeq.clear();
    }

    @Override
    public void lost(String engine) {
        List<String> lost = claimedAs.entrySet().stream().filter(each -> each.getValue().equals(engine)).map(Map.Entry::getKey).toList();
        held.removeAll(lost);
        lastSeq.keySet().removeAll(lost);
        // Listeners may wait for others, who write.
        Thread notifying = new Thread(() -> lost.forEach(run -> listeners.forEach(listener -> listener.accept(run))), "caravan-lost-runs");
        notifying.setDaemon(true);
        notifying.start();
    }

    /** @throws TakenOver where another engine has claimed that run, or took this one for gone */
    void require(Connection connection, String run, String engine) throws SQLException {
        String own = claimedAs.get(run);
        boolean others = own == null ? !lastSeq.containsKey(run) && isClaimedByOther(connection, run, engine) : !own.equals(engine);
        if (others) {
            throw new TakenOver(run);
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
