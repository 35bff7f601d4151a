package dev.caravan.journal;

import dev.caravan.history.Event;
import dev.caravan.history.EventRow;
import dev.caravan.history.Occurrence;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.RunState;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** A journal for tests that are not about the journal. Thread-safe. */
public final class MemoryJournal implements Journal {
    private final Map<String, RunRecord> runs = new LinkedHashMap<>();
    private final List<Event> events = new ArrayList<>();
    private final List<Consumer<Event>> listeners = new CopyOnWriteArrayList<>();
    private final List<Found> found = new ArrayList<>();
    private final Map<String, String> claims = new LinkedHashMap<>();
    private final Map<String, RequestKey.Used> keys = new LinkedHashMap<>();
    private final Map<String, String> values = new LinkedHashMap<>();
    private final List<CancelRequest> cancelRequests = new ArrayList<>();
    private JournalException broken;
    private int refused;
    private int read;

    /** From now on nothing can be entered. */
    public synchronized void fillDisk() {
        broken = new JournalException("the journal cannot be written: disk full", null);
    }

    /** From now on it can again. */
    public synchronized void makeRoom() {
        broken = null;
    }

    /** How many entries were refused. */
    public synchronized int refused() {
        return refused;
    }

    private void requireRoom() {
        if (broken != null) {
            refused++;
            throw broken;
        }
    }

    @Override
    public synchronized void begin(RunRecord run, Optional<RequestKey> key) {
        requireRoom();
        key.ifPresent(named -> keepKey(run.id(), named));
        runs.put(run.id(), run);
    }

    @Override
    public synchronized void keepKey(String run, RequestKey key) {
        if (keys.putIfAbsent(key.name(), new RequestKey.Used(key, run)) != null) {
            throw new JournalException("key " + key.name() + " was used", null);
        }
    }

    @Override
    public synchronized Optional<RequestKey.Used> usedKey(String name) {
        return Optional.ofNullable(keys.get(name));
    }

    @Override
    public synchronized void keepValues(String run, String kept) {
        requireRoom();
        values.put(run, kept);
    }

    @Override
    public synchronized Optional<String> values(String run) {
        return Optional.ofNullable(values.get(run));
    }

    @Override
    public synchronized void running(String run) {
        requireRoom();
        RunRecord old = runs.get(run);
        runs.put(run,
                new RunRecord(old.id(), old.cluster(), old.action(), old.source(), old.rehearsal(), old.spec(), old.directory(),
                RunState.RUNNING, old.createdAt(), old.endedAt(), old.confined()));
    }

    @Override
    public synchronized Event end(String run, RunEnded end) {
        requireRoom();
        RunRecord old = runs.get(run);
        runs.put(run,
                new RunRecord(old.id(), old.cluster(), old.action(), old.source(), old.rehearsal(), old.spec(), old.directory(),
                end.state(), old.createdAt(), Optional.of(Instant.now()), old.confined()));
        claims.values().removeIf(run::equals);
        return append(run, end);
    }

    @Override
    public synchronized Event append(String run, Occurrence what) {
        requireRoom();
        long seq = events.stream().filter(event -> event.run().equals(run)).count() + 1;
        Event event = new Event(seq, Instant.now(), run, EventRow.of(what).occurrence());
        events.add(event);
        listeners.forEach(listener -> listener.accept(event));
        return event;
    }

    /** Everything that was appended. */
    public synchronized List<Event> all() {
        return List.copyOf(events);
    }

    /** Everything of that kind. */
    public <T extends Occurrence> List<T> all(Class<T> kind) {
        return all().stream().flatMap(event -> event.as(kind).stream()).toList();
    }

    @Override
    public synchronized Optional<List<Event>> outline(String run, long longerThan) {
        return Optional.empty();
    }

    @Override
    public synchronized List<Event> events(String run, long after) {
        List<Event> asked = events.stream().filter(event -> event.run().equals(run) && event.seq() > after).toList();
        read += asked.size();
        return asked;
    }

