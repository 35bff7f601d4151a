package dev.caravan.http;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.openssl.PEMEncryptedKeyPair;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.pkcs.PKCS8EncryptedPrivateKeyInfo;

/**
 * What HTTPS is served with. Immutable; the files may change, as certificates are renewed.
 *
 * @param certificate PEM: the server's certificate, then those that it was signed by
 * @param key         PEM: its private key, RSA or EC or Ed25519, not encrypted
 */
public record TlsFiles(Path certificate, Path key) {
    static final char[] NO_PASSWORD = new char[0];

    /** Files that cannot be served with; the message says what to do. */
    public static final class Unusable extends Exception {
        Unusable(String message) {
            super(message);
        }
    }

    /** As settings have them: both, or neither, which is empty text. */
    static Optional<TlsFiles> of(String certificate, String key) {
        if (certificate.isBlank() != key.isBlank()) {
            throw new IllegalArgumentException("caravan.http.tls-cert and caravan.http.tls-key belong together: set both, or neither");
        }
        return certificate.isBlank() ? Optional.empty() : Optional.of(new TlsFiles(Path.of(certificate.strip()), Path.of(key.strip())));
    }

    /**
     * Reads them as they are now, into a key store whose password is empty.
     *
     * @throws Unusable where that gives no certificate with its key
     */
    public KeyStore read() throws Unusable {
        List<X509Certificate> chain = chain();
        PrivateKey secret = secret();
        requirePair(chain.get(0), secret);
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, NO_PASSWORD);
            store.setKeyEntry("caravan", secret, NO_PASSWORD, chain.toArray(new Certificate[0]));
            return store;
        } catch (GeneralSecurityException | IOException e) {
            throw new Unusable("the certificate in " + certificate + " cannot be served with: " + e.getMessage());
        }
    }

    /** When they were last written to; empty if that is not known. */
    List<FileTime> changed() {
        try {
            return List.of(Files.getLastModifiedTime(certificate), Files.getLastModifiedTime(key));
        } catch (IOException e) {
            return List.of();
        }
    }

    private List<X509Certificate> chain() throws Unusable {
        List<X509Certificate> chain = new ArrayList<>();
        for (Object item : items(certificate)) {
            if (item instanceof X509CertificateHolder holder) {
                try {
                    chain.add(new JcaX509CertificateConverter().getCertificate(holder));
                } catch (GeneralSecurityException e) {
                    throw new Unusable(certificate + " holds a certificate that Java cannot read: " + e.getMessage());
                }
            }
        }
        if (chain.isEmpty()) {
            throw new Unusable(certificate
                    + " holds no certificate: it should begin with -----BEGIN CERTIFICATE-----, the server's own first");
        }
        return chain;
    }

    private PrivateKey secret() throws Unusable {
        for (Object item : items(key)) {
            if (item instanceof PKCS8EncryptedPrivateKeyInfo || item instanceof PEMEncryptedKeyPair) {
                throw new Unusable("the key in " + key + " is encrypted: openssl pkey -in " + key
                        + " -out FILE writes it without its passphrase (umask 077 first)");
            }
            try {
                if (item instanceof PrivateKeyInfo info) {
                    return new JcaPEMKeyConverter().getPrivateKey(info);
                }
                if (item instanceof PEMKeyPair pair) {
                    return new JcaPEMKeyConverter().getPrivateKey(pair.getPrivateKeyInfo());
                }
            } catch (IOException e) {
                throw new Unusable("the key in " + key + " is of a kind that Java cannot use; RSA, EC and Ed25519 can be");
            }
        }
        throw new Unusable(key + " holds no private key: it should have a line -----BEGIN PRIVATE KEY-----");
    }

    private static List<Object> items(Path file) throws Unusable {
        try (Reader reader = Files.newBufferedReader(file); PEMParser parser = new PEMParser(reader)) {
            List<Object> items = new ArrayList<>();
            for (Object item = parser.readObject(); item != null; item = parser.readObject()) {
                items.add(item);
            }
            return items;
        } catch (NoSuchFileException e) {
            throw new Unusable("there is no file " + file);
        } catch (MalformedInputException e) {
            throw new Unusable(file + " is not PEM: openssl x509 or openssl pkey, with -inform DER, write it as text");
        } catch (IOException e) {
            throw new Unusable(file + (Files.isReadable(file) && !Files.isDirectory(file)
                    ? " is not valid PEM" : " cannot be read by " + System.getProperty("user.name")));
        }
    }

    private void requirePair(X509Certificate certificateOf, PrivateKey secret) throws Unusable {
        byte[] text = {1, 2, 3};
        PublicKey open = certificateOf.getPublicKey();
        boolean match;
        try {
            String algorithm = switch (secret.getAlgorithm()) {
                case "RSA" -> "SHA256withRSA";
                case "EC", "ECDSA" -> "SHA256withECDSA";
                default -> "EdDSA";
            };
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(secret);
            signature.update(text);
            byte[] signed = signature.sign();
            signature.initVerify(open);
            signature.update(text);
            match = signature.verify(signed);
        } catch (GeneralSecurityException e) {
            match = false;
        }
        if (!match) {
            throw new Unusable("the key in " + key + " is not that of the first certificate in " + certificate + " ("
                    + certificateOf.getSubjectX500Principal()
                    + "). Give the key that it was made with, and the server's own certificate before the others");
        }
    }
}
