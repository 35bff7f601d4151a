package dev.caravan.journal;

import dev.caravan.history.Event;
import dev.caravan.history.Occurrence;
import dev.caravan.history.Occurrence.HostWaiting;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.Occurrence.StepProgress;
import dev.caravan.journal.Writer.Way;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** A journal in a database reached over JDBC: one connection to write, one to read. */
final class JdbcJournal implements Journal {
    private final Reader reader;
    private final Link writing;
    private final Writer writer;
    private final OwnClaims claims;
    private final CancelRows cancelRows;
    private final Vault vault;
    private final SealedRows sealed;
    private final RunRows runs;
    private final Events events;
    private final FoundRows found;
    private final Deletion deletion;
    private final OwnRuns own = new OwnRuns();
    private final List<Consumer<Event>> listeners = new CopyOnWriteArrayList<>();

    private JdbcJournal(Database database, JournalPlace place, Timing timing) {
        this.reader = new Reader(database, timing);
        this.writing = new Link(database, timing.reconnect());
        Lease lease = new Lease(timing.silence(), database.isOfThisMachine());
        this.writer = new Writer(writing, database, place.engine(), timing, lease, own);
        this.claims = new OwnClaims(reader, writing, writer, new Claims(timing.silence(), database), own, lease);
        this.cancelRows = new CancelRows(reader, writer, database);
        this.vault = Vault.of(place);
        this.sealed = new SealedRows(reader, vault);
        this.runs = new RunRows(reader);
        this.events = new Events(reader);
        this.found = new FoundRows(reader, writer, vault);
        this.deletion = new Deletion(reader, writer, database);
    }

    static JdbcJournal open(JournalPlace place) {
        return open(place, place.url().<Database>map(url -> new PostgresDatabase(url, place.password()))
                .orElseGet(() -> new SqliteDatabase(place.data())), Timing.USUAL);
    }

    static JdbcJournal open(JournalPlace place, Database database, Timing timing) {
        JdbcJournal journal = new JdbcJournal(database, place, timing);
        try {
            journal.writing.open();
            // Again where the process that has the file ends meanwhile.
            journal.writing.call(connection -> {
                database.migrate(connection);
                return null;
            });
            return journal;
        } catch (SQLException | RuntimeException e) {
            journal.close();
            throw new CannotOpen("cannot open " + database.name() + ": " + database.explain(e), e);
        }
    }

    /** Refuses to start if the key is missing, or is not the one that sealed what earlier runs found. No host was touched then. */
    void requireKey() {
        try {
            vault.require();
            found.requireKey();
        } catch (JournalException e) {
            close();
            throw new CannotOpen(e.getMessage(), e);
        }
    }

    // ---- runs and what happened in them

    @Override
    public void begin(RunRecord run, Optional<RequestKey> key) {
        SealedRows.Update insert = key.map(named -> sealed.insert(named, run.id())).orElse(connection -> 0);
        writer.write(Way.DURABLE, (connection, engine) -> {
            Sql.update(connection,
                    "insert into run (id, cluster, action, source, rehearsal, spec, directory, state, created_at, confined, begun_by) "
                            + "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    run.id(), run.cluster(), run.action(), run.source(), run.rehearsal(), run.spec(), run.directory(), run.state().word(),
                    Sql.time(run.createdAt()), run.confined(), run.begunBy().orElse(null));
            return insert.with(connection);
        });
    }

    @Override
    public void keepKey(String run, RequestKey key) {
        updateRun(run, sealed.insert(key, run));
    }

    @Override
    public Optional<RequestKey.Used> usedKey(String name) {
        return sealed.usedKey(name);
    }

    @Override
    public void keepValues(String run, String values) {
        updateRun(run, SealedRows.KEEP_VALUES, sealed.sealedValues(run, values), run);
    }

    @Override
    public Optional<String> values(String run) {
        return sealed.values(run);
    }

    @Override
    public void running(String run) {
        updateRun(run, "update run set state = 'running' where id = ?", run);
    }