    /** How many events were read. */
    public synchronized int read() {
        return read;
    }

    @Override
    public synchronized Optional<RunRecord> run(String id) {
        return Optional.ofNullable(runs.get(id));
    }

    @Override
    public synchronized List<RunRecord> runs(RunFilter filter) {
        if (filter.before().isPresent()) {
            throw new UnsupportedOperationException("this journal is for tests that do not ask so");
        }
        return runs.values().stream().filter(run -> filter.cluster().map(run.cluster()::equals).orElse(true))
                .filter(run -> filter.id().map(run.id()::startsWith).orElse(true))
                .filter(run -> filter.action().map(run.action()::equals).orElse(true))
                .filter(run -> filter.state().map(run.state()::equals).orElse(true)).limit(filter.limit()).toList();
    }

    @Override
    public synchronized boolean hasRuns(boolean rehearsal) {
        return runs.values().stream().anyMatch(run -> run.rehearsal() == rehearsal);
    }

    @Override
    public synchronized List<String> clusters(int limit) {
        return runs.values().stream().map(RunRecord::cluster).distinct().limit(limit).toList();
    }

    @Override
    public synchronized void keepFound(String run, String host, String address, String step, String line) {
        requireRoom();
        found.add(new Found(found.size() + 1L, run, host, address, step, line));
    }

    @Override
    public synchronized List<Found> found(String cluster, String address) {
        return found.stream().filter(one -> one.address().equals(address) && runs.get(one.run()).cluster().equals(cluster)).toList();
    }

    @Override
    public synchronized List<FoundHost> foundHosts(String cluster) {
        Map<String, FoundHost> hosts = new LinkedHashMap<>();
        found.stream().filter(one -> runs.get(one.run()).cluster().equals(cluster))
                .forEach(one -> hosts.put(one.address(), new FoundHost(one.host(), one.address(), one.run())));
        return List.copyOf(hosts.values());
    }

    @Override
    public synchronized boolean hasFound(String run) {
        return found.stream().anyMatch(one -> one.run().equals(run));
    }

    @Override
    public Optional<String> rolledBackBy(String run) {
        throw new UnsupportedOperationException();
    }

    @Override
    public synchronized void markRolledBack(Collection<Found> given) {
        found.removeAll(given);
    }

    @Override
    public synchronized Optional<String> claim(String run, Collection<String> names) {
        Optional<String> other = names.stream().filter(claims::containsKey).map(claims::get).filter(holder -> !holder.equals(run))
                .findFirst();
        if (other.isEmpty()) {
            names.forEach(name -> claims.put(name, run));
        }
        return other;
    }

    @Override
    public synchronized void release(String run) {
        requireRoom();
        claims.values().removeIf(run::equals);
    }

    public synchronized boolean isClaimed(String run) {
        return claims.containsValue(run);
    }

    @Override
    public synchronized List<RunRecord> orphans() {
        return runs.values().stream().filter(run -> !run.hasEnded()).toList();
    }

    @Override
    public List<RunRecord> deletable(Retention keep, Instant now) {
        return List.of();
    }

    @Override
    public boolean delete(String run, Retention keep, Instant now) {
        return false;
    }

    @Override
    public Set<String> deleted(Collection<String> deleted) {
        return Set.of();
    }

    @Override
    public boolean isOwn(String run) {
        return true;
    }

    @Override
    public AutoCloseable listenForLoss(Consumer<String> listener) {
        return () -> { };
    }

    @Override
    public synchronized void askToCancel(String run, Optional<String> by) {
        cancelRequests.add(new CancelRequest(run, by));
    }

    @Override
    public synchronized List<CancelRequest> cancelRequests() {
        return List.copyOf(cancelRequests);
    }

    @Override
    public synchronized void forgetCancelRequest(String run) {
        cancelRequests.removeIf(request -> request.run().equals(run));
    }

    @Override
    public AutoCloseable listen(Consumer<Event> listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    @Override
    public void close() {
        listeners.clear();
    }
}
