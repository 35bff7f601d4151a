package dev.caravan.journal;

import dev.caravan.journal.Writer.Way;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Deletes runs that are old enough, unless something still needs them. Thread-safe. */
final class Deletion {
    /** How long a run is kept by which a request or a file that comes again is recognised. */
    private static final Duration RECOGNISED = Duration.ofDays(1);
    /** Its values are those of {@link #limits}. What follows may select among these. */
    private static final String DELETABLE = "select * from (select known.*, row_number() over"
            + " (partition by cluster order by created_at desc, id) as place from (" + RunRows.SELECT + ") known) ranked"
            + " where place > ? and ended_at < ? and (ended_at < ? or source <> 'inbox'"
            + " and not exists (select name from request_key where request_key.run = ranked.id))"
            + " and not exists (select name from claim where claim.run = ranked.id)"
            + " and not exists (select id from found where found.run = ranked.id and not found.rolled_back)";
    private static final int ASKED_AT_ONCE = 500;

    private final Reader reader;
    private final Writer writer;
    private final String clock;

    Deletion(Reader reader, Writer writer, Database database) {
        this.reader = reader;
        this.writer = writer;
        this.clock = database.now();
    }

    List<RunRecord> deletable(Retention keep, Instant now) {
        return keep.isOn()
                ? reader.query(DELETABLE + " order by created_at, id", RunRows::read, limits(keep, now).toArray())
                : List.of();
    }

    private static List<Object> limits(Retention keep, Instant now) {
        return List.of(keep.runs().orElse(1), Sql.time(now.minus(Duration.ofDays(keep.days().orElse(0)))), Sql.time(now.minus(RECOGNISED)));
    }

    boolean delete(String run, Retention keep, Instant now) {
        List<Object> values = new ArrayList<>(limits(keep, now));
        values.add(run);
        // Alone, so that no engine claims it or begins another run meanwhile.
        return keep.isOn() && writer.write(Way.ALONE, (connection, engine) -> {
            if (Sql.query(connection, DELETABLE + " and id = ?", RunRows::read, values.toArray()).isEmpty()) {
                return false;
            }
            Sql.update(connection, "delete from event where run = ?", run);
            Sql.update(connection, "delete from found where run = ?", run);
            Sql.update(connection, "delete from request_key where run = ?", run);
            Sql.update(connection, "delete from run where id = ?", run);
            Sql.update(connection, "delete from deleted_run where id = ?", run);
            Sql.update(connection, "insert into deleted_run (id, deleted_at) values (?, " + clock + ")", run);
            return true;
        });
    }

    Set<String> deleted(Collection<String> runs) {
        Set<String> deleted = new HashSet<>();
        List<String> all = List.copyOf(runs);
        for (int from = 0; from < all.size(); from += ASKED_AT_ONCE) {
            List<String> some = all.subList(from, Math.min(all.size(), from + ASKED_AT_ONCE));
            // A later run may have the same id.
            deleted.addAll(reader.query("select id from deleted_run where id in " + Sql.places(some.size())
                    + " and not exists (select id from run where run.id = deleted_run.id)",
                    row -> row.getString("id"), some.toArray()));
        }
        return deleted;
    }
}
