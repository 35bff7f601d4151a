package dev.caravan.cli;

import dev.caravan.clusters.Clusters;
import dev.caravan.clusters.KnownCluster;
import dev.caravan.history.Event;
import dev.caravan.journal.Journal;
import dev.caravan.journal.JournalPlace;
import dev.caravan.journal.RunRecord;
import dev.caravan.spec.ShellWord;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** History from the journal, which another process may be writing, and from the logs in the data directory; rehearsals included. */
final class JournalHistory implements History {
    private final String name;
    private final String listed;
    /** The usual one first. */
    private final Map<Journal, Path> journals = new LinkedHashMap<>();

    private JournalHistory(String name, String listed) {
        this.name = name;
        this.listed = listed;
    }

    static JournalHistory open(CommonOptions common) throws UserError {
        JournalPlace place = common.journal();
        boolean rehearsed = Files.isDirectory(common.rehearsalData());
        JournalHistory history = new JournalHistory(place.toString(),
                common.hint("runs") + (rehearsed ? ", and for rehearsals caravan runs --data "
                        + ShellWord.of(common.rehearsalData().toString()) + ", list" : " lists"));
        history.journals.put(Journal.open(place), common.data());
        if (rehearsed) {
            history.journals.put(Journal.open(JournalPlace.in(common.rehearsalData())), common.rehearsalData());
        }
        return history;
    }

    @Override
    public List<RunRecord> newest(int limit) {
        return usual().runs(limit);
    }

    @Override
    public List<KnownCluster> clusters() throws IOException {
        return ofUsual().all();
    }

    @Override
    public Optional<byte[]> kubeconfig(String cluster) throws IOException {
        return ofUsual().kubeconfig(cluster);
    }

    private Clusters ofUsual() {
        return new Clusters(usual(), journals.get(usual()));
    }

    private Journal usual() {
        return journals.keySet().iterator().next();
    }

    @Override
    public Set<String> unfinished() {
        return journals.keySet().stream().flatMap(journal -> journal.orphans().stream()).map(RunRecord::id).collect(Collectors.toSet());
    }

    @Override
    public Optional<RunRecord> run(String id) {
        return journals.keySet().stream().flatMap(journal -> journal.run(id).stream()).findFirst();
    }

    @Override
    public RunRecord find(String id) throws UserError {
        Optional<RunRecord> exact = run(id);
        if (exact.isPresent()) {
            return exact.get();
        }
        List<RunRecord> all = new ArrayList<>();
        journals.keySet().forEach(journal -> all.addAll(journal.runs(Prefix.LOOKED_THROUGH)));
        return Prefix.only(id, all, name, listed);
    }

    @Override
    public List<Event> events(RunRecord run) {
        return of(run).events(run.id(), 0);
    }

    @Override
    public Optional<List<Event>> outline(RunRecord run, long longerThan) {
        return of(run).outline(run.id(), longerThan);
    }

    private Journal of(RunRecord run) {
        return journals.keySet().stream().filter(journal -> journal.run(run.id()).isPresent()).findFirst().orElseGet(this::usual);
    }

    @Override
    public Following follow(RunRecord run) {
        Journal journal = of(run);
        return new Following() {
            private long after;

            @Override
            public List<Event> next(Duration wait) throws InterruptedException {
                List<Event> events = journal.events(run.id(), after);
                if (events.isEmpty()) {
                    Thread.sleep(wait.toMillis());
                    events = journal.events(run.id(), after);
                }
                after = events.isEmpty() ? after : events.get(events.size() - 1).seq();
                return events;
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public Optional<byte[]> log(RunRecord run, String host, String step, long from) throws IOException {
        Path logs = journals.get(of(run)).resolve("logs").normalize();
        Path file = logs.resolve(run.id()).resolve(host).resolve(step + ".log").normalize();
        if (!file.startsWith(logs) || !Files.isRegularFile(file)) {
            return Optional.empty();
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(Integer.MAX_VALUE - 8L, Math.max(0, channel.size() - from)));
            channel.position(Math.min(from, channel.size()));
            while (bytes.hasRemaining() && channel.read(bytes) >= 0) {
                continue;
            }
            byte[] read = new byte[bytes.flip().remaining()];
            bytes.get(read);
            return Optional.of(read);
        }
    }

    @Override
    public void close() {
        journals.keySet().forEach(Journal::close);
    }

    @Override
    public String toString() {
        return name;
    }
}
