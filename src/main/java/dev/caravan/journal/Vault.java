package dev.caravan.journal;

import dev.caravan.data.PrivateFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Keeps what was found from those who get hold of the database, as it may hold the content of a host's files: AES-256-GCM
 * (NIST SP 800-38D) under a key in a file beside the database, or wherever the administrator put it. Thread-safe.
 */
final class Vault {
    private static final int KEY_BYTES = 32;
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;

    private final Path file;
    private final boolean made;
    private final SecureRandom random = new SecureRandom();
    private SecretKeySpec key;

    private Vault(Path file, boolean made) {
        this.file = file;
        this.made = made;
    }

    /**
     * With the key of that place. It is looked for when it is needed first, and only the data directory's own is made where it is missing.
     */
    static Vault of(JournalPlace place) {
        Optional<Path> named = place.key();
        return named.map(path -> new Vault(path, false)).orElseGet(() -> new Vault(place.data().resolve("key"), true));
    }

    /** @throws JournalException where the key that is there, or should be, is of no use */
    void require() {
        if (!made || Files.exists(file)) {
            keyFor(false);
        }
    }

    /** @param about what the text belongs to; it can only be opened as the same again */
    String seal(String text, String about) {
        byte[] nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        try {
            byte[] sealed = cipher(Cipher.ENCRYPT_MODE, nonce, about, keyFor(true)).doFinal(text.getBytes(StandardCharsets.UTF_8));
            byte[] all = Arrays.copyOf(nonce, nonce.length + sealed.length);
            System.arraycopy(sealed, 0, all, nonce.length, sealed.length);
            return Base64.getEncoder().encodeToString(all);
        } catch (GeneralSecurityException e) {
            throw new JournalException("what was found cannot be encrypted: " + e.getMessage(), e);
        }
    }

    /** @throws JournalException where the key is missing or another one; the message says what to do */
    String open(String sealed, String about) {
        try {
            byte[] all = Base64.getDecoder().decode(sealed);
            byte[] text = cipher(Cipher.DECRYPT_MODE, Arrays.copyOf(all, NONCE_BYTES), about, keyFor(false))
                    .doFinal(all, NONCE_BYTES, all.length - NONCE_BYTES);
            return new String(text, StandardCharsets.UTF_8);
        } catch (AEADBadTagException e) {
            throw new JournalException("the key in " + file + " does not open what was found on the hosts: " + remedy(), e);
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new JournalException("what was found on the hosts cannot be read: the entry is damaged", e);
        }
    }

    private static Cipher cipher(int mode, byte[] nonce, String about, SecretKeySpec key) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
        cipher.updateAAD(about.getBytes(StandardCharsets.UTF_8));
        return cipher;
    }

    private synchronized SecretKeySpec keyFor(boolean sealing) {
        if (key == null) {
            try {
                if (sealing && made && !Files.exists(file)) {
                    make();
                }
                if (made) {
                    requireOwn();
                }
                byte[] bytes = Files.readAllBytes(file);
                if (bytes.length != KEY_BYTES) {
                    throw new JournalException("the key in " + file + " has " + bytes.length + " bytes and should have " + KEY_BYTES + ": "
                            + remedy(), null);
                }
                key = new SecretKeySpec(bytes, "AES");
            } catch (IOException e) {
                throw new JournalException("the key to what is found on hosts, " + file + ", cannot be "
                        + (Files.exists(file) ? "read" : "found") + ": " + remedy(), e);
            }
        }
        return key;
    }

    private void requireOwn() {
        try {
            PrivateFiles.requireOwn(file);
        } catch (IOException e) {
            throw new JournalException("the key to what is found on hosts cannot be used: " + e.getMessage(), e);
        }
    }

    private String remedy() {
        return made
                ? "put back the key that was there, or set CARAVAN_KEY_FILE to the file that has it. "
                        + "If it is lost, what was found on hosts cannot be restored, and another --data starts without it"
                : "CARAVAN_KEY_FILE must name the same 32 bytes for all engines of a journal. To make a first one:"
                        + " (umask 077; head -c 32 /dev/urandom > " + file + ")";
    }

    private void make() throws IOException {
        byte[] bytes = new byte[KEY_BYTES];
        random.nextBytes(bytes);
        PrivateFiles.makeOnce(file, bytes);
    }
}
