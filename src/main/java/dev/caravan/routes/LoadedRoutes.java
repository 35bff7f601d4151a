package dev.caravan.routes;

import dev.caravan.routes.RouteFiles.RouteFile;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.apache.camel.model.BeanDefinition;
import org.apache.camel.model.CatchDefinition;
import org.apache.camel.model.ChoiceDefinition;
import org.apache.camel.model.EndpointRequiredDefinition;
import org.apache.camel.model.ExpressionNode;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.SplitDefinition;
import org.apache.camel.model.ToDynamicDefinition;
import org.apache.camel.model.TryDefinition;
import org.apache.camel.model.language.ExpressionDefinition;
import org.apache.camel.model.language.MethodCallExpression;
import org.apache.camel.spi.Resource;

/**
 * The routes that Camel has loaded, as their definitions stand in it now: what a picture of the workflow is drawn from. Of values in
 * routes only those are shown that say how the workflow goes; constants, headers and what follows in an address may be secrets of the
 * user's. Thread-safe.
 */
public final class LoadedRoutes {
    private static final String BUILT_IN = "classpath:routes/";
    private static final String FILE = "file:";
    private static final String CALL = "direct:";
    /** Schemes whose whole address belongs to the workflow. */
    private static final List<String> OWN = List.of(CALL, "step:", "gate:");

    /**
     * A route.
     *
     * @param file          its file's name relative to the routes directory, where it was loaded from a file
     * @param from          the user's file, or {@code built in}
     * @param builtIn       whether it is one of Caravan's own, or an unchanged copy
     * @param configuration the route configuration that it names, which has its retries
     */
    public record LoadedRoute(String id, String description, String file, String from, boolean builtIn, String configuration, String input,
            List<Node> nodes) {
        public LoadedRoute {
            nodes = List.copyOf(nodes);
        }
    }

    /**
     * A part of a route.
     *
     * @param kind     Camel's name for it: to, choice, when, split, doTry, bean, ...
     * @param uri      where it sends to; empty for what sends nowhere
     * @param label    its condition, method or exception; may be empty
     * @param parallel whether its parts are done side by side
     */
    public record Node(String kind, String uri, String label, String description, boolean parallel, List<Node> nodes) {
        public Node {
            nodes = List.copyOf(nodes);
        }
    }

    private final CamelContext context;
    private final RouteFiles files;

    public LoadedRoutes(CamelContext context, RouteFiles files) {
        this.context = context;
        this.files = files;
    }

    /** All of them, in the order in which they were loaded. */
    public List<LoadedRoute> all() {
        return ((ModelCamelContext) context).getRouteDefinitions().stream().map(this::route).toList();
    }

    /** The ids of the routes that this one leads to, itself among them: by whatever branch, also where something fails. */
    public Set<String> reachedFrom(String id) {
        Map<String, LoadedRoute> byId = new HashMap<>();
        all().forEach(route -> byId.put(route.id(), route));
        Set<String> reached = new LinkedHashSet<>();
        Deque<String> next = new ArrayDeque<>(List.of(id));
        while (!next.isEmpty()) {
            LoadedRoute route = byId.get(next.remove());
            if (route != null && reached.add(route.id())) {
                called(route.nodes(), next);
            }
        }
        return reached;
    }

    private static void called(List<Node> nodes, Deque<String> called) {
        for (Node node : nodes) {
            if (node.uri().startsWith(CALL)) {
                called.add(node.uri().substring(CALL.length()).split("\\?", 2)[0]);
            }
            called(node.nodes(), called);
        }
    }

    private LoadedRoute route(RouteDefinition route) {
        String location = Optional.ofNullable(route.getResource()).map(Resource::getLocation).orElse("");
        boolean builtIn = location.startsWith(BUILT_IN) || file(location).filter(files::isAsBuiltIn).isPresent();
        return new LoadedRoute(text(route.getRouteId()), text(route.getDescriptionText()), name(location), from(location), builtIn,
                text(route.getRouteConfigurationId()), route.getInput() == null ? "" : address(route.getInput().getUri()),
                nodes(route.getOutputs()));
    }

    private static String from(String location) {
        if (location.startsWith(BUILT_IN)) {
            return "built in";
        }
        return location.startsWith(FILE) ? location.substring(FILE.length()) : location;
    }