    @Override
    public Event end(String run, RunEnded end) {
        Draft last = Draft.of(run, end, own);
        return writer.write(Way.DURABLE, (connection, engine) -> {
            Event event = last.write(connection, engine);
            Sql.update(connection, "update run set state = ?, exit_status = ?, ended_at = ? where id = ?", end.state().word(),
                    end.exitStatus().code(), Sql.time(event.at()), run);
            Sql.update(connection, OwnClaims.RELEASE, run, engine);
            Sql.update(connection, CancelRows.DELETE, run);
            return event;
        }, event -> {
            own.released(run);
            publish(event);
        });
    }

    @Override
    public Event append(String run, Occurrence what) {
        Way way = what instanceof StepProgress || what instanceof HostWaiting ? Way.LOOSE : Way.DURABLE;
        return writer.write(way, Draft.of(run, what, own)::write, this::publish);
    }

    private void publish(Event event) {
        listeners.forEach(listener -> listener.accept(event));
    }

    @Override
    public List<Event> events(String run, long after) {
        return events.after(run, after);
    }

    @Override
    public Optional<Event> first(String run) {
        return events.first(run);
    }

    @Override
    public Optional<List<Event>> outline(String run, long longerThan) {
        return events.outline(run, longerThan);
    }

    @Override
    public Optional<RunRecord> run(String id) {
        return runs.one(id);
    }

    @Override
    public List<RunRecord> runs(RunFilter filter) {
        return runs.all(filter);
    }

    @Override
    public boolean hasRuns(boolean rehearsal) {
        return runs.hasAny(rehearsal);
    }

    @Override
    public List<String> clusters(int limit) {
        return runs.clusters(limit);
    }

    // ---- what was found

    @Override
    public void keepFound(String run, String host, String address, String step, String line) {
        updateRun(run, FoundRows.INSERT, run, host, address, step, found.seal(run, address, step, line));
    }

    @Override
    public List<Found> found(String cluster, String address) {
        return found.of(cluster, address);
    }

    @Override
    public List<FoundHost> foundHosts(String cluster) {
        return found.hosts(cluster);
    }

    @Override
    public boolean hasFound(String run) {
        return found.has(run);
    }

    @Override
    public void markRolledBack(Collection<Found> rolledBack) {
        found.markRolledBack(rolledBack);
    }

    @Override
    public Optional<String> rolledBackBy(String run) {
        return events.rolledBackBy(run);
    }

    // ---- who works on what

    @Override
    public Optional<String> claim(String run, Collection<String> names) {
        return claims.claim(run, names);
    }

    @Override
    public void release(String run) {
        claims.release(run);
    }

    @Override
    public boolean isOwn(String run) {
        return claims.isOwn(run);
    }

    @Override
    public List<RunRecord> orphans() {
        return claims.orphans();
    }

    @Override
    public AutoCloseable listenForLoss(Consumer<String> listener) {
        return own.listen(listener);
    }

    @Override
    public void askToCancel(String run, Optional<String> by) {
        cancelRows.add(run, by);
    }

    @Override
    public List<CancelRequest> cancelRequests() {
        return cancelRows.all();
    }

    @Override
    public void forgetCancelRequest(String run) {
        cancelRows.delete(run);
    }

    // ---- what is deleted

    @Override
    public List<RunRecord> deletable(Retention keep, Instant now) {
        return deletion.deletable(keep, now);
    }

    @Override
    public boolean delete(String run, Retention keep, Instant now) {
        return deletion.delete(run, keep, now);
    }

    @Override
    public Set<String> deleted(Collection<String> runs) {
        return deletion.deleted(runs);
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
        reader.close();
        writing.close();
    }

    private void updateRun(String run, String sql, Object... values) {
        updateRun(run, connection -> Sql.update(connection, sql, values));
    }

    private void updateRun(String run, SealedRows.Update update) {
        writer.write(Way.DURABLE, (connection, engine) -> {
            own.require(connection, run, engine);
            return update.with(connection);
        });
    }
}
