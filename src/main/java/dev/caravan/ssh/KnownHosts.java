package dev.caravan.ssh;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import org.apache.sshd.client.config.hosts.KnownHostEntry;

/** A known_hosts list. Equal ones hold the same. */
interface KnownHosts {

    /** For messages: the path. */
    String describe();

    /** Every line that can be read and may be about that host; others may be among them. Empty if the file is missing. */
    List<KnownHostEntry> read(String host) throws IOException;

    /** Adds a line, atomically towards other writers. @return false if this list is one that nothing is added to */
    boolean add(String line) throws IOException;

    /** An OpenSSH known_hosts file. */
    record InFile(Path path) implements KnownHosts {

        @Override
        public String describe() {
            return path.toString();
        }

        @Override
        public List<KnownHostEntry> read(String host) throws IOException {
            try {
                return KnownHostLines.of(path).about(host);
            } catch (NoSuchFileException e) {
                return List.of();
            }
        }

        /**
         * One append of one line, unless it is there already: commands to a new host may begin under two users at a
         * time. The file is made with mode 0600, its directory with 0700.
         */
        @Override
        public boolean add(String line) throws IOException {
            // Locks of a file are held by the process: threads need one of their own.
            synchronized (InFile.class) {
                Path directory = path.toAbsolutePath().getParent();
                if (!Files.isDirectory(directory)) {
                    Files.createDirectories(directory, mode("rwx------"));
                }
                var options = Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
                try (FileChannel file = FileChannel.open(path, options, mode("rw-------"))) {
                    file.lock(); // towards other processes; released as the file is closed
                    if (Files.readAllLines(path, StandardCharsets.ISO_8859_1).contains(line)) {
                        return true;
                    }
                    String text = (endsInMidLine(file) ? "\n" : "") + line + "\n";
                    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
                    file.write(bytes, file.size());
                    file.force(false);
                }
            }
            return true;
        }

        private static boolean endsInMidLine(FileChannel file) throws IOException {
            if (file.size() == 0) {
                return false;
            }
            ByteBuffer last = ByteBuffer.allocate(1);
            file.read(last, file.size() - 1);
            return last.get(0) != '\n';
        }

        private static FileAttribute<?> mode(String permissions) {
            return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions));
        }
    }
}
