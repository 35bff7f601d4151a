package dev.caravan.rehearsal;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PublicKey;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.writer.openssh.OpenSSHKeyPairResourceWriter;
import org.apache.sshd.common.keyprovider.KeyPairProvider;

/** The key pair that a rehearsal logs in with; it opens nothing but simulated hosts. */
record ClientKey(Path file, PublicKey publicKey) {

    /** Makes a key pair and writes its private half to {@code file}, readable by its owner alone. */
    static ClientKey generate(Path file) throws IOException {
        try {
            KeyPair pair = KeyUtils.generateKeyPair(KeyPairProvider.SSH_ED25519, 256);
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            try (OutputStream out = Files.newOutputStream(file, StandardOpenOption.WRITE)) {
                OpenSSHKeyPairResourceWriter.INSTANCE.writePrivateKey(pair, "rehearsal", null, out);
            }
            return new ClientKey(file, pair.getPublic());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java can make no ed25519 key", e);
        }
    }
}
