package dev.caravan.http;

import io.vertx.core.http.HttpServer;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.SSLOptions;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gives a server the certificate that is in its files when those change. Where they cannot be used, it keeps the one of before. */
final class TlsRenewal {
    private static final Logger LOG = LoggerFactory.getLogger(TlsRenewal.class);

    private final HttpServer server;
    private final TlsFiles files;
    private final Set<String> protocols;
    private List<FileTime> seen;

    TlsRenewal(HttpServer server, TlsFiles files, Set<String> protocols) {
        this.server = server;
        this.files = files;
        this.protocols = protocols;
        this.seen = files.changed();
    }

    synchronized void look() {
        List<FileTime> changed = files.changed();
        if (changed.equals(seen)) {
            return;
        }
        seen = changed;
        try {
            server.updateSSLOptions(new SSLOptions().setKeyCertOptions(KeyCertOptions.wrap(files.read()))
                    .setEnabledSecureTransportProtocols(protocols))
                    .onSuccess(any -> LOG.info("the new certificate in {} is served", files.certificate()))
                    .onFailure(failure -> LOG.warn("the certificate of before is still served: {}", failure.getMessage()));
        } catch (TlsFiles.Unusable e) {
            LOG.warn("the certificate of before is still served: {}", e.getMessage());
        }
    }
}
