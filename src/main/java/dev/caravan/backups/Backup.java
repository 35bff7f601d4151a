package dev.caravan.backups;

import dev.caravan.artefacts.Artefact;
import java.time.Instant;

/**
 * What is known of one backup; {@code ID.json} beside its archive. Immutable.
 *
 * @param id        when its run began, and the run: {@code 20261128-183000-7f3a0c11}; ids sort by age
 * @param cluster   the cluster's name
 * @param run       the run that made it
 * @param takenAt   when the archive was complete
 * @param host      the control plane that gave it
 * @param kubernetes the version that the cluster ran
 * @param etcd      the snapshot in it
 * @param encrypted whether the archive is encrypted with the spec's passphrase
 * @param content   size and SHA-256 of the archive before encryption
 * @param file      size and SHA-256 of the file in the data directory
 */
public record Backup(
        String id, String cluster, String run, Instant takenAt, String host, String kubernetes, Snapshot etcd, boolean encrypted,
        Artefact content, Artefact file) {

    /**
     * A snapshot of etcd, as etcd describes it.
     *
     * @param hash    of the database
     * @param keys    how many there are, over all revisions
     * @param bytes   the size of the snapshot
     * @param members how many members of the cluster had started
     */
    public record Snapshot(String version, long revision, long hash, long keys, long bytes, int members) {}

    /** The name of its archive. */
    public String fileName() {
        return fileName(id, encrypted);
    }

    static String fileName(String id, boolean encrypted) {
        return id + ".tar.gz" + (encrypted ? ".enc" : "");
    }
}
