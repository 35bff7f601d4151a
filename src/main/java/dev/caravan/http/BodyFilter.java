package dev.caravan.http;

import io.vertx.core.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.Charset;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What every request passes behind the {@link RequestFilter}, whatever it asks for and whichever route would answer: the announced size,
 * then the media type. Users' own {@code platform-http:} routes stand behind it, too.
 */
final class BodyFilter implements Handler<RoutingContext> {
    static final int LARGEST_BODY = 1024 * 1024;
    /** What the context of a request has by that name. */
    static final String CREDENTIALS = "caravan.credentials";
    private static final int LINGER_MILLIS = 1_000;
    private static final String API = "/api/";
    private static final Set<String> WITH_BODY = Set.of("POST", "PUT", "PATCH");
    private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
    private static final int LONGEST_TYPE = 256;
    /** RFC 9110, 8.3.1. */
    private static final Pattern CONTENT_TYPE = Pattern.compile(TOKEN + "/" + TOKEN + "(?:[ \\t]*;[ \\t]*(?:" + TOKEN + "=(?:" + TOKEN
            + "|\"(?:[^\"\\\\]|\\\\.)*\"))?)*[ \\t]*");
    private static final Pattern CHARSET = Pattern.compile(";[ \\t]*charset=\"?([^\";]*)", Pattern.CASE_INSENSITIVE);
    private static final List<String> UTF_8 = List.of("utf-8", "us-ascii");
    private static final Pattern MEDIA_TYPES =
            Pattern.compile("(application|text)/(x-)?(yaml|json)|application/[a-z0-9.-]+\\+(yaml|json)");

    /** Names that steer Camel's components. */
    private static final Pattern STEERING = Pattern.compile("\\s*camel", Pattern.CASE_INSENSITIVE);

    private final ConnectionLimits connections;
    private final long bodyWithinMillis;
    private final AuthFilter access;

    BodyFilter(ConnectionLimits connections, ServerLimits limits, AuthFilter access) {
        this.connections = connections;
        this.access = access;
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
        AuthFilter.Credentials credentials = LoginResource.credentials(request);
        access.caller(credentials).map(CallerUser::of).ifPresent(context::setUser);
        context.put(CREDENTIALS, credentials);
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
        LoginResource.takeOffSession(context.request().headers());
        for (MultiMap each : List.of(context.request().headers(), context.queryParams())) {
            List.copyOf(each.names()).stream().filter(name -> STEERING.matcher(name).lookingAt()).forEach(each::remove);
        }
    }

    private static Optional<ProblemDocument> refuseBody(HttpServerRequest request) {
        Optional<Long> length = contentLength(request);
        if (length.isPresent() && length.get() > LARGEST_BODY) {
            return Optional.of(ProblemDocument.tooLarge());
        }
        Optional<ProblemDocument> unreadable = refuseType(request.headers().getAll("Content-Type"));
        boolean hasBody = length.orElse(0L) > 0 || request.getHeader("Transfer-Encoding") != null;
        String path = Optional.ofNullable(request.path()).orElse("");
        if (hasBody && isForm(request) && !WITH_BODY.contains(request.method().name())) {
            return Optional.of(unsupported("A form comes with POST, PUT or PATCH."));
        }
        if (unreadable.isPresent() || !hasBody || !WITH_BODY.contains(request.method().name()) || !path.startsWith(API)) {
            return unreadable;
        }
        if (request.headers().getAll("Content-Encoding").stream().anyMatch(coding -> !coding.strip().equalsIgnoreCase("identity"))) {
            return Optional.of(unsupported("A compressed body is not taken: send it without Content-Encoding."));
        }
        String type = Optional.ofNullable(request.getHeader("Content-Type")).orElse("");
        return MEDIA_TYPES.matcher(mediaType(type)).matches() && UTF_8.contains(charset(type))
                ? Optional.empty()
                : Optional.of(unsupported("A body is YAML or JSON in UTF-8: say which with Content-Type: application/yaml or "
                        + "application/json."));
    }

    /** On any path and with any method: what comes behind reads the type before it asks whether there is a body. */
    private static Optional<ProblemDocument> refuseType(List<String> types) {
        if (types.isEmpty()) {
            return Optional.empty();
        }
        if (types.size() > 1 || types.get(0).length() > LONGEST_TYPE || !CONTENT_TYPE.matcher(types.get(0)).matches()) {
            return Optional.of(ProblemDocument.badRequest("Its Content-Type is not TYPE/SUBTYPE with parameters as NAME=VALUE."));
        }
        // Parts that are files would be written into the working directory.
        if (mediaType(types.get(0)).startsWith("multipart/")) {
            return Optional.of(unsupported("A body of several parts is not taken; a spec is application/yaml or application/json."));
        }
        return isKnown(charset(types.get(0))) ? Optional.empty()
                : Optional.of(unsupported("The charset of its Content-Type is not known here; use utf-8."));
    }

    private static boolean isForm(HttpServerRequest request) {
        return mediaType(Optional.ofNullable(request.getHeader("Content-Type")).orElse("")).equals("application/x-www-form-urlencoded");
    }

    private static boolean isKnown(String charset) {
        try {
            return Charset.isSupported(charset);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static ProblemDocument unsupported(String detail) {
        return ProblemDocument.of(415, "media-type", "This media type is not taken", detail);
    }

    private static String charset(String contentType) {
        Matcher charset = CHARSET.matcher(contentType);
        return charset.find() ? charset.group(1).strip().toLowerCase(Locale.ROOT) : UTF_8.get(0);
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
            response.headers().add("WWW-Authenticate", "Bearer realm=\"caravan\"");
        }
        // Browsers ask their users for it, also where these can log in.
        if (problem.status() == 401 && !problem.members().containsKey(LoginResource.MEMBER)) {
            response.headers().add("WWW-Authenticate", "Basic realm=\"caravan: any name, the token as password\", charset=\"UTF-8\"");
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
