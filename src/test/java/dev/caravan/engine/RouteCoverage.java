package dev.caravan.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.NamedNode;
import org.apache.camel.Route;
import org.apache.camel.spi.RoutePolicy;
import org.apache.camel.spi.RoutePolicyFactory;
import org.apache.camel.support.RoutePolicySupport;

/** Tells which routes the tests of a class went through, and which they did not. */
public final class RouteCoverage implements RoutePolicyFactory {
    /** Settings of an engine whose routes are watched. */
    static final Map<String, String> SETTINGS = Map.of("camel.beans.routeCoverage", "#class:" + RouteCoverage.class.getName());

    private static final Set<String> SEEN = ConcurrentHashMap.newKeySet();

    @Override
    public RoutePolicy createRoutePolicy(CamelContext context, String routeId, NamedNode definition) {
        return new RoutePolicySupport() {
            @Override
            public void onExchangeBegin(Route route, Exchange exchange) {
                SEEN.add(routeId);
            }
        };
    }

    /** Prints it, and keeps it in {@code target/route-coverage}. */
    static void report(String test, CamelContext context) throws IOException {
        Set<String> missed = new TreeSet<>();
        context.getRoutes().forEach(route -> missed.add(route.getRouteId()));
        int all = missed.size();
        missed.removeAll(SEEN);
        String line = test + " went through " + (all - missed.size()) + " of " + all + " routes" + (missed.isEmpty() ? "" : "; not through " + String.join(", ", missed));
        System.out.println(line);
        Files.writeString(Files.createDirectories(Path.of("target/route-coverage")).resolve(test + ".txt"), line + "\n");
    }
}
