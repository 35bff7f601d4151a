package dev.caravan.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The directory of journal, logs and kubeconfigs. Who can replace what is in it controls Caravan, and so every host. */
public final class DataDirectory {
    private static final int STICKY = 01000;

    private DataDirectory() {}

    /**
     * Why nothing may be kept there: any user who may make files in it, or who owns it, could replace ours; likewise who may rename one
     * of the directories above it. The directory itself may not even be sticky, as what is not there yet can be made by others first. Its
     * group is trusted: many systems give each user one, and Kubernetes each volume (fsGroup). Empty where it may be used, or is not
     * there and may be made.
     */
    public static Optional<String> refusal(Path directory) {
        if (isWritableByAll(directory)) {
            return Optional.of("the data directory " + directory + " is writable by every user of this machine, who could so control "
                    + "Caravan. Run: chmod o-w " + directory);
        }
        Optional<Path> link = Ownership.strangersLink(directory);
        if (link.isPresent()) {
            return Optional.of("the data directory " + directory + " is reached through the symbolic link " + link.get() + " of "
                    + Ownership.stranger(link.get()).orElseThrow()
                    + ", who could so control Caravan. Name the directory itself with --data");
        }
        Optional<String> stranger = isThere(directory) ? Ownership.stranger(real(directory)) : Optional.empty();
        if (stranger.isPresent()) {
            return Optional.of("the data directory " + directory + " belongs to " + stranger.get() + ", who could so control Caravan. Run "
                    + "Caravan as " + stranger.get() + ", or: chown " + System.getProperty("user.name") + " " + directory);
        }
        return above(directory).stream().filter(each -> isWritableByAll(each) && !isSticky(each)).findFirst()
                .map(each -> "the data directory " + directory + " is below " + each + ", in which every user of this machine may "
                        + "replace it. Run: chmod o-w " + each);
    }

    /** What its user should know of the directories above it, a sentence each. */
    public static List<String> warnings(Path directory) {
        List<String> warnings = new ArrayList<>();
        for (Path each : above(directory)) {
            Ownership.stranger(each).ifPresent(owner -> warnings.add("the data directory " + directory + " is below " + each
                    + ", which belongs to " + owner + ", who can replace it. Choose another with --data, or run Caravan as " + owner));
            if (isOfAGroup(each) && !isSticky(each)) {
                warnings.add("the data directory " + directory + " is below " + each + ", in which the members of a group may replace it. "
                        + "Run: chmod g-w " + each);
            }
        }
        return warnings;
    }

    /* The directories above it that are there, by the names it is called and by those that it really has. */
    private static Set<Path> above(Path directory) {
        Path named = directory.toAbsolutePath().normalize();
        Set<Path> above = new LinkedHashSet<>();
        for (Path path : new Path[] {named, real(named)}) {
            for (Path each = path.getParent(); each != null; each = each.getParent()) {
                if (isThere(each)) {
                    above.add(real(each));
                }
            }
        }
        return above;
    }

    private static boolean isThere(Path directory) {
        return Files.isDirectory(directory);
    }

    private static Path real(Path directory) {
        try {
            return directory.toRealPath();
        } catch (IOException e) {
            return directory;
        }
    }

    private static boolean isWritableByAll(Path directory) {
        return may(directory, PosixFilePermission.OTHERS_WRITE);
    }

    /* A group that is this process's own, or root's, has no others in it as a rule. */
    private static boolean isOfAGroup(Path directory) {
        if (!may(directory, PosixFilePermission.GROUP_WRITE)) {
            return false;
        }
        int group = Ownership.number(directory, "unix:gid").orElse(Ownership.ROOT);
        return group != Ownership.ROOT && !Ownership.number(Path.of("/proc/self"), "unix:gid").equals(Optional.of(group));
    }

    private static boolean may(Path directory, PosixFilePermission permission) {
        try {
            return Files.getPosixFilePermissions(directory).contains(permission);
        } catch (IOException | UnsupportedOperationException e) {
            // It is made when it is needed, or this system has other ways to protect it.
            return false;
        }
    }

    private static boolean isSticky(Path directory) {
        return Ownership.number(directory, "unix:mode").map(mode -> (mode & STICKY) != 0).orElse(false);
    }
}
