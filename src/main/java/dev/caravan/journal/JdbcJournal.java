package dev.caravan.journal;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.caravan.history.Event;
import dev.caravan.history.EventRow;
import dev.caravan.history.Occurrence;
import dev.caravan.history.Occurrence.HostWaiting;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.Occurrence.RunQueued;
import dev.caravan.history.Occurrence.StepProgress;
import dev.caravan.history.RunState;
import dev.caravan.journal.Writer.Way;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** A journal in a database reached over JDBC: one connection to write by, one to read by. */
final class JdbcJournal implements Journal {
    private static final String INSERT_KEY = "insert into request_key (name, digest, run) values (?, ?, ?)";
    /** How long a run is kept by which a request or a file that comes again is recognised. */
    private static final Duration RECOGNISED = Duration.ofDays(1);
    /** Its values are those of {@link #limits}. What follows may select among these. */
    private static final String DELETABLE = "select * from (select run.*, row_number() over"
            + " (partition by cluster order by created_at desc, id) as place from run) ranked"
            + " where place > ? and ended_at < ? and (ended_at < ? or source <> 'inbox'"
            + " and not exists (select name from request_key where request_key.run = ranked.id))"
            + " and not exists (select name from claim where claim.run = ranked.id)"
            + " and not exists (select id from found where found.run = ranked.id and not found.rolled_back)";
    private static final int ASKED_AT_ONCE = 500;

    private final Database database;
    private final Link reading;
    private final Link writing;
    private final Writer writer;
    private final Claims claims;
    private final Vault vault;
    private final OwnRuns own = new OwnRuns();
    private final ObjectMapper json = new ObjectMapper();
    private final List<Consumer<Event>> listeners = new CopyOnWriteArrayList<>();

    private JdbcJournal(Database database, JournalPlace place, Timing timing) {
        this.database = database;
        this.reading = new Link(database, timing.reconnect());
        this.writing = new Link(database, timing.reconnect());
        this.writer = new Writer(writing, database, place.engine(), timing, own::forgetNumbers);
        this.claims = new Claims(timing.silence(), database.isOfThisMachine());
        this.vault = Vault.of(place);
    }

    static JdbcJournal open(JournalPlace place) {
        return open(place, place.url().<Database>map(url -> new PostgresDatabase(url, place.password()))
                .orElseGet(() -> new EmbeddedDatabase(place.data())), Timing.USUAL);
    }

    static JdbcJournal open(JournalPlace place, Database database, Timing timing) {
        JdbcJournal journal = new JdbcJournal(database, place, timing);
        try {
            journal.writing.open();
            // Again where the process that has the file ends meanwhile.
            journal.writing.call(connection -> {
                database.migrate();
                return null;
            });
            return journal;
        } catch (SQLException | RuntimeException e) {
            journal.close();
            throw new CannotOpen("cannot open " + database.name() + ": " + database.explain(e), e);
        }
    }

    /** Refuses a key that is not to be had, or not the one under which earlier runs' finds were sealed, before any host is touched. */
    void requireKey() {
        try {
            vault.require();
            query("select * from found where not rolled_back order by id desc limit 1",
                    row -> vault.open(row.getString("line"), about(row.getString("run"), row.getString("address"), row.getString("step"))));
        } catch (JournalException e) {
            close();
            throw new CannotOpen(e.getMessage(), e);
        }
    }

    // ---- runs and what happened in them

    @Override
    public void begin(RunRecord run, Optional<RequestKey> key) {
        Optional<String> sealed = key.map(this::sealed);
        writer.write(Way.DURABLE, (connection, engine) -> {
            Sql.update(connection,
                    "insert into run (id, cluster, action, source, rehearsal, spec, directory, state, created_at, confined) "
                            + "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    run.id(), run.cluster(), run.action(), run.source(), run.rehearsal(), run.spec(), run.directory(), run.state().word(),
                    Sql.time(run.createdAt()), run.confined());
            if (key.isPresent()) {
                Sql.update(connection, INSERT_KEY, key.get().name(), sealed.orElseThrow(), run.id());
            }
            return null;
        });
    }

    @Override
    public void keepKey(String run, RequestKey key) {
        updateRun(run, INSERT_KEY, key.name(), sealed(key), run);
    }

    private String sealed(RequestKey key) {
        return vault.seal(key.digest(), "request\n" + key.name());
    }

    @Override
    public Optional<RequestKey.Used> usedKey(String name) {
        return query("select digest, run from request_key where name = ?",
                row -> new RequestKey.Used(new RequestKey(name, vault.open(row.getString("digest"), "request\n" + name)),
                        row.getString("run")), name)
                .stream().findFirst();
    }

    @Override
    public void running(String run) {
        updateRun(run, "update run set state = 'running' where id = ?", run);
    }

