package dev.caravan.http;

import dev.caravan.journal.Journal;
import dev.caravan.routes.LoadedRoutes;
import dev.caravan.run.Action;
import dev.caravan.run.Runs;
import dev.caravan.run.Submissions;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.component.platform.http.vertx.HttpMessage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers what routes from {@code platform-http:} hand to it: the bean {@code http}. Every answer that is no success is a
 * problem document. Thread-safe.
 */
public final class Http {
    private static final Logger LOG = LoggerFactory.getLogger(Http.class);
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9-]{1,32}");

    private final RunsResource runs;
    private final RoutesResource routes;
    private final Health health;
    private final Page page = new Page();

    public Http(CamelContext context, LoadedRoutes routes, Runs runs, Submissions submissions, Journal journal, Path data) {
        this.routes = new RoutesResource(routes);
        this.runs = new RunsResource(runs, submissions, journal, data, action -> isSupported(context, action));
        this.health = new Health(context, journal);
    }

    private static boolean isSupported(CamelContext context, Action action) {
        return context.getRoute(action.word()) != null;
    }

    private interface Answering {
        Reply answer(Request request) throws Refused, IOException;
    }

    /** {@code /api}. */
    public void api(Exchange exchange) {
        answer(exchange, this::api);
    }

    /** {@code /observe}. */
    public void observe(Exchange exchange) {
        answer(exchange, request -> {
            requireGet(request);
            return health.answer(request);
        });
    }

    /** In place of an answer, where a route lets no more requests through. */
    public void tooMany(Exchange exchange) {
        answer(exchange, request -> ProblemDocument.tooMany().toReply());
    }

    /** The page. */
    public void page(Exchange exchange) {
        answer(exchange, request -> {
            requireGet(request);
            return page.answer();
        });
    }

    private Reply api(Request request) throws Refused, IOException {
        List<String> path = request.segments();
        if (path.equals(List.of("api", "v1", "routes"))) {
            requireGet(request);
            return routes.list();
        }
        if (path.size() < 3 || path.size() > 5 || !path.subList(0, 3).equals(List.of("api", "v1", "runs"))) {
            throw new Refused(ProblemDocument.notFound(request.path()));
        }
        if (path.size() == 3) {
            return switch (request.method()) {
                case "POST" -> runs.begin(request);
                case "GET", "HEAD" -> runs.list(request);
                default -> throw new Refused(ProblemDocument.methodNotAllowed(request.method(), "GET, HEAD, POST"));
            };
        }
        String id = path.get(3);
        if (!ID.matcher(id).matches()) {
            throw new Refused(ProblemDocument.notFound(request.path()));
        }
        if (path.size() == 4) {
            requireGet(request);
            return runs.show(id);
        }
        switch (path.get(4)) {
            case "logs" -> {
                requireGet(request);
                return runs.logs(id, request);
            }
            case "timeline" -> {
                requireGet(request);
                return runs.timeline(id);
            }
            case "cancel" -> {
                requirePost(request);
                return runs.cancel(id);
            }
            case "retry" -> {
                requirePost(request);
                return runs.retry(id);
            }
            case "resume" -> {
                requirePost(request);
                return runs.resume(id);
            }
            case "rollback" -> {
                requirePost(request);
                return runs.rollback(id);
            }
            // GET is answered before Camel; see EventStreams.
            case "events" -> throw new Refused(ProblemDocument.methodNotAllowed(request.method(), "GET"));
            default -> throw new Refused(ProblemDocument.notFound(request.path()));
        }
    }

    private static void requireGet(Request request) throws Refused {
        if (!request.isGet()) {
            throw new Refused(ProblemDocument.methodNotAllowed(request.method(), "GET, HEAD"));
        }
    }

    private static void requirePost(Request request) throws Refused {
        if (!request.method().equals("POST")) {
            throw new Refused(ProblemDocument.methodNotAllowed(request.method(), "POST"));
        }
    }

    private static void answer(Exchange exchange, Answering answering) {
        Reply reply;
        try {
            reply = answering.answer(request(exchange));
        } catch (Refused refused) {
            reply = refused.problem().toReply();
        } catch (IOException | RuntimeException e) {
            LOG.error("a request could not be answered", e);
            reply = ProblemDocument.failed().toReply();
        }
        Message message = exchange.getMessage();
        message.removeHeaders("*");
        message.setHeader(Exchange.HTTP_RESPONSE_CODE, reply.status());
        message.setHeader(Exchange.CONTENT_TYPE, reply.mediaType());
        reply.headers().forEach(message::setHeader);
        message.setBody(reply.body());
    }

    private static Request request(Exchange exchange) {
        HttpMessage message = exchange.getIn(HttpMessage.class);
        HttpServerRequest request = message.getRequest();
        Map<String, String> headers = new HashMap<>();
        request.headers().forEach(header -> headers.putIfAbsent(header.getKey().toLowerCase(Locale.ROOT), header.getValue()));
        Map<String, String> parameters = new HashMap<>();
        request.params().forEach(parameter -> parameters.putIfAbsent(parameter.getKey(), parameter.getValue()));
        return new Request(request.method().name(), request.path(), Map.copyOf(parameters), Map.copyOf(headers), body(message));
    }

    /** Nothing where there is no body; Camel may have made a stream that can be read again of what came. */
    private static byte[] body(Message message) {
        byte[] body = message.getBody(byte[].class);
        return body == null ? new byte[0] : body;
    }
}
