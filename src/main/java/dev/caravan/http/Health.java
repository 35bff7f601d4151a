package dev.caravan.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.caravan.journal.Journal;
import dev.caravan.journal.JournalException;
import java.util.Collection;
import org.apache.camel.CamelContext;
import org.apache.camel.health.HealthCheck;
import org.apache.camel.health.HealthCheckHelper;

/**
 * {@code /observe/health}: {@code /live} says whether the process is worth keeping, {@code /ready} whether it can take
 * runs, both from Camel's checks and the journal; 200 for UP and 503 for DOWN. Thread-safe.
 */
final class Health {
    private final CamelContext context;
    private final Journal journal;

    Health(CamelContext context, Journal journal) {
        this.context = context;
        this.journal = journal;
    }

    Reply answer(Request request) throws Refused {
        return switch (request.path()) {
            case "/observe/health" -> reply(HealthCheckHelper.invoke(context), true);
            case "/observe/health/live" -> reply(HealthCheckHelper.invokeLiveness(context), false);
            case "/observe/health/ready" -> reply(HealthCheckHelper.invokeReadiness(context), true);
            default -> throw new Refused(ProblemDocument.notFound(request.path()));
        };
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
        tree.put("status", up ? "UP" : "DOWN");
        tree.set("checks", checks);
        return Reply.json(up ? 200 : 503, tree);
    }

    private boolean isJournalReadable() {
        try {
            journal.runs(1);
            return true;
        } catch (JournalException e) {
            return false;
        }
    }
}
