package dev.caravan.journal;

import dev.caravan.history.RunState;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads the table {@code run}. Thread-safe. */
final class RunRows {
    /* Only the first events are looked at, of which the start is one. */
    static final String SELECT = "select run.*, (select min(event.at) from event where event.run = run.id and event.seq < 4 "
            + "and event.type = 'run-started') as started_at from run";

    private final Reader reader;

    RunRows(Reader reader) {
        this.reader = reader;
    }

    Optional<RunRecord> one(String id) {
        return reader.query(SELECT + " where id = ?", RunRows::read, id).stream().findFirst();
    }

    List<RunRecord> all(RunFilter filter) {
        StringBuilder sql = new StringBuilder(SELECT).append(" where true");
        List<Object> values = new ArrayList<>();
        Map.of("state", filter.state().map(RunState::word), "cluster", filter.cluster(), "action", filter.action())
                .forEach((column, wanted) -> wanted.ifPresent(value -> {
                    sql.append(" and ").append(column).append(" = ?");
                    values.add(value);
                }));
        filter.id().ifPresent(beginning -> {
            sql.append(" and substr(id, 1, ?) = ?");
            values.addAll(List.of(beginning.length(), beginning));
        });
        filter.since().ifPresent(since -> {
            sql.append(" and created_at >= ?");
            values.add(Sql.time(since));
        });
        filter.before().ifPresent(before -> {
            sql.append(" and (created_at < ?");
            values.add(Sql.time(before.at()));
            before.run().ifPresent(run -> {
                sql.append(" or created_at = ? and id > ?");
                values.addAll(List.of(Sql.time(before.at()), run));
            });
            sql.append(')');
        });
        values.add(filter.limit());
        return reader.query(sql.append(" order by created_at desc, id limit ?").toString(), RunRows::read, values.toArray());
    }

    boolean hasAny(boolean rehearsal) {
        return !reader.query("select id from run where rehearsal = ? limit 1", row -> row.getString("id"), rehearsal).isEmpty();
    }

    List<String> clusters(int limit) {
        return reader.query("select cluster, max(created_at) as newest from run group by cluster order by newest desc, cluster limit ?",
                row -> row.getString("cluster"), limit);
    }

    static RunRecord read(ResultSet row) throws SQLException {
        return new RunRecord(
                row.getString("id"),
                row.getString("cluster"),
                row.getString("action"),
                row.getString("source"),
                row.getBoolean("rehearsal"),
                row.getString("spec"),
                row.getString("directory"),
                RunState.of(row.getString("state")),
                Sql.instant(row, "created_at").orElseThrow(),
                Sql.instant(row, "started_at"),
                Sql.instant(row, "ended_at"),
                row.getBoolean("confined"),
                Optional.ofNullable(row.getString("begun_by")));
    }
}
