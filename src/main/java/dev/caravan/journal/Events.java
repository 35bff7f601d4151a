package dev.caravan.journal;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.caravan.history.Event;
import dev.caravan.history.EventRow;
import dev.caravan.history.Occurrence.HostWaiting;
import dev.caravan.history.Occurrence.RunQueued;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.Occurrence.StepProgress;
import dev.caravan.history.Occurrence.StepRetried;
import dev.caravan.history.Occurrence.StepStarted;
import dev.caravan.history.StepState;
import dev.caravan.history.Undoes;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Reads the table {@code event}. Thread-safe. */
final class Events {
    private static final String SELECT = "select run, seq, at, type, host, step, attempt, message, data from event where run = ?";
    private static final String OF_STEPS = Stream.of(StepStarted.class, StepProgress.class, StepRetried.class, StepEnded.class,
            HostWaiting.class).map(EventRow::word).collect(Collectors.joining("', '", "('", "')"));
    private static final String ENDED = "type = '" + EventRow.word(StepEnded.class) + "'";
    private static final String WHICH = "coalesce(host, '') || ' ' || step";
    /* A quote within a text of the data is written with a backslash. */
    private static final String FAILED = ENDED + " and data like '%\"state\":\"" + StepState.FAILED.word() + "\"%'";

    private final Reader reader;
    private final ObjectMapper json = new ObjectMapper();

    Events(Reader reader) {
        this.reader = reader;
    }

    List<Event> after(String run, long after) {
        return reader.query(SELECT + " and seq > ? order by seq", this::event, run, after);
    }

    Optional<Event> first(String run) {
        return reader.query(SELECT + " order by seq limit 1", this::event, run).stream().findFirst();
    }

    Optional<List<Event>> outline(String run, long longerThan) {
        if (reader.query(SELECT + " and seq > ? limit 1", row -> true, run, longerThan).isEmpty()) {
            return Optional.empty();
        }
        // A step that failed may have run again later.
        return Optional.of(reader.query(SELECT + " and (type not in " + OF_STEPS + " or " + ENDED + " and " + WHICH + " in (select "
                + WHICH + " from event where run = ? and " + FAILED + ")) order by seq", this::event, run, run));
    }

    private Event event(ResultSet row) throws SQLException {
        String run = row.getString("run");
        try {
            EventRow stored = new EventRow(row.getString("type"), Optional.ofNullable(row.getString("host")),
                    Optional.ofNullable(row.getString("step")), row.getInt("attempt"), row.getString("message"),
                    json.readValue(row.getString("data"), ObjectNode.class));
            return new Event(row.getLong("seq"), Sql.instant(row, "at").orElseThrow(), run, stored.occurrence());
        } catch (JsonProcessingException | IllegalArgumentException e) {
            throw new JournalException("an event of run " + run + " cannot be read: " + e.getMessage(), e);
        }
    }

    Optional<String> rolledBackBy(String run) {
        // The first event of a run names the runs that it rolls back. For an apply these are the runs that it replaces. What a run undoes
        // was not recorded by earlier versions: there its action says so.
        return reader.query("select event.* from event join run on run.id = event.run"
                        + " where event.type = ? and (event.data like '%\"undoes\":\"run\"%'"
                        + " or run.action in ('rollback', 'rollback-run'))"
                        + " and run.cluster = (select cluster from run where id = ?) order by run.created_at desc",
                        this::event, EventRow.word(RunQueued.class), run).stream()
                .filter(event -> event.as(RunQueued.class)
                        .filter(queued -> queued.undoes() == Undoes.RUN && queued.rollsBack().contains(run)).isPresent())
                .map(Event::run)
                .findFirst();
    }
}
