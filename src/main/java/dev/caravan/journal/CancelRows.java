package dev.caravan.journal;

import dev.caravan.journal.Writer.Way;
import java.util.List;
import java.util.Optional;

/** The table {@code cancel_request}. Thread-safe. */
final class CancelRows {
    static final String DELETE = "delete from cancel_request where run = ?";
    private final Reader reader;
    private final Writer writer;
    private final String clock;

    CancelRows(Reader reader, Writer writer, Database database) {
        this.reader = reader;
        this.writer = writer;
        this.clock = database.now();
    }

    void add(String run, Optional<String> by) {
        writer.write(Way.DURABLE, (connection, engine) -> Sql.update(connection, "insert into cancel_request (run, asked_by, asked_at)"
                + " select id, ?, " + clock + " from run where id = ? and ended_at is null on conflict do nothing", by.orElse(null), run));
    }

    List<CancelRequest> all() {
        return reader.query("select run, asked_by from cancel_request order by asked_at",
                row -> new CancelRequest(row.getString("run"), Optional.ofNullable(row.getString("asked_by"))));
    }

    void delete(String run) {
        writer.write(Way.DURABLE, (connection, engine) -> Sql.update(connection, DELETE, run));
    }
}
