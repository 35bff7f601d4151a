package dev.caravan.http;

import io.vertx.core.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What every request passes behind the {@link Threshold}, whatever it asks for and whichever route would answer: the announced size,
 * then the media type. Users' own {@code platform-http:} routes stand behind it, too.
 */
final class Door implements Handler<RoutingContext> {
    static final int LARGEST_BODY = 1024 * 1024;
    private static final int LINGER_MILLIS = 1_000;
    private static final String API = "/api/";
    private static final Set<String> WITH_BODY = Set.of("POST", "PUT", "PATCH");
    private static final Pattern MEDIA_TYPES =
            Pattern.compile("(application|text)/(x-)?(yaml|json)|application/[a-z0-9.-]+\\+(yaml|json)");

    /** Names that steer Camel's components. */
    private static final Pattern STEERING = Pattern.compile("\\s*camel", Pattern.CASE_INSENSITIVE);

    private final Connections connections;
    private final long bodyWithinMillis;

    Door(Connections connections, ServerLimits limits) {
        this.connections = connections;
        this.bodyWithinMillis = limits.requestWithin().toMillis();
    }

    @Override
    public void handle(RoutingContext context) {
        HttpServerRequest request = context.request();
        HttpConnection connection = request.connection();
        connections.asked(connection);
        context.addEndHandler(done -> connections.answered(connection));
        harden(context.response());
        Optional<ProblemDocument> refused = refuseBody(request);
        if (refused.isPresent()) {
            send(context, refused.get());
            return;
        }
        takeOff(context);
        long timer = context.vertx().setTimer(bodyWithinMillis, any -> {
            if (!request.isEnded()) {
                request.connection().close();
            }
        });
        context.addEndHandler(done -> context.vertx().cancelTimer(timer));
        context.next();
    }

    /** What no route is to see, a user's own neither: routes pass headers on, and parameters of the query become headers. */
    private static void takeOff(RoutingContext context) {
        context.request().headers().remove("Authorization");
        for (MultiMap each : List.of(context.request().headers(), context.queryParams())) {
            List.copyOf(each.names()).stream().filter(name -> STEERING.matcher(name).lookingAt()).forEach(each::remove);
        }
    }

    private static Optional<ProblemDocument> refuseBody(HttpServerRequest request) {
        Optional<Long> length = contentLength(request);
        if (length.isPresent() && length.get() > LARGEST_BODY) {
            return Optional.of(ProblemDocument.tooLarge());
        }
        boolean hasBody = length.orElse(0L) > 0 || request.getHeader("Transfer-Encoding") != null;
        String path = Optional.ofNullable(request.path()).orElse("");
        if (!hasBody || !WITH_BODY.contains(request.method().name()) || !path.startsWith(API)) {
            return Optional.empty();
        }
        return MEDIA_TYPES.matcher(mediaType(Optional.ofNullable(request.getHeader("Content-Type")).orElse(""))).matches()
                ? Optional.empty()
                : Optional.of(ProblemDocument.of(415, "media-type", "This media type is not taken",
                        "A body is YAML or JSON: say which with Content-Type: application/yaml or application/json."));
    }

    private static String mediaType(String contentType) {
        return contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    }

    /** Whether one of the media types that are taken is JSON. */
    static boolean isJson(String contentType) {
        return mediaType(contentType).endsWith("json");
    }

    private static Optional<Long> contentLength(HttpServerRequest request) {
        try {
            return Optional.ofNullable(request.getHeader("Content-Length")).map(Long::parseLong);
        } catch (NumberFormatException e) {
            return Optional.of(Long.MAX_VALUE);
        }
    }

    static void harden(HttpServerResponse response) {
        response.putHeader("Cache-Control", "no-store")
                .putHeader("X-Content-Type-Options", "nosniff")
                .putHeader("X-Frame-Options", "DENY")
                .putHeader("Referrer-Policy", "no-referrer");
    }

    /** Ends the request with that problem. What was not read of it is not read any more; the client has time to read the answer. */
    static void send(RoutingContext context, ProblemDocument problem) {
        send(context.vertx(), context.request(), problem);
    }

    /** The same before there is a context. */
    static void send(Vertx vertx, HttpServerRequest request, ProblemDocument problem) {
        HttpServerResponse response = request.response();
        if (response.ended() || response.closed()) {
            return;
        }
        if (response.headWritten()) {
            request.connection().close();
            return;
        }
        if (problem.status() == 401) {
            response.headers()
                    .add("WWW-Authenticate", "Bearer realm=\"caravan\"")
                    .add("WWW-Authenticate", "Basic realm=\"caravan: any name, the token as password\", charset=\"UTF-8\"");
        }
        response.setStatusCode(problem.status()).putHeader("Content-Type", ProblemDocument.MEDIA_TYPE);
        problem.headers().forEach(response::putHeader);
        if (!request.isEnded()) {
            response.putHeader("Connection", "close");
            vertx.setTimer(LINGER_MILLIS, any -> request.connection().close());
        }
        response.end(Buffer.buffer(problem.toJson()));
    }
}
