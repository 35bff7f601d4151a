package dev.caravan.inbox;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Whether a file is still being written, as far as this process may know: Linux tells of the processes of the same user
 * (of all, for root) through {@code /proc} (proc(5): {@code fd}, {@code fdinfo}). Elsewhere nothing is known.
 */
final class OpenFiles {
    private static final Path PROC = Path.of("/proc");
    private static final int ACCESS_MODE = 3;

    private OpenFiles() {}

    static boolean isOpenForWriting(Path file) {
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
            Path real = file.toRealPath();
            for (Path process : processes) {
                if (isOpenForWriting(process, real)) {
                    return true;
                }
            }
        } catch (IOException e) {
            return false;
        }
        return false;
    }

    private static boolean isOpenForWriting(Path process, Path real) {
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(process.resolve("fd"))) {
            for (Path descriptor : descriptors) {
                if (isWriterOf(process, descriptor, real)) {
                    return true;
                }
            }
        } catch (IOException | java.nio.file.DirectoryIteratorException e) {
            // Another user's, or gone by now.
            return false;
        }
        return false;
    }

    private static boolean isWriterOf(Path process, Path descriptor, Path real) {
        try {
            if (!Files.readSymbolicLink(descriptor).equals(real)) {
                return false;
            }
            return Files.readAllLines(process.resolve("fdinfo").resolve(descriptor.getFileName())).stream()
                    .filter(line -> line.startsWith("flags:"))
                    .anyMatch(line -> (Integer.parseInt(line.substring("flags:".length()).strip(), 8) & ACCESS_MODE) != 0);
        } catch (IOException | NumberFormatException e) {
            return false;
        }
    }
}
