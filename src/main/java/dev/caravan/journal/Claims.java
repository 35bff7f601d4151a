package dev.caravan.journal;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which engine works on which cluster and host, in the tables {@code engine} and {@code claim}. Engines claim one at a time, so
 * that two who want some of the same names can neither both get them nor wait for each other.
 *
 * <p>An engine is gone
 * <ul>
 *   <li>where its process can be looked at: when that process is not there;
 *   <li>where not all engines are on this machine: also when it has given no sign of life for so long, by the database's clock. Time in
 *       which the database itself was away does not count, as no engine could give one. Where all are on this machine, one that sleeps, or
 *       waits for its disk, is not gone.
 * </ul>
 * One that is gone is deleted with all its claims when another engine wants one of them. Should it be alive after all, it finds
 * its row missing at its next write (see {@link Writer}).
 */
final class Claims {
    private final Duration silence;
    private final boolean allHere;
    private final String select;

    Claims(Duration silence, Database database) {
        this.silence = silence;
        this.allHere = database.isOfThisMachine();
        this.select = "select id, host, boot, pid, began, written, seen_at, " + database.now() + " as now, " + database.upSince()
                + " as up_since, " + database.connectedSince() + " as connected_since from engine";
    }

    private record Claim(String name, String run, String engine) {}

    private record Work(String run, String engine) {}

    /** @param quiet how long it gave no sign of life, though it could have */
    private record Engine(String id, EngineIdentity identity, long written, Duration quiet) {}

    /**
     * As {@link Journal#claim}; in a transaction that has the turn.
     *
     * @param wasLost whether the database was lost, and this connection is a later one
     */
    Optional<String> claim(Connection connection, boolean wasLost, String engine, String run, Collection<String> names)
            throws SQLException {
        Set<String> wanted = new TreeSet<>(names);
        Set<String> have = new HashSet<>();
        Map<String, Engine> gone = new HashMap<>();
        Map<String, Engine> engines = engines(connection, wasLost);
        for (Claim claim : claims(connection, run, wanted)) {
            Engine holder = engines.get(claim.engine());
            if (claim.engine().equals(engine) && claim.run().equals(run)) {
                have.add(claim.name());
            } else if (!claim.engine().equals(engine) && isGone(holder)) {
                gone.put(holder.id(), holder);
            } else {
                return Optional.of(claim.run());
            }
        }
        for (Engine one : gone.values()) {
            if (!delete(connection, one)) {
                return firstOf(connection, one, run, wanted);
            }
        }
        for (String name : wanted) {
            if (!have.contains(name)) {
                Sql.update(connection, "insert into claim (name, run, engine) values (?, ?, ?)", name, run, engine);
            }
        }
        return Optional.empty();
    }

    private static List<Claim> claims(Connection connection, String run, Set<String> names) throws SQLException {
        List<Object> values = new ArrayList<>(names);
        values.add(run);
        return Sql.query(connection, "select name, run, engine from claim where "
                + (names.isEmpty() ? "" : "name in " + Sql.places(names.size()) + " or ") + "run = ? order by name",
                row -> new Claim(row.getString("name"), row.getString("run"), row.getString("engine")), values.toArray());
    }

    private static Optional<String> firstOf(Connection connection, Engine engine, String run, Set<String> names) throws SQLException {
        return claims(connection, run, names).stream().filter(claim -> claim.engine().equals(engine.id())).map(Claim::run).findFirst();
    }

    /** With all its claims; false where it has given a sign of life meanwhile. */
    private boolean delete(Connection connection, Engine engine) throws SQLException {
        boolean processEnded = hasEnded(engine);
        return processEnded
                ? Sql.update(connection, "delete from engine where id = ?", engine.id()) >= 0
                : Sql.update(connection, "delete from engine where id = ? and written = ?", engine.id(), engine.written()) == 1;
    }

    /** The runs among these that have not ended and that no living engine works on. @param wasLost as for a claim */
    List<RunRecord> orphans(Connection connection, boolean wasLost, List<RunRecord> unended) throws SQLException {
        Map<String, Engine> engines = engines(connection, wasLost);
        Set<String> workedOn = new HashSet<>();
        // A run has a claim for each of its hosts: its engine is looked for once.
        for (Work work : Sql.query(connection, "select distinct run, engine from claim",
                row -> new Work(row.getString("run"), row.getString("engine")))) {
            if (engines.containsKey(work.engine()) && !isGone(engines.get(work.engine()))) {
                workedOn.add(work.run());
            }
        }
        return unended.stream().filter(run -> !workedOn.contains(run.id())).toList();
    }

    private Map<String, Engine> engines(Connection connection, boolean wasLost) throws SQLException {
        Map<String, Engine> engines = new HashMap<>();
        Sql.query(connection, select, row -> new Engine(row.getString("id"),
                new EngineIdentity(row.getString("host"), row.getString("boot"), row.getLong("pid"), row.getLong("began")),
                row.getLong("written"), quiet(row, wasLost)))
                .forEach(engine -> engines.put(engine.id(), engine));
        return engines;
    }

    private static Duration quiet(ResultSet row, boolean wasLost) throws SQLException {
        Instant since = later(Sql.instant(row, "seen_at").orElseThrow(), Sql.instant(row, "up_since").orElseThrow());
        if (wasLost) {
            since = later(since, Sql.instant(row, "connected_since").orElseThrow());
        }
        return Duration.between(since, Sql.instant(row, "now").orElseThrow());
    }

    private static Instant later(Instant one, Instant other) {
        return one.isAfter(other) ? one : other;
    }

    private boolean isGone(Engine engine) {
        boolean isSeen = allHere && engine.identity().isThere().isPresent();
        return hasEnded(engine) || !isSeen && engine.quiet().compareTo(silence) > 0;
    }

    private boolean hasEnded(Engine engine) {
        return engine.identity().isThere().map(there -> !there).orElseGet(() -> allHere && engine.identity().isOfAnotherBoot());
    }
}
