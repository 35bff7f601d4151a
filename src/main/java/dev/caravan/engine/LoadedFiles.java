package dev.caravan.engine;

import dev.caravan.routes.RouteFiles;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.apache.camel.CamelContext;
import org.apache.camel.Route;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.PluginHelper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The route files in the Camel of the service itself: its triggers, and routes that triggers send to. A changed file is taken
 * when nothing is under way in its routes; one that cannot be used is put back as it was. Used by one thread, except for
 * {@link #problem}.
 */
final class LoadedFiles {
    private static final Logger LOG = LoggerFactory.getLogger(LoadedFiles.class);
    private static final String ROUTE = ".camel.yaml";

    private final CamelContext context;
    private final Map<String, Optional<String>> texts = new TreeMap<>();
    private RouteFiles loaded;
    private RouteFiles wanted;
    private volatile Optional<String> problem = Optional.empty();

    LoadedFiles(CamelContext context, RouteFiles loaded) {
        this.context = context;
        this.loaded = loaded;
        this.wanted = loaded;
    }

    /** Has what differs in these files replaced, as soon as it is free. */
    void change(RouteFiles files) {
        loaded.differences(files).stream().filter(name -> name.endsWith(ROUTE)).forEach(name -> texts.put(name, files.text(name)));
        wanted = files;
        problem = Optional.empty();
    }

    Optional<String> problem() {
        return problem;
    }

    /** @param inUse whether a run may be under way in that route, which receives from others */
    void replaceWhatIsFree(Predicate<String> inUse) {
        for (String name : List.copyOf(texts.keySet())) {
            Set<String> ids = ids(loaded, name);
            boolean busy = ids.stream().anyMatch(id -> context.getInflightRepository().size(id) > 0 || isForOthers(id) && inUse.test(id));
            if (!busy) {
                texts.remove(name);
                replace(name, ids);
            }
        }
        if (texts.isEmpty()) {
            loaded = wanted;
            context.getRegistry().bind("routeFiles", wanted);
        }
    }

    private boolean isForOthers(String id) {
        Route route = context.getRoute(id);
        return route != null && route.getEndpoint().getEndpointUri().startsWith("direct:");
    }

    private Set<String> ids(RouteFiles files, String name) {
        Optional<String> location = resource(files, name).map(Resource::getLocation);
        Set<String> ids = new LinkedHashSet<>();
        context.getRoutes().stream()
                .filter(route -> route.getSourceResource() != null && Optional.of(route.getSourceResource().getLocation()).equals(location))
                .forEach(route -> ids.add(route.getRouteId()));
        return ids;
    }

    private Optional<Resource> resource(RouteFiles files, String name) {
        return Optional.ofNullable(files.all().get(name)).map(file -> WorkflowLoader.resource(context, files, file));
    }

    private void replace(String name, Set<String> before) {
        try {
            Set<String> now = put(wanted, name);
            for (String id : before) {
                if (!now.contains(id)) {
                    remove(id);
                }
            }
            LOG.debug("{} is loaded again: {}", name, now);
        } catch (Exception e) {
            String what = name + " as it is now cannot be used, the one before stays: " + Reason.of(e, context);
            LOG.error("{}", what);
            problem = Optional.of(what);
            putBack(name);
        }
    }

    private Set<String> put(RouteFiles files, String name) throws Exception {
        Optional<Resource> resource = resource(files, name);
        return resource.isEmpty() ? Set.of() : PluginHelper.getRoutesLoader(context).updateRoutes(resource.get());
    }

    private void putBack(String name) {
        try {
            put(loaded, name);
        } catch (Exception e) {
            LOG.error("{} could not be put back as it was", name, e);
        }
    }

    private void remove(String id) throws Exception {
        context.getRouteController().stopRoute(id);
        context.removeRoute(id);
    }
}
