package dev.caravan.http;

import dev.caravan.access.TokenFile;
import dev.caravan.journal.Journal;
import dev.caravan.log.RedactedLog;
import dev.caravan.login.Login;
import dev.caravan.run.Runs;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.StreamResetException;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.util.Collection;
import java.util.Optional;
import org.apache.camel.CamelContext;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpRouter;
import org.apache.camel.support.service.ServiceSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sets up the filters around Camel's routes on each HTTP server of the process: the {@link RequestFilter} and the {@link BodyFilter} before
 * everything that is served, liveness and the event streams behind it, and problem documents at the end. A service that starts after
 * the server and before any route; without it nothing starts.
 */
public final class HttpFilters extends ServiceSupport {
    private static final Logger LOG = LoggerFactory.getLogger(HttpFilters.class);
    private static final int FIRST = Integer.MIN_VALUE;
    private static final int LAST = Integer.MAX_VALUE;
    private static final long LOOK_MILLIS = 2_000;

    private final CamelContext context;
    private final GuardedVertx vertx;
    private final ServerLimits limits;
    private final TokenFile tokens;
    private final Optional<Login> login;
    private final Runs runs;
    private final Journal journal;
    private final Health health;

    private HttpFilters(CamelContext context, GuardedVertx vertx, ServerLimits limits, TokenFile tokens, Optional<Login> login,
            Runs runs, Journal journal, Health health) {
        this.context = context;
        this.vertx = vertx;
        this.limits = limits;
        this.tokens = tokens;
        this.login = login;
        this.runs = runs;
        this.journal = journal;
        this.health = health;
    }

    /** Adds it to a context that has been configured and has not been started. */
    public static void install(CamelContext context, GuardedVertx vertx, ServerLimits limits, TokenFile tokens,
            Optional<Login> login, Runs runs, Journal journal, Http http) throws Exception {
        context.addService(new HttpFilters(context, vertx, limits, tokens, login, runs, journal, http.health()), true, true);
    }

    @Override
    protected void doStart() {
        Collection<VertxPlatformHttpRouter> routers = context.getRegistry().findByType(VertxPlatformHttpRouter.class);
        if (routers.isEmpty()) {
            throw new IllegalStateException("the HTTP server did not start");
        }
        AuthFilter access = new AuthFilter(tokens, login);
        vertx.vertx().setPeriodic(LOOK_MILLIS, any -> vertx.vertx().executeBlocking(() -> {
            tokens.look();
            return null;
        }, false));
        RedactedLog.keepFrom(access);
        RateLimit rates = new RateLimit(limits.requestsPerSecond(), System::nanoTime);
        vertx.install(new RequestFilter(vertx.vertx(), access, rates, vertx.connections()));
        // A thread of its own: requests that wait for a disk may hold all of Camel's, and who gets no answer here kills the process.
        WorkerExecutor liveness = vertx.vertx().createSharedWorkerExecutor("caravan-liveness", 1);
        EventStreams streams = new EventStreams(runs, journal, access, limits.streams());
        for (VertxPlatformHttpRouter router : routers) {
            BodyFilter bodyFilter = new BodyFilter(vertx.connections(), limits, access);
            router.route().order(FIRST).handler(bodyFilter);
            Route live = router.route(HttpMethod.GET, Health.LIVE).order(FIRST + 1);
            live.handler(request -> liveness.executeBlocking(health::live, false)
                    .onSuccess(reply -> send(request, reply)).onFailure(request::fail));
            Route events = router.route(HttpMethod.GET, EventStreams.PATH).order(FIRST + 1);
            events.handler(streams);
            Route rest = router.route().order(LAST);
            rest.handler(request -> BodyFilter.send(request, ProblemDocument.notFound()));
            Route failures = router.route().order(LAST);
            failures.failureHandler(HttpFilters::failed);
        }
    }

    private static void send(RoutingContext request, Reply reply) {
        request.response().setStatusCode(reply.status()).putHeader("Content-Type", reply.mediaType())
                .end(Buffer.buffer((byte[]) reply.body()));
    }

    /** A client that goes away in the middle of a request is no news. */
    private static boolean isBrokenOff(Throwable failure) {
        return failure instanceof HttpClosedException || failure instanceof StreamResetException || failure instanceof IOException;
    }

    /** Some requests fail before they come to the door, such as those whose path begins with no slash. */
    private static void failed(RoutingContext context) {
        int status = context.statusCode();
        if (isBrokenOff(context.failure())) {
            LOG.debug("{} {} was broken off", context.request().method(), context.request().path(), context.failure());
        } else if (context.failure() != null && status >= 500) {
            LOG.error("{} {} failed", context.request().method(), context.request().path(), context.failure());
        }
        BodyFilter.send(context, switch (status) {
            case 413 -> ProblemDocument.tooLarge();
            case 400 -> ProblemDocument.badRequest();
            case 405 -> ProblemDocument.of(405, "method-not-allowed", "This method is not allowed here", "Try GET.");
            case 404 -> ProblemDocument.notFound();
            default -> ProblemDocument.failed();
        });
    }
}
