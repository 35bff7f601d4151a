package dev.caravan.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.caravan.journal.Journal;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.apache.camel.CamelContext;
import org.apache.camel.health.HealthCheck;
import org.apache.camel.health.HealthCheckHelper;

/**
 * {@code /observe/health}: {@code /live} says whether the process is worth keeping, {@code /ready} whether it can take
 * runs, both from Camel's checks and the journal; 200 for UP and 503 for DOWN. Thread-safe.
 */
final class Health {
    static final String LIVE = "/observe/health/live";
    private static final int JOURNAL_SECONDS = 2;

    private final CamelContext context;
    private final Journal journal;
    private final Supplier<Optional<String>> routesProblem;
    private CompletableFuture<?> asking = CompletableFuture.completedFuture(null);

    /** @param routesProblem reported, but no reason not to be ready: the routes before are there */
    Health(CamelContext context, Journal journal, Supplier<Optional<String>> routesProblem) {
        this.context = context;
        this.journal = journal;
        this.routesProblem = routesProblem;
    }

    Reply answer(Request request) throws Refused {
        return switch (request.path()) {
            case "/observe/health" -> reply(HealthCheckHelper.invoke(context), true);
            case LIVE -> live();
            case "/observe/health/ready" -> reply(HealthCheckHelper.invokeReadiness(context), true);
            default -> throw new Refused(ProblemDocument.notFound());
        };
    }

    Reply live() {
        return reply(HealthCheckHelper.invokeLiveness(context), false);
    }

    private Reply reply(Collection<HealthCheck.Result> results, boolean withJournal) {
        ObjectNode tree = Json.object();
        ArrayNode checks = Json.object().arrayNode();
        boolean up = true;
        for (HealthCheck.Result result : results) {
            up &= result.getState() != HealthCheck.State.DOWN;
            checks.addObject().put("name", result.getCheck().getId()).put("status", result.getState().name());
        }
        if (withJournal) {
            boolean readable = isJournalReadable();
            up &= readable;
            checks.addObject().put("name", "journal").put("status", readable ? "UP" : "DOWN");
        }
        ObjectNode routes = checks.addObject().put("name", "routes").put("status", "UP");
        routesProblem.get().ifPresent(problem -> routes.put("message", problem));
        tree.put("status", up ? "UP" : "DOWN");
        tree.set("checks", checks);
        return Reply.json(up ? 200 : 503, tree);
    }

    /* A journal that is away is waited for half a minute by each request, which is longer than a health probe waits. */
    private boolean isJournalReadable() {
        CompletableFuture<?> asked = askJournal();
        try {
            asked.get(JOURNAL_SECONDS, TimeUnit.SECONDS);
            return true;
        } catch (ExecutionException | TimeoutException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /* One question at a time, however many ask. */
    private synchronized CompletableFuture<?> askJournal() {
        if (asking.isDone()) {
            asking = CompletableFuture.supplyAsync(() -> journal.runs(1));
        }
        return asking;
    }
}
