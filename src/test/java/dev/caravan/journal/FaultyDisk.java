package dev.caravan.journal;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.h2.store.fs.FileBase;
import org.h2.store.fs.FilePath;
import org.h2.store.fs.FilePathWrapper;

/**
 * A file system of H2's, scheme {@code faulty}, over the real one. It tells what was forced to the disk from what was only
 * written, can lose its power at a chosen operation, and can be full. One for all tests of a JVM: they must not run side by
 * side.
 */
public final class FaultyDisk extends FilePathWrapper {
    private static final int SECTOR = 512;
    private static final Map<String, Image> IMAGES = new HashMap<>();
    private static int operationsLeft = Integer.MAX_VALUE;
    private static boolean off;
    private static boolean full;
    private static int forced;

    static {
        FilePath.register(new FaultyDisk());
    }

    /** Called by H2 as well, for each path. */
    public FaultyDisk() {}

    /** Makes the scheme known, power on and room enough. */
    static synchronized void plugIn() {
        IMAGES.clear();
        operationsLeft = Integer.MAX_VALUE;
        off = false;
        full = false;
        forced = 0;
    }

    /** The power is gone in the midst of the operation that comes after so many others. */
    static synchronized void cutAfter(int operations) {
        operationsLeft = operations;
    }

    /** The power is back, as if only the operations meanwhile had failed. */
    static synchronized void repair() {
        operationsLeft = Integer.MAX_VALUE;
        off = false;
    }

    static synchronized boolean isOff() {
        return off;
    }

    static synchronized void fill(boolean isFull) {
        full = isFull;
    }

    /** How often something was forced. */
    static synchronized int forced() {
        return forced;
    }

    /**
     * Writes to {@code directory} what is on the disk after the power was lost.
     *
     * @param random chooses what of the writes that were not forced got to the disk, by sectors; null: none
     */
    static synchronized void restoreTo(Path directory, Random random) throws IOException {
        Files.createDirectories(directory);
        for (Map.Entry<String, Image> file : IMAGES.entrySet()) {
            byte[] left = file.getValue().afterPowerCut(random);
            Files.write(directory.resolve(Path.of(file.getKey()).getFileName().toString()), left);
        }
    }

    @Override
    public String getScheme() {
        return "faulty";
    }

    @Override
    public FileChannel open(String mode) throws IOException {
        synchronized (FaultyDisk.class) {
            requirePower();
            String path = getBase().toString();
            if (path.endsWith(".mv.db") || path.endsWith(".redo")) {
                IMAGES.putIfAbsent(path, new Image(Files.exists(Path.of(path)) ? Files.readAllBytes(Path.of(path)) : new byte[0]));
                return new Channel(getBase().open(mode), IMAGES.get(path));
            }
        }
        return super.open(mode);
    }

    @Override
    public OutputStream newOutputStream(boolean append) throws IOException {
        synchronized (FaultyDisk.class) {
            requireRoom();
        }
        return super.newOutputStream(append);
    }

    private static void requirePower() throws IOException {
        if (off) {
            throw new IOException("the power is off");
        }
    }

    private static void requireRoom() throws IOException {
        requirePower();
        if (full) {
            throw new IOException("No space left on device");
        }
    }

    /** True where the power is lost now. */
    private static boolean operate() {
        if (operationsLeft-- <= 0) {
            off = true;
        }
        return off;
    }

    /** What is on the disk, and what was written since. */
    private static final class Image {
        private interface Unforced {
            void onto(Bytes bytes, Random random);
        }

        private final Bytes bytes;
        private final List<Unforced> unforced = new ArrayList<>();

        private Image(byte[] bytes) {
            this.bytes = new Bytes(bytes);
        }

        private void write(long position, byte[] written) {
            unforced.add((onto, random) -> {
                for (int from = 0; from < written.length; from += SECTOR) {
                    if (random == null || random.nextBoolean()) {
                        onto.put((int) position + from, Arrays.copyOfRange(written, from, Math.min(from + SECTOR, written.length)));
                    }
                }
            });
        }

        private void truncate(long size) {
            unforced.add((onto, random) -> {
                if (random == null || random.nextBoolean()) {
                    onto.truncate((int) size);
                }
            });
        }

        private void force() {
            unforced.forEach(one -> one.onto(bytes, null));
            unforced.clear();
        }

        private byte[] afterPowerCut(Random random) {
            Bytes left = new Bytes(bytes.get());
            if (random != null) {
                unforced.forEach(one -> one.onto(left, random));
            }
            return left.get();
        }
    }

    private static final class Bytes {
        private byte[] bytes;
        private int size;

        private Bytes(byte[] bytes) {
            this.bytes = bytes;
            this.size = bytes.length;
        }

        private void put(int position, byte[] written) {
            if (position + written.length > bytes.length) {
                bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, position + written.length));
            }
            System.arraycopy(written, 0, bytes, position, written.length);
            size = Math.max(size, position + written.length);
        }

        private void truncate(int to) {
            if (to < size) {
                Arrays.fill(bytes, to, size, (byte) 0);
                size = to;
            }
        }

        private byte[] get() {
            return Arrays.copyOf(bytes, size);
        }
    }

    private static final class Channel extends FileBase {
        private final FileChannel real;
        private final Image image;

        private Channel(FileChannel real, Image image) {
            this.real = real;
            this.image = image;
        }

        @Override
        public int write(ByteBuffer source, long position) throws IOException {
            byte[] written = new byte[source.remaining()];
            source.get(written);
            synchronized (FaultyDisk.class) {
                requireRoom();
                image.write(position, written); // what the power is cut in may get to the disk in parts
                if (operate()) {
                    requirePower();
                }
            }
            ByteBuffer all = ByteBuffer.wrap(written);
            for (long at = position; all.hasRemaining();) {
                at += real.write(all, at);
            }
            return written.length;
        }

        @Override
        public FileChannel truncate(long size) throws IOException {
            synchronized (FaultyDisk.class) {
                requirePower();
                image.truncate(size);
                if (operate()) {
                    requirePower();
                }
            }
            real.truncate(size);
            return this;
        }

        @Override
        public void force(boolean metaData) throws IOException {
            synchronized (FaultyDisk.class) {
                requirePower();
                if (operate()) {
                    requirePower();
                }
                image.force();
                forced++;
            }
            real.force(metaData);
        }

        @Override
        public int read(ByteBuffer into, long position) throws IOException {
            synchronized (FaultyDisk.class) {
                requirePower();
            }
            return real.read(into, position);
        }

        @Override
        public int read(ByteBuffer into) throws IOException {
            return real.read(into);
        }

        @Override
        public int write(ByteBuffer source) throws IOException {
            throw new IOException("not written by position");
        }

        @Override
        public long position() throws IOException {
            return real.position();
        }

        @Override
        public FileChannel position(long position) throws IOException {
            real.position(position);
            return this;
        }

        @Override
        public long size() throws IOException {
            return real.size();
        }

        @Override
        public FileLock tryLock(long position, long size, boolean shared) throws IOException {
            return real.tryLock(position, size, shared);
        }

        @Override
        protected void implCloseChannel() throws IOException {
            real.close();
        }
    }
}
