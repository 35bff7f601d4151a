package dev.caravan.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.caravan.access.Role;
import dev.caravan.routes.LoadedRoutes;
import dev.caravan.routes.LoadedRoutes.LoadedRoute;
import dev.caravan.routes.LoadedRoutes.Node;
import dev.caravan.routes.RouteFiles;
import dev.caravan.routes.RouteSources;
import dev.caravan.routes.RouteSources.Source;
import dev.caravan.tables.KubernetesTable;
import java.util.List;
import java.util.function.Supplier;

/** {@code /api/v1/routes}: the routes that are loaded, and how they hang together; and what their tables offer. Thread-safe. */
final class RoutesResource {
    private final LoadedRoutes routes;
    private final Supplier<KubernetesTable> versions;
    private final RouteSources sources;

    RoutesResource(LoadedRoutes routes, RouteFiles files) {
        this.routes = routes;
        this.sources = new RouteSources(files);
        this.versions = () -> KubernetesTable.of(files);
    }

    /** The versions of Kubernetes that the table of the routes directory names. */
    Reply versions() {
        KubernetesTable table = versions.get();
        ObjectNode tree = Json.object().put("newestTried", "1." + table.newestTried());
        tree.putArray("offered").add(table.offered()).add(table.lastLegacy());
        return Reply.json(200, tree);
    }

    Reply list() {
        ObjectNode tree = Json.object();
        ArrayNode list = tree.putArray("routes");
        routes.all().forEach(route -> list.add(route(route)));
        return Reply.json(200, tree);
    }

    Reply show(String id) throws Refused {
        return Reply.json(200, route(find(id)));
    }

    private LoadedRoute find(String id) throws Refused {
        return routes.all().stream().filter(route -> route.id().equals(id)).findFirst()
                .orElseThrow(() -> new Refused(ProblemDocument.of(404, "no-such-route", "There is no such route",
                        "No route of this id is loaded; /api/v1/routes lists those that are.")));
    }

    /** The files behind a route. A user's own may hold secrets, so they need a role. */
    Reply source(String id, Request request) throws Refused {
        List<Source> all = sources.of(find(id));
        if (all.stream().anyMatch(Source::own)) {
            request.require(Role.ADMIN);
        }
        ObjectNode tree = Json.object();
        ArrayNode list = tree.putArray("files");
        all.forEach(file -> {
            ObjectNode each = list.addObject().put("name", file.name()).put("from", file.from()).put("builtIn", !file.own());
            Json.put(each, "text", file.text());
            file.replaces().ifPresent(text -> each.put("replaces", text));
        });
        return Reply.json(200, tree);
    }

    private static ObjectNode route(LoadedRoute route) {
        ObjectNode tree = Json.object().put("id", route.id());
        Json.put(tree, "description", route.description());
        Json.put(tree, "file", route.file());
        tree.put("from", route.from()).put("builtIn", route.builtIn());
        Json.put(tree, "configuration", route.configuration());
        tree.put("input", route.input());
        nodes(tree, route.nodes());
        return tree;
    }

    private static void nodes(ObjectNode tree, List<Node> nodes) {
        if (!nodes.isEmpty()) {
            ArrayNode list = tree.putArray("nodes");
            nodes.forEach(node -> list.add(node(node)));
        }
    }

    private static ObjectNode node(Node node) {
        ObjectNode tree = Json.object().put("kind", node.kind());
        Json.put(tree, "uri", node.uri());
        Json.put(tree, "label", node.label());
        Json.put(tree, "description", node.description());
        if (node.parallel()) {
            tree.put("parallel", true);
        }
        nodes(tree, node.nodes());
        return tree;
    }
}
