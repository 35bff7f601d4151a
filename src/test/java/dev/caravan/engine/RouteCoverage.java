package dev.caravan.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.CamelContext;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.spi.CamelEvent.ExchangeSendingEvent;
import org.apache.camel.support.EventNotifierSupport;

/** Tells which routes the tests of a class sent to, and which they did not. */
final class RouteCoverage extends EventNotifierSupport {
    private final CamelContext context;
    private final Set<String> reached = ConcurrentHashMap.newKeySet();

    private RouteCoverage(CamelContext context) {
        this.context = context;
    }

    /** Begins to watch an engine's routes. */
    static RouteCoverage of(CamelContext context) {
        RouteCoverage coverage = new RouteCoverage(context);
        coverage.start();
        context.getManagementStrategy().addEventNotifier(coverage);
        return coverage;
    }

    @Override
    public void notify(CamelEvent event) {
        if (event instanceof ExchangeSendingEvent sending) {
            reached.add(sending.getEndpoint().getEndpointKey());
        }
    }

    /** Prints it, and keeps it in {@code target/route-coverage}. */
    void report(String test) throws IOException {
        Set<String> missed = new TreeSet<>();
        context.getRoutes().stream().filter(route -> !reached.contains(route.getEndpoint().getEndpointKey())).forEach(route -> missed.add(route.getRouteId()));
        int all = context.getRoutes().size();
        String line = test + " went through " + (all - missed.size()) + " of " + all + " routes" + (missed.isEmpty() ? "" : "; not through " + String.join(", ", missed));
        System.out.println(line);
        Files.writeString(Files.createDirectories(Path.of("target/route-coverage")).resolve(test + ".txt"), line + "\n");
    }
}
