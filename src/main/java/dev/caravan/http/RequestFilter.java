package dev.caravan.http;

import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What every request passes before anything looks at its path: how often this client asks, access, and whether the rest can make sense of
 * it at all. Vert.x's router would fail on some before it came to any handler. Thread-safe.
 */
final class RequestFilter {
    private static final Pattern BROKEN_ESCAPE = Pattern.compile("%(?![0-9A-Fa-f]{2})");
    private static final String OBSERVE = "/observe/";

    private final Vertx vertx;
    private final AuthFilter access;
    private final RateLimit rates;
    private final ConnectionLimits connections;

    RequestFilter(Vertx vertx, AuthFilter access, RateLimit rates, ConnectionLimits connections) {
        this.vertx = vertx;
        this.access = access;
        this.rates = rates;
        this.connections = connections;
    }

    /** Answers the request if it is refused, otherwise passes it on. */
    void pass(HttpServerRequest request, Handler<HttpServerRequest> on) {
        Optional<ProblemDocument> refused = refuse(request);
        if (refused.isEmpty()) {
            on.handle(request);
            return;
        }
        HttpConnection connection = request.connection();
        connections.asked(connection);
        boolean lost = !isReadable(request);
        request.response().endHandler(done -> {
            connections.answered(connection);
            if (lost) {
                connection.close();
            }
        });
        BodyFilter.harden(request.response());
        if (LoginResource.sendsToLogin(request, refused.get())) {
            request.response().setStatusCode(302).putHeader("Location", LoginResource.BEGIN).end();
            return;
        }
        BodyFilter.send(vertx, request, refused.get());
    }

    private Optional<ProblemDocument> refuse(HttpServerRequest request) {
        String path = Optional.ofNullable(request.path()).orElse("");
        Optional<ProblemDocument> denied = access.refuse(asked(request));
        // A health probe must not see the process as ill because others ask too often from the same address.
        boolean watches = denied.isEmpty() && path.startsWith(OBSERVE);
        if (!watches && !rates.admit(request.remoteAddress().hostAddress())) {
            return Optional.of(ProblemDocument.tooMany());
        }
        return denied.or(() -> refuse(request, path));
    }

    /** Whether it is known where its body ends; if not, what follows may be taken for another request (RFC 9112, 6.3). */
    private static boolean isReadable(HttpServerRequest request) {
        List<String> codings = request.headers().getAll("Transfer-Encoding");
        return codings.isEmpty() || codings.size() == 1 && codings.get(0).strip().equalsIgnoreCase("chunked");
    }

    private static Optional<ProblemDocument> refuse(HttpServerRequest request, String path) {
        if (!isReadable(request)) {
            return Optional.of(ProblemDocument.badRequest("Its Transfer-Encoding is another than chunked."));
        }
        if (request.headers().getAll("Host").size() > 1) {
            // RFC 9112, 3.2: who stands before this server may have looked at the other one.
            return Optional.of(ProblemDocument.badRequest("It has more than one Host."));
        }
        if (BROKEN_ESCAPE.matcher(path).find()) {
            return Optional.of(ProblemDocument.badRequest("In its path two hexadecimal digits are missing after a %."));
        }
        if (!request.headers().getAll("Expect").stream().allMatch("100-continue"::equalsIgnoreCase)) {
            return Optional.of(ProblemDocument.of(417, "expectation", "This expectation cannot be met",
                    "Leave the header Expect out, or send 100-continue."));
        }
        return Optional.empty();
    }

    private static AuthFilter.Asked asked(HttpServerRequest request) {
        return new AuthFilter.Asked(request.method().name(), Optional.ofNullable(request.path()).orElse(""), request.scheme(),
                LoginResource.credentials(request), request.getHeader("Host"),
                request.getHeader("Origin"), request.getHeader("Sec-Fetch-Site"));
    }
}
