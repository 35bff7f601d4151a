package dev.caravan.journal;

import dev.caravan.journal.Writer.Way;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The runs that this engine works on, and those that no engine does. Thread-safe. */
final class OwnClaims {
    static final String RELEASE = "delete from claim where run = ? and engine = ?";

    private final Reader reader;
    private final Link writing;
    private final Writer writer;
    private final Claims claims;
    private final OwnRuns own;
    private final Lease lease;

    OwnClaims(Reader reader, Link writing, Writer writer, Claims claims, OwnRuns own, Lease lease) {
        this.reader = reader;
        this.writing = writing;
        this.writer = writer;
        this.claims = claims;
        this.own = own;
        this.lease = lease;
    }

    private record Claimed(Optional<String> holder, String engine) {}

    Optional<String> claim(String run, Collection<String> names) {
        return writer.write(Way.ALONE,
                (connection, engine) -> new Claimed(claims.claim(connection, writing.hasReconnected(), engine, run, names), engine),
                claimed -> {
                    if (claimed.holder().isEmpty()) {
                        own.claimed(run, claimed.engine());
                    }
                }).holder();
    }

    void release(String run) {
        writer.write(Way.DURABLE,
                (connection, engine) -> Sql.update(connection, RELEASE, run, engine),
                rows -> own.released(run));
    }

    List<RunRecord> orphans() {
        return reader.read((connection, wasLost) -> {
            List<RunRecord> orphans = claims.orphans(connection, wasLost, unended(connection));
            // One that ended in between has neither its claims nor anything left to do.
            return orphans.isEmpty() ? orphans : orphans.stream().filter(Set.copyOf(unended(connection))::contains).toList();
        });
    }

    private static List<RunRecord> unended(Connection connection) throws SQLException {
        return Sql.query(connection, RunRows.SELECT + " where ended_at is null order by created_at, id", RunRows::read);
    }

    boolean isOwn(String run) {
        return own.has(run) && lease.isHeld();
    }
}
