package dev.caravan.runner;

import dev.caravan.data.PrivateFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The keys of engines and runners, in one directory: {@code NAME.key}, which is this side's own and secret, and {@code NAME.pub} of each
 * side that it trusts. Both are PEM files with two keys: one to sign (Ed25519), one to encrypt (X25519). Immutable.
 */
public final class KeyFiles {
    private static final Pattern NAME = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");
    private static final Pattern PEM = Pattern.compile("-----BEGIN ([A-Z ]{1,40})-----([A-Za-z0-9+/=\\s]*)-----END \\1-----");
    private static final String SECRET = "PRIVATE KEY";
    private static final String PUBLIC = "PUBLIC KEY";
    private static final String SIGNING = "Ed25519";
    private static final String SEALING = "X25519";
    private static final int LARGEST = 1 << 14;

    private final Path directory;

    public KeyFiles(Path directory) {
        this.directory = directory;
    }

    /** A key, or a directory of keys, cannot be used. The message says why and what to do, and holds nothing of the key. */
    public static final class Unusable extends Exception {
        private static final long serialVersionUID = 1L;

        Unusable(String message) {
            super(message);
        }
    }

    /** What only its owner has. The generated text is not used. */
    record Own(String name, PrivateKey signing, PrivateKey sealing) {
        @Override
        public String toString() {
            return "the private key of " + name;
        }
    }

    /** What others have of it. */
    record Other(String name, PublicKey signing, PublicKey sealing) {}

    /**
     * Makes the keys of a side: {@code NAME.key}, which only this user may read, and {@code NAME.pub}.
     *
     * @return the file to take to the other side
     * @throws Unusable if there is such a key, the name is none, or the directory cannot be written
     */
    public Path make(String name) throws Unusable {
        requireName(name);
        Path secret = directory.resolve(name + ".key");
        Path open = directory.resolve(name + ".pub");
        try {
            PrivateFiles.makeDirectories(directory);
            if (Files.exists(secret) || Files.exists(open)) {
                throw new Unusable(directory + " has a key " + name + ". To replace it, remove " + secret + " and " + open
                        + "; the other side then needs the new " + name + ".pub");
            }
            KeyPair signing = KeyPairGenerator.getInstance(SIGNING).generateKeyPair();
            KeyPair sealing = KeyPairGenerator.getInstance(SEALING).generateKeyPair();
            PrivateFiles.makeOnce(secret, (pem(SECRET, signing.getPrivate().getEncoded()) + pem(SECRET, sealing.getPrivate().getEncoded()))
                    .getBytes(StandardCharsets.US_ASCII));
            Files.writeString(open, pem(PUBLIC, signing.getPublic().getEncoded()) + pem(PUBLIC, sealing.getPublic().getEncoded()));
            return open;
        } catch (IOException e) {
            throw new Unusable("cannot make keys in " + directory + ": " + e.getMessage());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java since 15 has Ed25519 and X25519", e);
        }
    }

    private static void requireName(String name) throws Unusable {
        if (!NAME.matcher(name).matches()) {
            throw new Unusable("'" + name + "' cannot be the name of a key: lower-case letters, digits and dashes, at most 63");
        }
    }

    /** The private key of that name. @throws Unusable if it is missing, damaged, or others may read it */
    Own own(String name) throws Unusable {
        requireName(name);
        Path file = directory.resolve(name + ".key");
        if (!Files.isRegularFile(file)) {
            throw new Unusable("there is no key " + file + ". Make one: caravan runner-key " + name + " --keys " + directory);
        }
        try {
            PrivateFiles.requireOwn(file);
            if (isOpenToOthers(file)) {
                throw new Unusable(file + " may be read by others. Run: chmod 600 " + file
                        + " (if somebody may have read it, make a new key)");
            }
            List<byte[]> keys = pems(file, SECRET);
            return new Own(name, KeyFactory.getInstance(SIGNING).generatePrivate(new PKCS8EncodedKeySpec(keys.get(0))),
                    KeyFactory.getInstance(SEALING).generatePrivate(new PKCS8EncodedKeySpec(keys.get(1))));
        } catch (IOException e) {
            throw new Unusable("cannot read " + file + ": " + e.getMessage());
        } catch (GeneralSecurityException e) {
            throw new Unusable(file + " holds no keys that caravan runner-key made");
        }
    }

    private static boolean isOpenToOthers(Path file) throws IOException {
        return file.getFileSystem().supportedFileAttributeViews().contains("posix")
                && Files.getPosixFilePermissions(file).stream().anyMatch(each -> !each.name().startsWith("OWNER"));
    }

    /** The public keys of the others, by name. @throws Unusable if one is damaged, or there are none */
    Map<String, Other> others(String ownName) throws Unusable {
        Map<String, Other> others = new TreeMap<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.filter(each -> each.getFileName().toString().endsWith(".pub")).toList()) {
                String name = file.getFileName().toString().replaceFirst("[.]pub$", "");
                if (!name.equals(ownName)) {
                    others.put(name, other(file, name));
                }
            }
        } catch (IOException | UncheckedIOException e) {
            throw new Unusable("cannot read the directory of keys " + directory + ": " + e.getMessage());
        }
        return others;
    }

    private static Other other(Path file, String name) throws Unusable, IOException {
        requireName(name);
        PrivateFiles.requireOwn(file);
        try {
            List<byte[]> keys = pems(file, PUBLIC);
            return new Other(name, KeyFactory.getInstance(SIGNING).generatePublic(new X509EncodedKeySpec(keys.get(0))),
                    KeyFactory.getInstance(SEALING).generatePublic(new X509EncodedKeySpec(keys.get(1))));
        } catch (GeneralSecurityException e) {
            throw new Unusable(file + " holds no public keys that caravan runner-key made");
        }
    }

    private static List<byte[]> pems(Path file, String kind) throws IOException, GeneralSecurityException {
        if (Files.size(file) > LARGEST) {
            throw new GeneralSecurityException("too large");
        }
        List<byte[]> keys = new ArrayList<>();
        Matcher pem = PEM.matcher(Files.readString(file, StandardCharsets.ISO_8859_1));
        while (pem.find()) {
            if (pem.group(1).equals(kind)) {
                try {
                    keys.add(Base64.getMimeDecoder().decode(pem.group(2)));
                } catch (IllegalArgumentException e) {
                    throw new GeneralSecurityException("no base64");
                }
            }
        }
        if (keys.size() != 2) {
            throw new GeneralSecurityException(keys.size() + " keys");
        }
        return keys;
    }

    private static String pem(String kind, byte[] key) {
        return "-----BEGIN " + kind + "-----\n" + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(key)
                + "\n-----END " + kind + "-----\n";
    }
}