    @Override
    public Event end(String run, RunEnded end) {
        Draft last = draft(run, end);
        return writer.write(Way.DURABLE, (connection, engine) -> {
            Event event = last.write(connection, engine);
            Sql.update(connection, "update run set state = ?, exit_status = ?, ended_at = ? where id = ?", end.state().word(),
                    end.exitStatus().code(), Sql.time(event.at()), run);
            return event;
        }, this::publish);
    }

    @Override
    public Event append(String run, Occurrence what) {
        Way way = what instanceof StepProgress || what instanceof HostWaiting ? Way.LOOSE : Way.DURABLE;
        return writer.write(way, draft(run, what)::write, this::publish);
    }

    private Draft draft(String run, Occurrence what) {
        EventRow whole = EventRow.of(what);
        EventRow row = new EventRow(whole.type(), whole.host(), whole.step(), whole.attempt(), Characters.storable(whole.message()),
                whole.data());
        return new Draft(now(), run, row, own);
    }

    private void publish(Event event) {
        listeners.forEach(listener -> listener.accept(event));
    }

    /** An event that gets its number when it is written. */
    private record Draft(Instant at, String run, EventRow row, OwnRuns own) {
        Event write(Connection connection, String engine) throws SQLException {
            long seq = own.next(connection, run, engine);
            Sql.update(connection,
                    "insert into event (run, seq, at, type, host, step, attempt, message, data) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    run, seq, Sql.time(at), row.type(), row.host().orElse(null), row.step().orElse(null), row.attempt(), row.message(),
                    Characters.storableJson(row.data().toString()));
            return new Event(seq, at, run, row.occurrence());
        }
    }

    @Override
    public List<Event> events(String run, long after) {
        return query("select run, seq, at, type, host, step, attempt, message, data from event where run = ? and seq > ? order by seq",
                this::event, run, after);
    }

    private Event event(ResultSet row) throws SQLException {
        String run = row.getString("run");
        try {
            EventRow stored = new EventRow(row.getString("type"), Optional.ofNullable(row.getString("host")),
                    Optional.ofNullable(row.getString("step")), row.getInt("attempt"), row.getString("message"),
                    json.readValue(row.getString("data"), ObjectNode.class));
            return new Event(row.getLong("seq"), row.getObject("at", OffsetDateTime.class).toInstant(), run, stored.occurrence());
        } catch (JsonProcessingException | IllegalArgumentException e) {
            throw new JournalException("an event of run " + run + " cannot be read: " + e.getMessage(), e);
        }
    }

    @Override
    public Optional<RunRecord> run(String id) {
        return query("select * from run where id = ?", JdbcJournal::runRecord, id).stream().findFirst();
    }

    @Override
    public List<RunRecord> runs(RunFilter filter) {
        StringBuilder sql = new StringBuilder("select * from run where true");
        List<Object> values = new ArrayList<>();
        Map.of("state", filter.state().map(RunState::word), "cluster", filter.cluster(), "action", filter.action())
                .forEach((column, wanted) -> wanted.ifPresent(value -> {
                    sql.append(" and ").append(column).append(" = ?");
                    values.add(value);
                }));
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
        return query(sql.append(" order by created_at desc, id limit ?").toString(), JdbcJournal::runRecord, values.toArray());
    }

    @Override
    public boolean hasRuns(boolean rehearsal) {
        return !query("select id from run where rehearsal = ? limit 1", row -> row.getString("id"), rehearsal).isEmpty();
    }

    @Override
    public List<String> clusters(int limit) {
        return query("select cluster, max(created_at) as newest from run group by cluster order by newest desc, cluster limit ?",
                row -> row.getString("cluster"), limit);
    }

