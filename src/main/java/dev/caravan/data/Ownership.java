package dev.caravan.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;

/** Whose files and directories are. Only this user and root may put there what is trusted. */
final class Ownership {
    /** The number of root, as a user and as a group. */
    static final int ROOT = 0;

    private static final Optional<Integer> SELF = uidOfProcess(Path.of("/proc/self"));

    private Ownership() {}

    /**
     * The user whose it is, where that is neither this user nor root; of a link, not of what it leads to. Empty where it is not there, or
     * where this system does not say.
     */
    static Optional<String> stranger(Path path) {
        return uid(path).filter(owner -> owner != ROOT && SELF.isPresent() && !owner.equals(SELF.get())).map(owner -> name(path, owner));
    }

    /** The link in that path, if there is one, that another user made. */
    static Optional<Path> strangersLink(Path path) {
        Path whole = path.toAbsolutePath().normalize();
        for (int parts = 1; parts <= whole.getNameCount(); parts++) {
            Path part = whole.getRoot().resolve(whole.subpath(0, parts));
            if (Files.isSymbolicLink(part) && stranger(part).isPresent()) {
                return Optional.of(part);
            }
        }
        return Optional.empty();
    }

    /** The user of a process. @param process its directory, or a link to it, which is root's for every process */
    static Optional<Integer> uidOfProcess(Path process) {
        return number(process, "unix:uid");
    }

    private static Optional<Integer> uid(Path path) {
        return number(path, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    }

    /** That attribute of what is there; empty where nothing is, or where this system does not say. */
    static Optional<Integer> number(Path path, String attribute, LinkOption... options) {
        try {
            return Optional.of((Integer) Files.getAttribute(path, attribute, options));
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static String name(Path path, int uid) {
        try {
            return Files.getOwner(path, LinkOption.NOFOLLOW_LINKS).getName();
        } catch (IOException | UnsupportedOperationException e) {
            return "user " + uid;
        }
    }
}
