package dev.caravan.workflow;

import dev.caravan.backups.Backup;
import dev.caravan.spec.Counted;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;

/** Backups in words, for people. */
final class BackupWords {
    private static final long KIBIBYTE = 1024;

    private BackupWords() {}

    /** {@code ID: etcd 3.7.0 revision 2525, 398 keys, Kubernetes 1.37.2, from h11, 282 KiB, encrypted}. */
    static String line(Backup backup) {
        return backup.id() + ": etcd " + backup.etcd().version() + " revision " + backup.etcd().revision() + ", "
                + Counted.of(backup.etcd().keys(), "key")
                + ", Kubernetes " + backup.kubernetes() + ", from " + backup.host() + ", " + size(backup.file().bytes())
                + (backup.encrypted() ? ", encrypted" : "");
    }

    static String size(long bytes) {
        if (bytes < KIBIBYTE) {
            return Counted.of(bytes, "byte");
        }
        double size = bytes;
        int unit = -1;
        while (size >= KIBIBYTE && unit < 3) {
            size /= KIBIBYTE;
            unit++;
        }
        return String.format(Locale.ROOT, size < 10 ? "%.1f %ciB" : "%.0f %ciB", size, "KMGT".charAt(unit));
    }

    static String age(Backup backup, Instant now) {
        Duration age = Duration.between(backup.takenAt(), now);
        return age.toDays() > 1 ? age.toDays() + " days" : age.toHours() > 1 ? age.toHours() + " hours"
                : Math.max(0, age.toMinutes()) + " min";
    }
}