    private static RunRecord runRecord(ResultSet row) throws SQLException {
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
                Sql.instant(row, "ended_at"),
                row.getBoolean("confined"));
    }

    // ---- what was found

    @Override
    public void keepFound(String run, String host, String address, String step, String line) {
        String sealed = vault.seal(line, about(run, address, step));
        updateRun(run, "insert into found (run, host, address, step, line) values (?, ?, ?, ?, ?)", run, host, address, step, sealed);
    }

    @Override
    public List<Found> found(String cluster, String address) {
        List<Found> sealed = query("select found.* from found join run on run.id = found.run"
                        + " where run.cluster = ? and found.address = ? and not found.rolled_back order by found.id",
                row -> new Found(row.getLong("id"), row.getString("run"), row.getString("host"), row.getString("address"),
                        row.getString("step"), row.getString("line")),
                cluster, address);
        return sealed.stream()
                .map(one -> new Found(one.id(), one.run(), one.host(), one.address(), one.step(),
                        vault.open(one.line(), about(one.run(), one.address(), one.step()))))
                .toList();
    }

    @Override
    public boolean hasFound(String run) {
        return !query("select id from found where run = ? and not rolled_back limit 1", row -> row.getLong("id"), run).isEmpty();
    }

    @Override
    public Optional<String> rolledBackBy(String run) {
        // The first event of a run names the runs that it rolls back. For an apply these are the runs that it replaces.
        return query("select event.* from event join run on run.id = event.run"
                        + " where run.action in ('rollback', 'rollback-run') and event.type = ?"
                        + " and run.cluster = (select cluster from run where id = ?) order by run.created_at desc",
                        this::event, EventRow.word(RunQueued.class), run).stream()
                .filter(event -> event.as(RunQueued.class).filter(queued -> queued.rollsBack().contains(run)).isPresent())
                .map(Event::run)
                .findFirst();
    }

    private static String about(String run, String address, String step) {
        return run + "\n" + address + "\n" + step;
    }

    @Override
    public void markRolledBack(Collection<Found> found) {
        List<Long> ids = found.stream().map(Found::id).toList();
        writer.write(Way.DURABLE, (connection, engine) -> {
            for (Long id : ids) {
                Sql.update(connection, "update found set rolled_back = true where id = ?", id);
            }
            return null;
        });
    }

    // ---- who works on what

    private record Claimed(Optional<String> holder, String engine) {}

    @Override
    public Optional<String> claim(String run, Collection<String> names) {
        return writer.write(Way.ALONE,
                (connection, engine) -> new Claimed(claims.claim(connection, engine, run, names), engine),
                claimed -> {
                    if (claimed.holder().isEmpty()) {
                        own.claimed(run, claimed.engine());
                    }
                }).holder();
    }

    @Override
    public void release(String run) {
        writer.write(Way.DURABLE,
                (connection, engine) -> Sql.update(connection, "delete from claim where run = ? and engine = ?", run, engine),
                rows -> own.released(run));
    }

    @Override
    public List<RunRecord> orphans() {
        return read(connection -> claims.orphans(connection,
                Sql.query(connection, "select * from run where ended_at is null order by created_at, id", JdbcJournal::runRecord)));
    }

    // ---- what is deleted

    @Override
    public List<RunRecord> deletable(Retention keep, Instant now) {
        return keep.isOn() ? query(DELETABLE + " order by created_at, id", JdbcJournal::runRecord, limits(keep, now).toArray()) : List.of();
    }

    private static List<Object> limits(Retention keep, Instant now) {
        return List.of(keep.runs().orElse(1), Sql.time(now.minus(Duration.ofDays(keep.days().orElse(0)))), Sql.time(now.minus(RECOGNISED)));
    }

    @Override
    public boolean delete(String run, Retention keep, Instant now) {
        List<Object> values = new ArrayList<>(limits(keep, now));
        values.add(run);
        // Alone, so that no engine claims it or begins another run meanwhile.
        return keep.isOn() && writer.write(Way.ALONE, (connection, engine) -> {
            if (Sql.query(connection, DELETABLE + " and id = ?", JdbcJournal::runRecord, values.toArray()).isEmpty()) {
                return false;
            }
            Sql.update(connection, "delete from event where run = ?", run);
            Sql.update(connection, "delete from found where run = ?", run);
            Sql.update(connection, "delete from request_key where run = ?", run);
            Sql.update(connection, "delete from run where id = ?", run);
            Sql.update(connection, "delete from deleted_run where id = ?", run);
            Sql.update(connection, "insert into deleted_run (id, deleted_at) values (?, current_timestamp)", run);
            return true;
        });
    }

    @Override
    public Set<String> deleted(Collection<String> runs) {
        Set<String> deleted = new HashSet<>();
        List<String> all = List.copyOf(runs);
        for (int from = 0; from < all.size(); from += ASKED_AT_ONCE) {
            List<String> some = all.subList(from, Math.min(all.size(), from + ASKED_AT_ONCE));
            // A later run may have the same id.
            deleted.addAll(query("select id from deleted_run where id in " + Sql.places(some.size())
                    + " and not exists (select id from run where run.id = deleted_run.id)",
                    row -> row.getString("id"), some.toArray()));
        }
        return deleted;
    }

    // ----

    @Override
    public AutoCloseable listen(Consumer<Event> listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    @Override
    public void close() {
        writer.close();
        reading.close();
        writing.close();
    }

    private void updateRun(String run, String sql, Object... values) {
        writer.write(Way.DURABLE, (connection, engine) -> {
            own.require(connection, run, engine);
            return Sql.update(connection, sql, values);
        });
    }

    private <T> List<T> query(String sql, Sql.Row<T> reader, Object... values) {
        return read(connection -> Sql.query(connection, sql, reader, values));
    }

    private <T> T read(Link.Work<T> work) {
        try {
            return reading.call(connection -> {
                T result = work.with(connection);
                connection.commit();
                return result;
            });
        } catch (SQLException e) {
            throw new JournalException(database.name() + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static Instant now() {
        return Instant.now().truncatedTo(ChronoUnit.MILLIS);
    }
}
