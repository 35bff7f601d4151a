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
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Vert.x whose HTTP servers keep to Caravan's limits and have its certificate, also if Camel makes them: Camel's server has no
 * settings for that, but takes the Vert.x that is in its registry. Vert.x and its servers are wrapped by proxies: those have all
 * interfaces of what they wrap, also those that Vert.x itself casts to, and need none of its internal classes.
 */
public final class GuardedVertx {
    private static final Logger LOG = LoggerFactory.getLogger(GuardedVertx.class);
    private static final Set<String> PROTOCOLS = Set.of("TLSv1.2", "TLSv1.3");
    private static final int HANDSHAKE_SECONDS = 10;
    private static final int LARGEST_HEAD = 16 * 1024;
    private static final long LOOK_MILLIS = 10_000;

    private final Vertx delegate = Vertx.vertx();
    private final Vertx vertx;
    private final Optional<ServedCertificate> tls;
    private final ConnectionLimits connections;
    private volatile Optional<RequestFilter> filter = Optional.empty();

    private GuardedVertx(ServerLimits limits, Optional<TlsFiles> tls) {
        this.tls = tls.map(ServedCertificate::of);
        this.connections = new ConnectionLimits(delegate, limits);
        this.vertx = wrap(Vertx.class, delegate, (proxy, method, arguments) -> method.getName().equals("createHttpServer")
                ? createHttpServer(arguments == null ? new HttpServerOptions() : (HttpServerOptions) arguments[0])
                : method.invoke(delegate, arguments));
        this.tls.ifPresent(served -> delegate.setPeriodic(LOOK_MILLIS, any -> served.look()));
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

    ConnectionLimits connections() {
        return connections;
    }

    /** What Camel's HTTP server is to find in the registry. */
    public Vertx vertx() {
        return vertx;
    }

    private HttpServer createHttpServer(HttpServerOptions options) {
        options.setIdleTimeout(ServerLimits.SILENT_SECONDS).setIdleTimeoutUnit(TimeUnit.SECONDS);
        // One protocol has one set of limits.
        options.setHttp2ClearTextEnabled(false).setUseAlpn(false);
        options.setMaxHeaderSize(LARGEST_HEAD);
        tls.ifPresent(served -> options.setSsl(true).setKeyCertOptions(served.keys()).setEnabledSecureTransportProtocols(PROTOCOLS)
                .setSslHandshakeTimeout(HANDSHAKE_SECONDS).setSslHandshakeTimeoutUnit(TimeUnit.SECONDS));
        HttpServer server = delegate.createHttpServer(options);
        server.connectionHandler(connections::opened);
        server.invalidRequestHandler(GuardedVertx::refuse);
        // Who breaks off, or speaks no TLS, is no news.
        server.exceptionHandler(failure -> LOG.debug("a connection failed", failure));
        return guarded(server);
    }

    /** What requests pass from now on; until then there is nothing to ask for. */
    void install(RequestFilter first) {
        filter = Optional.of(first);
    }

    /** Camel sets a router as the handler, and that looks at paths before any of its routes is asked. */
    private HttpServer guarded(HttpServer server) {
        return wrap(HttpServer.class, server, (proxy, method, arguments) -> {
            if (method.getName().equals("requestHandler") && arguments != null) {
                @SuppressWarnings("unchecked")
                Handler<HttpServerRequest> handler = (Handler<HttpServerRequest>) arguments[0];
                server.requestHandler(
                        request -> filter.ifPresentOrElse(first -> first.pass(request, handler), () -> request.connection().close()));
                return proxy;
            }
            Object result = method.invoke(server, arguments);
            // What returns itself for the next call stays wrapped.
            return result == server ? proxy : result;
        });
    }

    private static <T> T wrap(Class<T> type, T wrapped, InvocationHandler calls) {
        Set<Class<?>> interfaces = new LinkedHashSet<>(List.of(type));
        for (Class<?> each = wrapped.getClass(); each != null; each = each.getSuperclass()) {
            List.of(each.getInterfaces()).stream().filter(one -> Modifier.isPublic(one.getModifiers())).forEach(interfaces::add);
        }
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), interfaces.toArray(Class<?>[]::new), (proxy, method, arguments) -> {
            try {
                return calls.invoke(proxy, method, arguments);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        }));
    }

    /** Certificates are renewed in their files; connections from now on get what is there. */
    void lookForRenewal() {
        tls.ifPresent(ServedCertificate::look);
    }

    /** What is no HTTP gets a problem document as well. */
    private static void refuse(HttpServerRequest request) {
        Throwable cause = request.decoderResult().cause();
        ProblemDocument problem = cause instanceof TooLongHttpLineException
                ? ProblemDocument.of(414, "uri-too-long", "The address is too long", "The first line of a request has at most 4096 bytes.")
                : cause instanceof TooLongHttpHeaderException || cause instanceof TooLongFrameException
                ? ProblemDocument.of(431, "head-too-large", "The header fields are too large", "They have at most 16 KiB together.")
                : ProblemDocument.badRequest();
        request.response().setStatusCode(problem.status()).putHeader("Content-Type", ProblemDocument.MEDIA_TYPE)
                .putHeader("Connection", "close")
                .end(Buffer.buffer(problem.toJson()))
                .onComplete(sent -> request.connection().close());
    }
}
