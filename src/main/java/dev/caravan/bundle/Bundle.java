package dev.caravan.bundle;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.caravan.bundle.BundleIndex.Image;
import dev.caravan.bundle.BundleIndex.SystemPackages;
import dev.caravan.bundle.TarReader.Place;
import dev.caravan.digest.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * A bundle that was verified: each file has the size and the digest that {@code bundle.json} says, nothing else is in it, and, if a key
 * was given, {@code bundle.json} has that key's signature. It stays packed; files are read where they are. Thread-safe.
 */
public final class Bundle implements AutoCloseable {
    static final String SIGNATURE = BundleIndex.NAME + ".sig";
    static final String SBOM = "sbom.cdx.json";
    static final String SYSTEMS = "systems/";
    static final String BLOBS = "images/blobs/sha256/";
    private static final int LARGEST_INDEX = 64 << 20;
    private static final int BUFFER = 1 << 20;
    private static final String GET_IT_AGAIN = "Copy the bundle again from where it was made, or make it again: caravan bundle.";
    /** Fields of a later format are no error. */
    static final ObjectMapper JSON = new ObjectMapper().configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, false)
            .configure(SerializationFeature.INDENT_OUTPUT, true);

    private final Path path;
    private final FileChannel archive;
    private final Map<String, Place> places;
    private final BundleIndex index;
    private final boolean signed;

    private Bundle(Path path, FileChannel archive, Map<String, Place> places, BundleIndex index, boolean signed) {
        this.path = path;
        this.archive = archive;
        this.places = places;
        this.index = index;
        this.signed = signed;
    }

    /**
     * Opens and verifies the bundle; that reads all of it once.
     *
     * @param verifyKey the public key of its maker; without one, its signature is not checked
     */
    public static Bundle open(Path path, Optional<Path> verifyKey) throws InvalidBundle {
        FileChannel archive;
        try {
            archive = FileChannel.open(path, StandardOpenOption.READ);
        } catch (IOException e) {
            throw new InvalidBundle("the bundle " + path + " cannot be read: " + e.getClass().getSimpleName(), "Check --bundle.");
        }
        try {
            return open(path, archive, verifyKey);
        } catch (IOException | InvalidBundle e) {
            try {
                archive.close();
            } catch (IOException ignored) {
                // nothing was written
            }
            throw e instanceof InvalidBundle known ? known : new InvalidBundle("the bundle " + path + ": " + e.getMessage(), GET_IT_AGAIN);
        }
    }

    private static Bundle open(Path path, FileChannel archive, Optional<Path> verifyKey) throws IOException, InvalidBundle {
        Map<String, Place> places = TarReader.files(archive);
        byte[] said = content(archive, places, BundleIndex.NAME, LARGEST_INDEX);
        boolean signed = places.containsKey(SIGNATURE);
        if (verifyKey.isPresent()) {
            if (!signed) {
                throw new InvalidBundle("the bundle " + path + " is not signed, and --verify-key was given",
                        "Make it with --sign-key, or leave the key out.");
            }
            if (!Ed25519.verify(verifyKey.get(), said, content(archive, places, SIGNATURE, 1 << 10))) {
                throw new InvalidBundle("the bundle " + path + " is not signed by the key " + verifyKey.get() + ": " + SIGNATURE
                        + " does not fit " + BundleIndex.NAME, "Do not use it before you know who changed it, or which key signed it.");
            }
        }
        Bundle bundle = new Bundle(path, archive, places, index(said), signed);
        bundle.verify();
        return bundle;
    }

    private static BundleIndex index(byte[] said) throws IOException {
        BundleIndex index;
        try {
            index = JSON.readValue(said, BundleIndex.class);
        } catch (IOException e) {
            throw new IOException(BundleIndex.NAME + " is damaged");
        }
        if (index == null || index.format() != BundleIndex.FORMAT) {
            throw new IOException(BundleIndex.NAME + " has format " + (index == null ? "none" : index.format())
                    + ", and this Caravan reads format " + BundleIndex.FORMAT);
        }
        return index;
    }

    private void verify() throws IOException {
        Set<String> unlisted = new TreeSet<>(places.keySet());
        unlisted.remove(BundleIndex.NAME);
        unlisted.remove(SIGNATURE);
        for (BundleFile file : index.files()) {
            Place place = places.get(file.path());
            if (place == null) {
                throw new IOException(file.path() + " is missing");
            }
            if (place.size() != file.size()) {
                throw new IOException(file.path() + " has " + place.size() + " bytes, and " + BundleIndex.NAME + " says " + file.size());
            }
            String digest = digest(place);
            if (!digest.equals(file.sha256())) {
                throw new IOException(file.path() + " was changed: its SHA-256 is " + digest + ", and " + BundleIndex.NAME + " says "
                        + file.sha256());
            }
            unlisted.remove(file.path());
        }
        if (!unlisted.isEmpty()) {
            throw new IOException(unlisted.iterator().next() + " is in it, and not in " + BundleIndex.NAME);
        }
        for (Image image : index.images()) {
            if (!image.digest().matches("sha256:[0-9a-f]{64}") || blob(image.digest()).isEmpty()) {
                throw new IOException("the manifest of the image " + image.name() + " is missing");
            }
        }
    }

    private String digest(Place place) throws IOException {
        MessageDigest digest = Sha256.begin();
        ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(BUFFER, Math.max(1, place.size())));
        long at = 0;
        while (at < place.size()) {
            buffer.clear().limit((int) Math.min(buffer.capacity(), place.size() - at));
            int read = archive.read(buffer, place.offset() + at);
            if (read < 0) {
                throw new IOException("the archive ended while it was read");
            }
            digest.update(buffer.flip());
            at += read;
        }
        return Sha256.hex(digest);
    }

    private static byte[] content(FileChannel archive, Map<String, Place> places, String name, int limit) throws IOException {
        Place place = places.get(name);
        if (place == null) {
            throw new IOException("there is no " + name + " in it: is it a bundle?");
        }
        if (place.size() > limit) {
            throw new IOException(name + " has " + place.size() + " bytes, and at most " + limit + " are read");
        }
        ByteBuffer content = ByteBuffer.allocate((int) place.size());
        while (content.hasRemaining()) {
            if (archive.read(content, place.offset() + content.position()) < 0) {
                throw new IOException(name + " is cut off");
            }
        }
        return content.array();
    }

    public Path path() {
        return path;
    }

    public BundleIndex index() {
        return index;
    }

    /** Whether it has a signature, verified or not. */
    public boolean isSigned() {
        return signed;
    }

    /** The file of that path, at most {@code limit} bytes of it. @throws IOException if there is none, or it is larger */
    public byte[] read(String name, int limit) throws IOException {
        return content(archive, places, name, limit);
    }

    /** The paths of its files below a folder, which ends with a slash. */
    public List<String> below(String folder) {
        return places.keySet().stream().filter(path -> path.startsWith(folder)).toList();
    }

    Optional<Place> place(String name) {
        return Optional.ofNullable(places.get(name));
    }

    /** The blob of a digest in the form {@code sha256:HEX}. */
    Optional<Place> blob(String digest) {
        return digest.startsWith("sha256:") ? place(BLOBS + digest.substring("sha256:".length())) : Optional.empty();
    }

    /** What packages of a system are found by: repositories of dnf name them with directories that its cache leaves out. */
    Map<String, String> byLastName(String folder) {
        Map<String, String> names = new HashMap<>();
        List<String> twice = new ArrayList<>();
        for (String path : below(folder)) {
            if (names.put(path.substring(path.lastIndexOf('/') + 1), path) != null) {
                twice.add(path.substring(path.lastIndexOf('/') + 1));
            }
        }
        twice.forEach(names::remove);
        return names;
    }

    @Override
    public void close() {
        try {
            archive.close();
        } catch (IOException e) {
            // it was only read
        }
    }
}
