package dev.caravan.http;

import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.impl.HttpServerImpl;
import io.vertx.core.impl.VertxInternal;
import io.vertx.core.impl.VertxWrapper;
import io.vertx.core.net.KeyCertOptions;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Vert.x whose HTTP servers keep to Caravan's limits and have its certificate, whoever makes them: Camel's server has no
 * settings for that, but takes the Vert.x that is in its registry.
 */
public final class GuardedVertx extends VertxWrapper {
    private static final Logger LOG = LoggerFactory.getLogger(GuardedVertx.class);
    private static final Set<String> PROTOCOLS = Set.of("TLSv1.2", "TLSv1.3");
    private static final int HANDSHAKE_SECONDS = 10;
    private static final int LARGEST_HEAD = 16 * 1024;
    private static final long LOOK_MILLIS = 10_000;

    private final Optional<TlsFiles> tls;
    private final Connections connections;
    private volatile Optional<Threshold> threshold = Optional.empty();
    private final List<TlsRenewal> renewals = new CopyOnWriteArrayList<>();

    private GuardedVertx(ServerLimits limits, Optional<TlsFiles> tls) {
        super((VertxInternal) Vertx.vertx());
        this.tls = tls;
        this.connections = new Connections(this, limits);
        tls.ifPresent(files -> setPeriodic(LOOK_MILLIS, any -> lookForRenewal()));
    }

    /**
     * One with these limits.
     *
     * @param certificate of TLS, empty for plain HTTP
     * @param key         of TLS, empty for plain HTTP
     */
    public static GuardedVertx with(ServerLimits limits, String certificate, String key) {
        return new GuardedVertx(limits, TlsFiles.of(certificate, key));
    }

    Connections connections() {
        return connections;
    }

    @Override
    public HttpServer createHttpServer() {
        return createHttpServer(new HttpServerOptions());
    }

    @Override
    public HttpServer createHttpServer(HttpServerOptions options) {
        options.setIdleTimeout(ServerLimits.SILENT_SECONDS).setIdleTimeoutUnit(TimeUnit.SECONDS);
        // One protocol has one set of limits.
        options.setHttp2ClearTextEnabled(false).setUseAlpn(false);
        options.setMaxHeaderSize(LARGEST_HEAD);
        tls.ifPresent(files -> options.setSsl(true).setKeyCertOptions(keys(files)).setEnabledSecureTransportProtocols(PROTOCOLS)
                .setSslHandshakeTimeout(HANDSHAKE_SECONDS).setSslHandshakeTimeoutUnit(TimeUnit.SECONDS));
        HttpServer server = new GuardedServer(delegate, options);
        server.connectionHandler(connections::opened);
        server.invalidRequestHandler(GuardedVertx::refuse);
        // Who breaks off, or speaks no TLS, is no news.
        server.exceptionHandler(failure -> LOG.debug("a connection failed", failure));
        tls.ifPresent(files -> renewals.add(new TlsRenewal(server, files, PROTOCOLS)));
        return server;
    }

    /** What requests pass from now on; until then there is nothing to ask for. */
    void letIn(Threshold first) {
        threshold = Optional.of(first);
    }

    /** Camel sets a router as the handler, and that looks at paths before any of its routes is asked. */
    private final class GuardedServer extends HttpServerImpl {
        private GuardedServer(VertxInternal vertx, HttpServerOptions options) {
            super(vertx, options);
        }

        @Override
        public synchronized HttpServer requestHandler(Handler<HttpServerRequest> handler) {
            return super.requestHandler(request -> threshold.ifPresentOrElse(first -> first.pass(request, handler), () -> request.connection().close()));
        }
    }

    private static KeyCertOptions keys(TlsFiles files) {
        try {
            return KeyCertOptions.wrap(files.read());
        } catch (TlsFiles.Unusable e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    /** Certificates are renewed in their files; connections from now on get what is there. */
    void lookForRenewal() {
        renewals.forEach(TlsRenewal::look);
    }

    /** What is no HTTP gets a problem document as well. */
    private static void refuse(HttpServerRequest request) {
        Throwable cause = request.decoderResult().cause();
        ProblemDocument problem = cause instanceof TooLongHttpLineException
                ? ProblemDocument.of(414, "uri-too-long", "The address is too long", "The first line of a request has at most 4096 bytes.")
                : cause instanceof TooLongHttpHeaderException || cause instanceof TooLongFrameException
                ? ProblemDocument.of(431, "head-too-large", "The header fields are too large", "They have at most 16 KiB together.")
                : ProblemDocument.badRequest();
        request.response().setStatusCode(problem.status()).putHeader("Content-Type", ProblemDocument.MEDIA_TYPE).putHeader("Connection", "close")
                .end(Buffer.buffer(problem.toJson()))
                .onComplete(sent -> request.connection().close());
    }
}
