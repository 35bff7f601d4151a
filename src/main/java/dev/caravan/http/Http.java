package dev.caravan.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.caravan.access.Caller;
import dev.caravan.access.Role;
import dev.caravan.clusters.Clusters;
import dev.caravan.journal.Journal;
import dev.caravan.login.Login;
import dev.caravan.login.LoginSettings;
import dev.caravan.observe.Metrics;
import dev.caravan.routes.LoadedRoutes;
import dev.caravan.routes.RouteFiles;
import dev.caravan.run.Runs;
import dev.caravan.run.Submissions;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
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

    private final Resources resources;
    private final Health health;
    private final Caller unknown;

    /**
     * @param files         of the routes directory
     * @param routesProblem what is wrong with the route files, where that keeps them from being loaded
     * @param asksForToken  whether who asks is known by a token; a user's route that does not pass on who it is may only look then
     * @param login         how people log in; then who asks is known as well
     */
    public Http(
            CamelContext context, LoadedRoutes routes, RouteFiles files, Runs runs, Submissions submissions,
            Journal journal, Metrics metrics, Supplier<Optional<String>> routesProblem, Path data, boolean asksForToken,
            Optional<Login> login, AboutEngine about) {
        RunRequests requests = new RunRequests(runs, submissions, journal);
        RunsResource ofRuns = new RunsResource(runs, journal, requests, data);
        ClustersResource ofClusters = new ClustersResource(new Clusters(journal, data));
        this.unknown = asksForToken || login.isPresent() ? new Caller(Optional.empty(), Role.VIEW, false) : Caller.LOCAL;
        this.health = new Health(context, journal, routesProblem);
        this.resources = resources(ofRuns, requests, ofClusters, new SpecsResource(submissions), new RoutesResource(routes, files),
                new PreviewResource(requests, submissions, routes, data), new LoginResource(login), about,
                new TrialResource(about.trial(), submissions, journal), health, metrics);
    }

    /** All that is answered; {@code openapi/caravan-v1.yaml} describes each, and a test holds the two against each other. */
    private static Resources resources(RunsResource runs, RunRequests requests, ClustersResource clusters, SpecsResource specs,
            RoutesResource routes, PreviewResource previews, LoginResource login, AboutEngine about, TrialResource trial, Health health,
            Metrics metrics) {
        Page page = new Page(about.rehearsal());
        return new Resources()
                .get("/api/v1/openapi.json", (request, id) -> OpenApi.description().json())
                .get("/api/v1/openapi.yaml", (request, id) -> OpenApi.description().yaml())
                .get("/api/v1/caller", (request, id) -> caller(request))
                .get("/api/v1/engine", (request, id) -> about.answer())
                .post(TrialResource.PATH, (request, id) -> trial.begin(request))
                .get(LoginResource.BEGIN, (request, id) -> login.begin())
                .get(LoginSettings.CALLBACK, LoginResource.PARAMETERS, (request, id) -> login.finish(request))
                .post(LoginResource.LOGOUT, (request, id) -> login.end(request))
                .get("/api/v1/actions", (request, id) -> runs.actions())
                .get("/api/v1/routes", (request, id) -> routes.list())
                .get("/api/v1/routes/{route}", (request, id) -> routes.show(id))
                .get("/api/v1/routes/{route}/source", (request, id) -> routes.source(id, request))
                .post(SpecsResource.VALIDATE, (request, id) -> specs.validate(request))
                .post("/api/v1/edit", SpecsResource.EDITS, (request, id) -> specs.edit(request))
                // as of a run that begins, every parameter is one of the action
                .post("/api/v1/preview", Resources.ANY, (request, id) -> previews.answer(request))
                .get("/api/v1/versions", (request, id) -> routes.versions())
                .get("/api/v1/clusters", (request, id) -> clusters.list())
                .get("/api/v1/clusters/{name}", (request, name) -> clusters.show(name))
                .get("/api/v1/clusters/{name}/nodes", (request, name) -> clusters.nodes(name))
                .get("/api/v1/clusters/{name}/backups", List.of("backup"), (request, name) -> clusters.verified(name, request))
                .get("/api/v1/clusters/{name}/kubeconfig", (request, name) -> clusters.kubeconfig(name, request))
                .get("/api/v1/runs", RunQuery.PARAMETERS, (request, id) -> runs.list(request))
                // whatever it is, it is a parameter of the action, which knows what there is
                .post("/api/v1/runs", Resources.ANY, (request, id) -> requests.begin(request))
                .get("/api/v1/runs/{id}", (request, id) -> runs.show(id))
                .only("GET", EventStreams.TEMPLATE, EventStreams.PARAMETERS, (request, id) -> {
                    throw new IllegalStateException("events are answered before Camel");
                })
                .get("/api/v1/runs/{id}/logs", List.of("host", "step"), (request, id) -> runs.logs(id, request))
                .get("/api/v1/runs/{id}/spec", (request, id) -> runs.spec(id))
                .get("/api/v1/runs/{id}/timeline", (request, id) -> runs.timeline(id))
                .post("/api/v1/runs/{id}/cancel", (request, id) -> requests.cancel(id, request))
                .post("/api/v1/runs/{id}/retry", (request, id) -> requests.retry(id, request))
                .post("/api/v1/runs/{id}/resume", (request, id) -> requests.resume(id, request))
                .post("/api/v1/runs/{id}/rollback", (request, id) -> requests.rollback(id, request))
                // probes and scrapers add parameters of their own; the page reads its own address
                .get("/observe/health", Resources.ANY, (request, id) -> health.answer(request))
                .get(Health.LIVE, Resources.ANY, (request, id) -> health.answer(request))
                .get("/observe/health/ready", Resources.ANY, (request, id) -> health.answer(request))
                .get("/observe/metrics", Resources.ANY, (request, id) -> scrape(metrics, request))
                .get("/", Resources.ANY, (request, id) -> page.answer(request));
    }

    /**
     * Does once what the page asks for first; see {@link WarmUp}. Returns when that is done.
     *
     * @param plain whether HTTP without TLS is served there
     */
    public void warmUp(InetAddress listening, int port, boolean plain) {
        WarmUp.answers(resources);
        if (plain) {
            WarmUp.requests(listening, port);
        }
    }

    /** Whether the process is worth keeping. */
    Health health() {
        return health;
    }

    /** Paths with their methods. */
    Map<String, Set<String>> served() {
        return resources.served();
    }

    private interface Answering {
        Reply answer(Request request) throws Refused, IOException;
    }

    /** {@code /api}. */
    public void api(Exchange exchange) {
        answer(exchange, resources::answer);
    }

    /** {@code /observe}. */
    public void observe(Exchange exchange) {
        answer(exchange, resources::answer);
    }

    /** The page. */
    public void page(Exchange exchange) {
        answer(exchange, resources::answer);
    }

    /** Who asks, and what they may ask for. */
    private static Reply caller(Request request) {
        Caller caller = request.caller();
        ObjectNode tree = Json.object();
        caller.name().ifPresent(name -> tree.put("name", name));
        return Reply.json(200, tree.put("role", caller.role().word()).put("token", caller.token())
                .put("session", caller.session().isPresent()));
    }

    private static Reply scrape(Metrics metrics, Request request) {
        String mediaType = Metrics.mediaType(request.header("accept").orElse(""));
        return new Reply(200, mediaType, metrics.scrape(mediaType).getBytes(StandardCharsets.UTF_8), Map.of());
    }

    private void answer(Exchange exchange, Answering answering) {
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

    private Request request(Exchange exchange) {
        HttpMessage message = exchange.getIn(HttpMessage.class);
        HttpServerRequest request = message.getRequest();
        Map<String, String> headers = new HashMap<>();
        request.headers().forEach(header -> headers.putIfAbsent(header.getKey().toLowerCase(Locale.ROOT), header.getValue()));
        Map<String, String> parameters = new HashMap<>();
        request.params().forEach(parameter -> parameters.putIfAbsent(parameter.getKey(), parameter.getValue()));
        return new Request(request.method().name(), request.path(), Map.copyOf(parameters), Map.copyOf(headers), body(message),
                CallerUser.of(message, unknown));
    }

    /** Nothing where there is no body; Camel may have made a stream that can be read again of what came. */
    private static byte[] body(Message message) {
        byte[] body = message.getBody(byte[].class);
        return body == null ? new byte[0] : body;
    }
}
