package dev.caravan.artefacts;

import dev.caravan.spec.Secret;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The format of {@code openssl enc -aes-256-cbc -pbkdf2}: {@code Salted__}, 8 bytes of salt, and the content in AES-256-CBC with PKCS #7
 * padding. Key and initialization vector are made of passphrase and salt by PBKDF2 with HMAC-SHA-256 and 10000 rounds, which are openssl's
 * defaults. So a backup can be opened without Caravan. Immutable.
 *
 * <p>CBC does not notice changed content; the digest that is kept beside a file does.
 */
final class Encryption {
    static final int BLOCK = 16;
    /** Length of what precedes the content. */
    static final int HEADER = 16;

    private static final byte[] MAGIC = "Salted__".getBytes(StandardCharsets.US_ASCII);
    private static final int SALT = HEADER - MAGIC.length;
    private static final int ROUNDS = 10_000;
    private static final int KEY = 32;

    private final byte[] header;
    private final SecretKeySpec key;
    private final byte[] vector;

    private Encryption(byte[] header, Secret passphrase) {
        this.header = header;
        byte[] salt = Arrays.copyOfRange(header, MAGIC.length, HEADER);
        PBEKeySpec spec = new PBEKeySpec(passphrase.reveal().toCharArray(), salt, ROUNDS, (KEY + BLOCK) * 8);
        try {
            byte[] made = SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256").generateSecret(spec).getEncoded();
            this.key = new SecretKeySpec(made, 0, KEY, "AES");
            this.vector = Arrays.copyOfRange(made, KEY, KEY + BLOCK);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has PBKDF2 with HMAC-SHA-256", e);
        } finally {
            spec.clearPassword();
        }
    }

    /** For a new file. */
    static Encryption begin(Secret passphrase) {
        byte[] header = Arrays.copyOf(MAGIC, HEADER);
        byte[] salt = new byte[SALT];
        new SecureRandom().nextBytes(salt);
        System.arraycopy(salt, 0, header, MAGIC.length, SALT);
        return new Encryption(header, passphrase);
    }

    /** Of a file that begins so. @throws IllegalArgumentException if no file of this format does */
    static Encryption of(byte[] header, Secret passphrase) {
        if (header.length != HEADER || !Arrays.equals(header, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            throw new IllegalArgumentException("it is not encrypted in the format of openssl enc");
        }
        return new Encryption(header.clone(), passphrase);
    }

    byte[] header() {
        return header.clone();
    }

    /** Encrypts from the beginning. */
    Cipher encrypting() {
        return cipher(Cipher.ENCRYPT_MODE, "AES/CBC/PKCS5Padding", vector);
    }

    /** Encrypts what follows a block of the encrypted content. */
    Cipher encryptingAfter(byte[] block) {
        return cipher(Cipher.ENCRYPT_MODE, "AES/CBC/PKCS5Padding", block);
    }

    /** Decrypts a whole file from the beginning. */
    Cipher decrypting() {
        return cipher(Cipher.DECRYPT_MODE, "AES/CBC/PKCS5Padding", vector);
    }

    /** Decrypts the whole blocks of a file that has no end yet. */
    Cipher decryptingPart() {
        return cipher(Cipher.DECRYPT_MODE, "AES/CBC/NoPadding", vector);
    }

    private Cipher cipher(int mode, String kind, byte[] from) {
        try {
            Cipher cipher = Cipher.getInstance(kind);
            cipher.init(mode, key, new IvParameterSpec(from));
            return cipher;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has AES-256 in CBC mode", e);
        }
    }
}
