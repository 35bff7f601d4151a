package dev.caravan.journal;

import dev.caravan.history.Event;
import dev.caravan.history.EventRow;
import dev.caravan.history.Occurrence;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** An event that gets its number when it is written. */
record Draft(Instant at, String run, EventRow row, OwnRuns own) {
    /** Of now, with what a database can store of its message. */
    static Draft of(String run, Occurrence what, OwnRuns own) {
        EventRow whole = EventRow.of(what);
        return new Draft(Instant.now().truncatedTo(ChronoUnit.MILLIS), run, whole.withMessage(Characters.storable(whole.message())), own);
    }

    Event write(Connection connection, String engine) throws SQLException {
        long seq = own.next(connection, run, engine);
        Sql.update(connection,
                "insert into event (run, seq, at, type, host, step, attempt, message, data) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                run, seq, Sql.time(at), row.type(), row.host().orElse(null), row.step().orElse(null), row.attempt(), row.message(),
                Characters.storableJson(row.data().toString()));
        return new Event(seq, at, run, row.occurrence());
    }
}
