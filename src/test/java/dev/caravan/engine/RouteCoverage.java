package dev.caravan.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.CamelContext;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.spi.CamelEvent.ExchangeSendingEvent;
import org.apache.camel.support.EventNotifierSupport;

/** Tells which routes of the engines that a class starts its tests sent to, and which they did not. */
final class RouteCoverage extends EventNotifierSupport {
    private final Map<String, String> routes = new ConcurrentHashMap<>();
    private final Set<String> reached = ConcurrentHashMap.newKeySet();

    /** Begins to watch an engine's routes. */
    void watch(CamelContext context) {
        start();
        context.getRoutes().forEach(route -> routes.put(route.getEndpoint().getEndpointKey(), route.getRouteId()));
        context.getManagementStrategy().addEventNotifier(this);
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
        routes.forEach((endpoint, route) -> {
            if (!reached.contains(endpoint)) {
                missed.add(route);
            }
        });
        int all = routes.size();
        String line = test + " went through " + (all - missed.size()) + " of " + all + " routes"
                + (missed.isEmpty() ? "" : "; not through " + String.join(", ", missed));
        System.out.println(line);
        Files.writeString(Files.createDirectories(Path.of("target/route-coverage")).resolve(test + ".txt"), line + "\n");
    }
}
