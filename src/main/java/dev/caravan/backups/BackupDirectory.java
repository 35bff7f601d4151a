package dev.caravan.backups;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import dev.caravan.artefacts.Artefact;
import dev.caravan.artefacts.DataFiles;
import dev.caravan.artefacts.Outgoing;
import dev.caravan.artefacts.StoredFile;
import dev.caravan.data.PrivateFiles;
import dev.caravan.spec.Secret;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.LoggerFactory;

/** The backups of one cluster: {@code backups/CLUSTER} in the data directory. Each method reads or writes the disk. Thread-safe. */
public final class BackupDirectory {
    private static final Pattern ID = Pattern.compile("[0-9]{8}-[0-9]{6}-[0-9a-z]{1,32}(-[0-9]{1,4})?");
    private static final String RECORD = ".json";
    private static final int LARGEST_RECORD = 64 << 10;
    private static final ObjectMapper JSON = new ObjectMapper().registerModule(new JavaTimeModule())
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS).enable(SerializationFeature.INDENT_OUTPUT)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

    private final Path data;
    private final String cluster;

    public BackupDirectory(Path data, String cluster) {
        this.data = data;
        this.cluster = cluster;
    }

    /** A backup and whether its file is as it was saved. @param problem why not; empty if it is */
    public record Verified(Backup backup, Optional<String> problem) {
        public boolean isGood() {
            return problem.isEmpty();
        }
    }

    private Path file(String name) {
        return DataFiles.resolve(data, "backups/" + cluster + "/" + name);
    }

    /** Where the archive of a backup of that id goes. */
    public StoredFile archive(String id, Optional<Secret> passphrase) {
        return new StoredFile(file(Backup.fileName(id, passphrase.isPresent())), passphrase);
    }

    /** Where the archive of that backup is; the passphrase is left out if it is not encrypted. */
    public StoredFile archive(Backup backup, Optional<Secret> passphrase) {
        return new StoredFile(file(backup.fileName()), backup.encrypted() ? passphrase : Optional.empty());
    }

    /** Size and SHA-256 of the file of a backup that was saved under that id. */
    public Artefact measure(String id, Optional<Secret> passphrase) throws IOException {
        return Outgoing.measure(StoredFile.plain(file(Backup.fileName(id, passphrase.isPresent()))));
    }

    /** Records a backup whose archive is complete; a record that is there stays. */
    public void record(Backup backup) throws IOException {
        PrivateFiles.makeOnce(file(backup.id() + RECORD), JSON.writeValueAsBytes(backup));
    }

    /** The backup of that id, unless there is no record of it. */
    public Optional<Backup> find(String id) throws IOException {
        if (!ID.matcher(id).matches()) {
            return Optional.empty();
        }
        Path record = file(id + RECORD);
        if (!Files.isRegularFile(record) || Files.size(record) > LARGEST_RECORD) {
            return Optional.empty();
        }
        Backup backup = JSON.readValue(Files.readAllBytes(record), Backup.class);
        if (!backup.id().equals(id) || !backup.cluster().equals(cluster)) {
            throw new IOException(record + " describes another backup: " + backup.id() + " of " + backup.cluster());
        }
        return Optional.of(backup);
    }

    /** All of them, the newest first. A record that cannot be read is left out. */
    public List<Backup> all() throws IOException {
        Path directory = path();
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        List<Backup> all = new ArrayList<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (String name : files.map(each -> each.getFileName().toString()).filter(each -> each.endsWith(RECORD)).toList()) {
                try {
                    find(name.substring(0, name.length() - RECORD.length())).ifPresent(all::add);
                } catch (IOException e) {
                    LoggerFactory.getLogger(BackupDirectory.class).warn("the record of a backup cannot be read: {}",
                            e.getMessage());
                }
            }
        }
        all.sort(Comparator.comparing(Backup::takenAt).thenComparing(Backup::id).reversed());
        return all;
    }

    /** Reads the whole file of that backup. */
    public Verified verify(Backup backup) {
        Path file = file(backup.fileName());
        try {
            if (!Files.isRegularFile(file)) {
                return new Verified(backup, Optional.of("its file " + file + " is missing"));
            }
            long bytes = Files.size(file);
            if (bytes != backup.file().bytes()) {
                return new Verified(backup, Optional.of("its file has " + bytes + " bytes instead of " + backup.file().bytes()));
            }
            Artefact now = Outgoing.measure(StoredFile.plain(file));
            return new Verified(backup, now.equals(backup.file()) ? Optional.empty() : Optional.of("its file was changed: it has another "
                    + "SHA-256 than when it was saved"));
        } catch (IOException e) {
            return new Verified(backup, Optional.of("its file cannot be read: " + e.getMessage()));
        }
    }

    /**
     * Deletes what is older than the newest {@code keep} good backups. So the last good one always stays, and one that is damaged does not
     * count.
     *
     * @param needed the id of one that stays in any case
     * @return those that were deleted
     */
    public List<Backup> prune(int keep, Optional<String> needed) throws IOException {
        List<Backup> surplus = surplus(Math.max(1, keep), needed);
        for (Backup backup : surplus) {
            Files.deleteIfExists(file(backup.fileName()));
            Files.deleteIfExists(file(backup.id() + RECORD));
        }
        return surplus;
    }

    /** Those that {@link #prune} would delete after one more good backup. */
    public List<Backup> surplusWithOneMore(int keep, Optional<String> needed) throws IOException {
        return surplus(Math.max(1, keep) - 1, needed);
    }

    /** Those that are older than the newest good ones of that number. */
    private List<Backup> surplus(int most, Optional<String> needed) throws IOException {
        List<Backup> surplus = new ArrayList<>();
        List<Backup> all = all();
        if (all.size() <= most) {
            return surplus; // so no file needs to be read
        }
        int good = 0;
        for (Backup backup : all) {
            if (good >= most && !needed.equals(Optional.of(backup.id()))) {
                surplus.add(backup);
            } else if (good < most && verify(backup).isGood()) {
                good++;
            }
        }
        return surplus;
    }

    /** Where the backups are. */
    public Path path() {
        return file("x").getParent();
    }
}
