package dev.caravan.clusters;

import dev.caravan.backups.Backup;
import dev.caravan.backups.BackupDirectory;
import dev.caravan.clusters.KnownCluster.Drift;
import dev.caravan.clusters.KnownCluster.KnownBackup;
import dev.caravan.history.Occurrence.RunQueued;
import dev.caravan.history.PlannedChanges;
import dev.caravan.history.RunState;
import dev.caravan.history.Shows;
import dev.caravan.journal.Journal;
import dev.caravan.journal.RunFilter;
import dev.caravan.journal.RunRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** The clusters that the journal has runs of, with what the data directory has of them. Thread-safe; each call reads from the disk. */
public final class Clusters {
    /** What a cluster may be called: as the schema of the spec has it. */
    public static final Pattern NAMES = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");

    private static final int MOST = 500;
    /** How many runs of a cluster are looked at for its nodes and their certificates. */
    private static final int RUNS_READ = 20;
    private static final int LARGEST_KUBECONFIG = 1 << 20;

    /** How many times as many, where only the first event of each is read. */
    private static final int TIMES = 10;
    private static final Comparator<RunRecord> LAST_SEEN =
            Comparator.comparing((RunRecord run) -> run.endedAt().orElse(Instant.MAX)).reversed();

    private final Object reading = new Object();
    private final Journal journal;
    private final Path data;

    public Clusters(Journal journal, Path data) {
        this.journal = journal;
        this.data = data;
    }

    /** The one whose run is the newest first; at most 500. */
    public List<KnownCluster> all() throws IOException {
        List<KnownCluster> all = new ArrayList<>();
        for (String name : journal.clusters(MOST)) {
            known(name).ifPresent(all::add);
        }
        return all;
    }

    /** The cluster of that name, if the journal has a run of it. */
    public Optional<KnownCluster> find(String name) throws IOException {
        return known(name).map(cluster -> new KnownCluster(cluster.name(), cluster.version(), cluster.nodes(), cluster.lastRun(),
                cluster.backups(), cluster.kubeconfig(), drift(name)));
    }

    private Optional<Drift> drift(String name) {
        return lastPlan(name).map(run -> {
            List<PlannedChanges.Change> changes = PlannedChanges.of(journal.events(run.id(), 0)).changes();
            return new Drift(run.id(), run.createdAt(), changes.size(),
                    changes.stream().map(PlannedChanges.Change::host).filter(host -> !host.isEmpty()).distinct().toList(),
                    changedSince(run));
        });
    }

    private Optional<RunRecord> lastPlan(String name) {
        RunFilter succeeded = new RunFilter(Optional.empty(), Optional.of(RunState.SUCCEEDED), Optional.of(name), Optional.empty(),
                Optional.empty(), Optional.empty(), RUNS_READ * TIMES);
        return journal.runs(succeeded).stream().filter(run -> shows(run) == Shows.DRIFT).findFirst();
    }

    private Shows shows(RunRecord run) {
        return queued(run).map(RunQueued::shows).orElse(Shows.FACTS);
    }

    private Optional<RunQueued> queued(RunRecord run) {
        return journal.first(run.id()).flatMap(event -> event.as(RunQueued.class));
    }

    private Optional<String> changedSince(RunRecord plan) {
        return journal.runs(RunFilter.of(plan.cluster(), RUNS_READ)).stream()
                .filter(run -> run.endedAt().filter(end -> end.isAfter(plan.createdAt())).isPresent() && !run.id().equals(plan.id()))
                .filter(run -> queued(run).filter(RunQueued::changesHosts).isPresent())
                .max(Comparator.comparing(run -> run.endedAt().orElseThrow())).map(RunRecord::id);
    }

    private Optional<KnownCluster> known(String name) throws IOException {
        List<RunRecord> runs = journal.runs(RunFilter.of(name, RUNS_READ));
        if (runs.stream().allMatch(run -> shows(run) == Shows.NOTHING)) {
            return Optional.empty();
        }
        ClusterFold fold = new ClusterFold(Instant.now());
        // A plan that an apply made again began after it, and saw the cluster before it.
        for (RunRecord run : runs.stream().sorted(LAST_SEEN).toList()) {
            if (fold.wantsMore()) {
                fold.add(run, journal.events(run.id(), 0));
            }
        }
        return Optional.of(new KnownCluster(name, fold.version(), fold.nodes(), runs.get(0), backups(name),
                kubeconfigOf(name).isPresent(), Optional.empty()));
    }

    /**
     * Whether backups of that cluster are still as they were saved, the newest first; reads each file whole, one file after the other
     * however many ask.
     *
     * @param id of the only one; empty for all
     */
    public List<BackupDirectory.Verified> verify(String name, Optional<String> id) throws IOException {
        if (!NAMES.matcher(name).matches()) {
            return List.of();
        }
        BackupDirectory directory = new BackupDirectory(data, name);
        List<BackupDirectory.Verified> verified = new ArrayList<>();
        for (Backup backup : directory.all()) {
            if (id.isEmpty() || id.get().equals(backup.id())) {
                synchronized (reading) {
                    verified.add(directory.verify(backup));
                }
            }
        }
        return verified;
    }

    private List<KnownBackup> backups(String name) throws IOException {
        return new BackupDirectory(data, name).all().stream().map(Clusters::brief).toList();
    }

    private static KnownBackup brief(Backup backup) {
        return new KnownBackup(backup.id(), backup.takenAt(), backup.host(), backup.kubernetes(), backup.etcd().revision(),
                backup.file().bytes(), backup.encrypted());
    }

    /** The administrator's access to that cluster, if the data directory has it. It is a secret. */
    public Optional<byte[]> kubeconfig(String name) throws IOException {
        Optional<Path> file = kubeconfigOf(name);
        return file.isPresent() ? Optional.of(Files.readAllBytes(file.get())) : Optional.empty();
    }

    private Optional<Path> kubeconfigOf(String name) throws IOException {
        if (!NAMES.matcher(name).matches()) {
            return Optional.empty();
        }
        Path file = data.resolve("clusters").resolve(name).resolve("kubeconfig");
        return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && Files.size(file) <= LARGEST_KUBECONFIG
                ? Optional.of(file) : Optional.empty();
    }
}
