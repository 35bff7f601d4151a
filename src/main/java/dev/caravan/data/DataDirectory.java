package dev.caravan.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Optional;

/** The directory of journal, logs and kubeconfigs. */
public final class DataDirectory {
    private DataDirectory() {}

    /**
     * Why nothing may be kept there: any user who may make files in it could replace ours. A sticky directory is no better, as
     * what is not there yet can be made by others first. Its group is trusted: many systems give each user one, and Kubernetes
     * each volume (fsGroup). Empty where it may be used, or is not there.
     */
    public static Optional<String> refusal(Path directory) {
        try {
            return Files.getPosixFilePermissions(directory).contains(PosixFilePermission.OTHERS_WRITE)
                    ? Optional.of("the data directory " + directory + " is writable by every user of this machine, who could so control "
                            + "Caravan. Run: chmod o-w " + directory)
                    : Optional.empty();
        } catch (IOException | UnsupportedOperationException e) {
            // It is made when it is needed, or this system has other ways to protect it.
            return Optional.empty();
        }
    }
}
