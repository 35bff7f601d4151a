package dev.caravan.ssh;

import dev.caravan.spec.Secret;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.sshd.common.NamedResource;
import org.apache.sshd.common.config.keys.AuthorizedKeyEntry;
import org.apache.sshd.common.config.keys.FilePasswordProvider;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.OpenSshCertificate;
import org.apache.sshd.common.util.io.resource.PathResource;
import org.apache.sshd.common.util.security.SecurityUtils;

/** Where private keys come from. Equal sources give equal keys. */
interface KeySource {

    /**
     * Reads the keys; may take a while, as a passphrase is slow to check by design.
     *
     * @throws SshException of kind PRIVATE_KEY
     */
    List<KeyPair> load() throws SshException;

    /** Reads a key in OpenSSH or PEM format; gives none where there is none. */
    static List<KeyPair> read(InputStream input, NamedResource name, Optional<Secret> passphrase)
            throws IOException, GeneralSecurityException {
        FilePasswordProvider password = (session, resource, attempt) -> passphrase.map(Secret::reveal).orElse(null);
        List<KeyPair> keys = new ArrayList<>();
        Iterable<KeyPair> read = SecurityUtils.loadKeyPairIdentities(null, name, input, password);
        if (read != null) {
            read.forEach(keys::add);
        }
        return keys;
    }

    /** A file in OpenSSH or PEM format (PKCS#1, SEC 1, PKCS#8), plain or encrypted. */
    record File(Path path, Optional<Secret> passphrase) implements KeySource {

        @Override
        public List<KeyPair> load() throws SshException {
            try {
                List<KeyPair> keys = read();
                if (keys.isEmpty()) {
                    throw failed("holds no private key that can be read", null);
                }
                return withCertificate(keys);
            } catch (NoSuchFileException e) {
                throw failed("does not exist. Correct `privateKey`, or make one with ssh-keygen", e);
            } catch (SshException e) {
                throw e;
            } catch (IOException | GeneralSecurityException | RuntimeException e) {
                throw failed(reason(), e);
            }
        }

        /** Where a certificate for the key would be, as ssh-keygen -s writes it and OpenSSH's client looks for it. */
        Path certificate() {
            return path.resolveSibling(path.getFileName() + "-cert.pub");
        }

        /** The key with its certificate before the key alone: a host that trusts the CA may know nothing of the key. */
        private List<KeyPair> withCertificate(List<KeyPair> keys) throws SshException {
            if (!Files.exists(certificate())) {
                return keys;
            }
            try {
                String line = Files.readString(certificate()).strip();
                PublicKey certificate = AuthorizedKeyEntry.parseAuthorizedKeyEntry(line).resolvePublicKey(null, null);
                List<KeyPair> all = new ArrayList<>();
                if (certificate instanceof OpenSshCertificate signed) {
                    keys.stream().filter(key -> KeyUtils.compareKeys(signed.getCertPubKey(), key.getPublic()))
                            .forEach(key -> all.add(new KeyPair(signed, key.getPrivate())));
                }
                all.addAll(keys);
                return all;
            } catch (IOException | GeneralSecurityException | RuntimeException e) {
                throw new SshException(SshException.Kind.PRIVATE_KEY,
                        "the certificate " + certificate() + " beside the private key cannot be read."
                        + " Sign the key again (ssh-keygen -s), or remove the file.", e);
            }
        }

        private List<KeyPair> read() throws IOException, GeneralSecurityException {
            try (InputStream input = Files.newInputStream(path)) {
                return KeySource.read(input, new PathResource(path), passphrase);
            }
        }

        private String reason() {
            if (!Files.isReadable(path)) {
                return "cannot be read. Check its permissions";
            }
            return passphrase.isPresent()
                    ? "cannot be read with the `passphrase` given. Check the passphrase and the file"
                    : "cannot be read without a passphrase. Give it as `passphrase`, or check the file";
        }

        private SshException failed(String reason, Exception cause) {
            return new SshException(SshException.Kind.PRIVATE_KEY, "private key " + path + " " + reason + ".", cause);
        }
    }
}