    private String name(String location) {
        if (location.startsWith(BUILT_IN)) {
            return location.substring(BUILT_IN.length());
        }
        return file(location).map(RouteFile::name).orElseGet(() -> location.substring(location.lastIndexOf('/') + 1));
    }

    /** The user's file that is there. */
    private Optional<RouteFile> file(String location) {
        return files.routes().stream().filter(file -> file.origin().map(path -> location.equals(FILE + path)).orElse(false)).findFirst();
    }

    private static List<Node> nodes(List<ProcessorDefinition<?>> definitions) {
        return definitions.stream().filter(each -> !each.isAbstract()).map(LoadedRoutes::node).toList();
    }

    private static Node node(ProcessorDefinition<?> definition) {
        boolean parallel = definition instanceof SplitDefinition split && Boolean.parseBoolean(split.getParallelProcessing());
        return new Node(definition.getShortName(), uri(definition), label(definition), text(definition.getDescriptionText()), parallel,
                parts(definition));
    }

    private static List<Node> parts(ProcessorDefinition<?> definition) {
        if (definition instanceof ChoiceDefinition choice) {
            return branches(choice);
        }
        return definition instanceof TryDefinition attempt ? clauses(attempt) : nodes(definition.getOutputs());
    }

    /** As outputs, a doTry gives what is tried, without what is done where that fails and in any case. */
    private static List<Node> clauses(TryDefinition attempt) {
        List<ProcessorDefinition<?>> all = new ArrayList<>(attempt.getOutputsWithoutCatches());
        all.addAll(Optional.ofNullable(attempt.getCatchClauses()).orElse(List.of()));
        Optional.ofNullable(attempt.getFinallyClause()).ifPresent(all::add);
        return nodes(all);
    }

    /** As outputs, a choice gives those of all its branches without the branches. */
    private static List<Node> branches(ChoiceDefinition choice) {
        List<Node> branches = new ArrayList<>();
        choice.getWhenClauses().forEach(when ->
                branches.add(new Node("when", "", condition(when.getExpression()), text(when.getDescriptionText()), false,
                nodes(when.getOutputs()))));
        Optional.ofNullable(choice.getOtherwise()).ifPresent(otherwise ->
                branches.add(new Node("otherwise", "", "", text(otherwise.getDescriptionText()), false,
                nodes(otherwise.getOutputs()))));
        return branches;
    }

    private static String uri(ProcessorDefinition<?> definition) {
        // What a toD sends to is an expression, known when it is sent.
        if (definition instanceof EndpointRequiredDefinition to && !(definition instanceof ToDynamicDefinition)) {
            return address(to.getEndpointUri());
        }
        return "";
    }

    private static String label(ProcessorDefinition<?> definition) {
        if (definition instanceof BeanDefinition bean) {
            return text(bean.getRef()) + "." + text(bean.getMethod());
        }
        if (definition instanceof CatchDefinition caught) {
            return String.join(", ", caught.getExceptions()) + Optional.ofNullable(caught.getOnWhen())
                    .map(when -> " when " + condition(when.getExpression())).orElse("");
        }
        boolean steers = List.of("filter", "split", "loop", "validate").contains(definition.getShortName());
        return steers && definition instanceof ExpressionNode node ? condition(node.getExpression()) : "";
    }

    private static String condition(ExpressionDefinition expression) {
        if (expression instanceof MethodCallExpression call) {
            return text(call.getRef()) + "." + text(call.getMethod());
        }
        return expression == null ? "" : text(expression.getExpression());
    }

    /** Of others' addresses the scheme and the name: their options, users and paths may hold what is not to be shown. */
    static String address(String uri) {
        if (uri == null) {
            return "";
        }
        if (OWN.stream().anyMatch(uri::startsWith)) {
            return uri;
        }
        String shown = uri.split("\\?", 2)[0];
        int authority = shown.indexOf("://");
        if (authority >= 0) {
            String rest = shown.substring(authority + 3);
            String host = rest.split("/", 2)[0];
            return shown.substring(0, authority + 3) + host.substring(host.lastIndexOf('@') + 1);
        }
        String place = shown.substring(shown.indexOf(':') + 1);
        boolean served = shown.startsWith("platform-http:") || shown.startsWith("timer:");
        return served ? shown : shown.substring(0, shown.length() - place.length()) + place.split("/", 2)[0];
    }

    private static String text(String value) {
        return value == null ? "" : value.strip();
    }
}
