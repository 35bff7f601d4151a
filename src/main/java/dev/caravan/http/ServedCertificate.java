package dev.caravan.http;

import io.vertx.core.net.KeyCertOptions;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.KeyStoreBuilderParameters;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The certificate that servers give to new connections: that of its files, also after those change. If they cannot be used, the
 * certificate of before stays. Thread-safe.
 *
 * <p>The key manager {@code NewSunX509} asks for the key store at each handshake, so that another one takes its place at once. Vert.x's
 * own {@code HttpServer.updateSSLOptions} breaks off the handshakes that fall into an update.
 */
final class ServedCertificate extends KeyStore.Builder {
    private static final Logger LOG = LoggerFactory.getLogger(ServedCertificate.class);

    private final TlsFiles files;
    private volatile KeyStore store;
    private List<FileTime> seen;

    private ServedCertificate(TlsFiles files, List<FileTime> seen, KeyStore store) {
        this.files = files;
        this.seen = seen;
        this.store = store;
    }

    /**
     * That of these files.
     *
     * @throws IllegalStateException if they cannot be used; the message says what to do
     */
    static ServedCertificate of(TlsFiles files) {
        List<FileTime> changed = files.changed();
        try {
            return new ServedCertificate(files, changed, files.read());
        } catch (TlsFiles.Unusable e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    /** Reads the files again if they have changed. */
    synchronized void look() {
        List<FileTime> changed = files.changed();
        if (changed.equals(seen)) {
            return;
        }
        seen = changed;
        try {
            store = files.read();
            LOG.info("the new certificate in {} is served", files.certificate());
        } catch (TlsFiles.Unusable e) {
            LOG.warn("the certificate of before is still served: {}", e.getMessage());
        }
    }

    /** What a server is set up with, once. */
    KeyCertOptions keys() {
        try {
            KeyManagerFactory factory = KeyManagerFactory.getInstance("NewSunX509");
            factory.init(new KeyStoreBuilderParameters(this));
            return KeyCertOptions.wrap(factory);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java cannot serve HTTPS: " + e.getMessage(), e);
        }
    }

    @Override
    public KeyStore getKeyStore() {
        return store;
    }

    @Override
    public KeyStore.ProtectionParameter getProtectionParameter(String alias) {
        return new KeyStore.PasswordProtection(TlsFiles.NO_PASSWORD);
    }
}
