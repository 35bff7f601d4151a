package dev.caravan.bundle;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;

/** Signatures of bundles: Ed25519, with keys in the PEM files that openssl writes. */
final class Ed25519 {
    private static final String NAME = "Ed25519";
    private static final int LARGEST_KEY = 1 << 14;

    private Ed25519() {}

    /** @throws IOException where the file is no private key of this kind; the message names it, not what is in it */
    static byte[] sign(Path key, byte[] content) throws IOException {
        try {
            PrivateKey signer = KeyFactory.getInstance(NAME).generatePrivate(new PKCS8EncodedKeySpec(pem(key, "PRIVATE KEY")));
            Signature signature = Signature.getInstance(NAME);
            signature.initSign(signer);
            signature.update(content);
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new IOException(key + " is no private key for Ed25519; openssl genpkey -algorithm ed25519 -out FILE makes one");
        }
    }

    /** Whether the signature is that key's. @throws IOException where the file is no public key of this kind */
    static boolean verify(Path key, byte[] content, byte[] signature) throws IOException {
        PublicKey signer;
        try {
            signer = KeyFactory.getInstance(NAME).generatePublic(new X509EncodedKeySpec(pem(key, "PUBLIC KEY")));
        } catch (GeneralSecurityException e) {
            throw new IOException(key + " is no public key for Ed25519; openssl pkey -in PRIVATE-KEY -pubout -out FILE makes one");
        }
        try {
            Signature verifier = Signature.getInstance(NAME);
            verifier.initVerify(signer);
            verifier.update(content);
            return verifier.verify(signature);
        } catch (GeneralSecurityException e) {
            return false; // what is no signature at all
        }
    }

    private static byte[] pem(Path file, String what) throws IOException {
        if (!Files.isRegularFile(file) || Files.size(file) > LARGEST_KEY) {
            throw new IOException("there is no key file " + file);
        }
        String text = Files.readString(file, StandardCharsets.ISO_8859_1);
        String begin = "-----BEGIN " + what + "-----";
        int from = text.indexOf(begin);
        int to = text.indexOf("-----END " + what + "-----");
        if (from < 0 || to < from) {
            throw new IOException(file + " has no line " + begin);
        }
        try {
            return Base64.getMimeDecoder().decode(text.substring(from + begin.length(), to));
        } catch (IllegalArgumentException e) {
            throw new IOException(file + " is damaged");
        }
    }
}
