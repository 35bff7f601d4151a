package dev.caravan.journal;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.flywaydb.core.Flyway;

/** A journal in a database reached over JDBC; plain SQL, one connection, one writer at a time. */
final class JdbcJournal implements Journal {
    private static final TypeReference<Map<String, Object>> MAP = new TypeReference<>() {};

    private final Connection connection;
    private final ObjectMapper json = new ObjectMapper();
    private final Map<String, Long> lastSeq = new HashMap<>();
    private final List<Consumer<Event>> listeners = new CopyOnWriteArrayList<>();

    private JdbcJournal(Connection connection) {
        this.connection = connection;
    }

    static JdbcJournal embedded(Path data) {
        try {
            Files.createDirectories(data);
        } catch (IOException e) {
            throw new JournalException("cannot create the data directory " + data + ": " + e.getMessage(), e);
        }
        // A second process (caravan status beside caravan serve) reaches the same file through the first, on loopback only.
        System.setProperty("h2.bindAddress", "127.0.0.1");
        return open("jdbc:h2:file:" + data.toAbsolutePath().resolve("journal")
                + ";AUTO_SERVER=TRUE;WRITE_DELAY=0", "the journal under " + data);
    }

    private static JdbcJournal open(String url, String what) {
        try {
            Flyway.configure(JdbcJournal.class.getClassLoader())
                    .dataSource(url, "caravan", "")
                    .locations("classpath:db/migration")
                    .load()
                    .migrate();
            return new JdbcJournal(DriverManager.getConnection(url, "caravan", ""));
        } catch (SQLException | RuntimeException e) {
            throw new JournalException("cannot open " + what + ": " + e.getMessage(), e);
        }
    }

    @Override
    public synchronized void begin(RunRecord run) {
        update("insert into run (id, cluster, action, source, rehearsal, spec, directory, state, created_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                run.id(), run.cluster(), run.action(), run.source(), run.rehearsal(), run.spec(), run.directory(), run.state(), time(run.createdAt()));
    }

    @Override
    public synchronized void running(String run) {
        update("update run set state = 'running' where id = ?", run);
    }

    @Override
    public synchronized void end(String run, String state, int exitStatus) {
        update("update run set state = ?, exit_status = ?, ended_at = ? where id = ?", state, exitStatus, time(now()), run);
    }

    @Override
    public synchronized Event append(
            String run, Event.Type type, String host, String step, int attempt, String message, Map<String, Object> data) {
        long seq = lastSeq.computeIfAbsent(run, this::lastSeq) + 1;
        Event event = new Event(
                seq, now(), run, type, Optional.ofNullable(host), Optional.ofNullable(step), attempt, message, Map.copyOf(data));
        try {
            update("insert into event (run, seq, at, type, host, step, attempt, message, data) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    run, seq, time(event.at()), type.word(), host, step, attempt, message, json.writeValueAsString(data));
        } catch (JsonProcessingException e) {
            throw new JournalException("an event of run " + run + " cannot be written as JSON", e);
        }
        lastSeq.put(run, seq);
        listeners.forEach(listener -> listener.accept(event));
        return event;
    }

    private long lastSeq(String run) {
        return query("select coalesce(max(seq), 0) from event where run = ?", row -> row.getLong(1), run).get(0);
    }

    @Override
    public synchronized List<Event> events(String run, long after) {
        return query("select run, seq, at, type, host, step, attempt, message, data from event where run = ? and seq > ? order by seq",
                row -> {
                    try {
                        return new Event(
                                row.getLong("seq"),
                                row.getObject("at", OffsetDateTime.class).toInstant(),
                                row.getString("run"),
                                Event.Type.valueOf(row.getString("type").toUpperCase(Locale.ROOT).replace('-', '_')),
                                Optional.ofNullable(row.getString("host")),
                                Optional.ofNullable(row.getString("step")),
                                row.getInt("attempt"),
                                row.getString("message"),
                                json.readValue(row.getString("data"), MAP));
                    } catch (JsonProcessingException e) {
                        throw new JournalException("an event of run " + run + " cannot be read", e);
                    }
                }, run, after);
    }

    @Override
    public synchronized Optional<RunRecord> run(String id) {
        return query("select * from run where id = ?", JdbcJournal::runRecord, id).stream().findFirst();
    }

    @Override
    public synchronized List<RunRecord> runs(int limit) {
        return query("select * from run order by created_at desc, id limit ?", JdbcJournal::runRecord, limit);
    }

    @Override
    public synchronized void keepFound(String run, String host, String address, String step, String line) {
        update("insert into found (run, host, address, step, line) values (?, ?, ?, ?, ?)", run, host, address, step, line);
    }

    @Override
    public synchronized List<Found> found(String cluster, String address) {
        return query("select found.* from found join run on run.id = found.run where run.cluster = ? and found.address = ? and not found.given_back order by found.id",
                row -> new Found(row.getLong("id"), row.getString("run"), row.getString("host"), row.getString("address"), row.getString("step"), row.getString("line")),
                cluster, address);
    }

    @Override
    public synchronized void gaveBack(Collection<Found> found) {
        found.forEach(one -> update("update found set given_back = true where id = ?", one.id()));
    }

    @Override
    public synchronized Optional<String> claim(String run, Collection<String> names) {
        return Optional.empty();
    }

    @Override
    public synchronized void release(String run) {
    }

    @Override
    public synchronized List<RunRecord> orphans() {
        return query("select * from run where ended_at is null order by created_at, id", JdbcJournal::runRecord);
    }

    @Override
    public AutoCloseable listen(Consumer<Event> listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    @Override
    public synchronized void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            throw new JournalException("the journal did not close cleanly: " + e.getMessage(), e);
        }
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
                row.getString("state"),
                Optional.ofNullable(row.getObject("exit_status", Integer.class)),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                Optional.ofNullable(row.getObject("ended_at", OffsetDateTime.class)).map(OffsetDateTime::toInstant));
    }

    private interface Row<T> {
        T read(ResultSet row) throws SQLException;
    }

    private <T> List<T> query(String sql, Row<T> reader, Object... values) {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            set(statement, values);
            List<T> rows = new ArrayList<>();
            try (ResultSet result = statement.executeQuery()) {
                while (result.next()) {
                    rows.add(reader.read(result));
                }
            }
            return rows;
        } catch (SQLException e) {
            throw new JournalException("the journal cannot be read: " + e.getMessage(), e);
        }
    }

    private void update(String sql, Object... values) {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            set(statement, values);
            statement.executeUpdate();
        } catch (SQLException e) {
            throw new JournalException("the journal cannot be written: " + e.getMessage(), e);
        }
    }

    private static void set(PreparedStatement statement, Object... values) throws SQLException {
        for (int i = 0; i < values.length; i++) {
            statement.setObject(i + 1, values[i]);
        }
    }

    private static Instant now() {
        return Instant.now().truncatedTo(ChronoUnit.MILLIS);
    }

    private static OffsetDateTime time(Instant at) {
        return at.atOffset(ZoneOffset.UTC);
    }
}
