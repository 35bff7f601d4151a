package dev.caravan.clusters;

import dev.caravan.backups.Backup;
import dev.caravan.backups.BackupDirectory;
import dev.caravan.clusters.KnownCluster.KnownBackup;
import dev.caravan.journal.Journal;
import dev.caravan.journal.RunFilter;
import dev.caravan.journal.RunRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
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
            find(name).ifPresent(all::add);
        }
        return all;
    }

    /** The cluster of that name, if the journal has a run of it. */
    public Optional<KnownCluster> find(String name) throws IOException {
        List<RunRecord> runs = journal.runs(RunFilter.of(name, RUNS_READ));
        // what was only read into a spec has another name there
        if (runs.stream().allMatch(run -> run.action().equals("adopt"))) {
            return Optional.empty();
        }
        ClusterFold fold = new ClusterFold(Instant.now());
        for (RunRecord run : runs) {
            if (fold.wantsMore()) {
                fold.add(run, journal.events(run.id(), 0));
            }
        }
        return Optional.of(new KnownCluster(name, fold.version(), fold.nodes(), runs.get(0), backups(name),
                kubeconfigOf(name).isPresent()));
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
