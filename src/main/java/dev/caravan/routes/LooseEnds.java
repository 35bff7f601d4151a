package dev.caravan.routes;

import dev.caravan.spec.Nearest;
import java.net.URISyntaxException;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.LineNumberAware;
import org.apache.camel.model.EndpointRequiredDefinition;
import org.apache.camel.model.ErrorHandlerDefinition;
import org.apache.camel.model.ExpressionNode;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.ProcessorDefinitionHelper;
import org.apache.camel.model.RouteConfigurationDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.ToDynamicDefinition;
import org.apache.camel.model.errorhandler.DeadLetterChannelDefinition;
import org.apache.camel.util.URISupport;

/**
 * What routes name and what is not there: routes that they send to, scripts of their steps, route configurations. Camel would find that
 * out when a run comes to it. What is known only then, an address with a {@code simple} expression in it, is left alone.
 */
public final class LooseEnds {
    private static final String DIRECT = "direct:";
    private static final String STEP = "step:";
    private static final String SCRIPTS = "scripts/";
    /** Whose expression is an address, or several with commas between them. */
    private static final Set<String> SEND_BY_EXPRESSION = Set.of("enrich", "recipientList", "routingSlip");

    private final ModelCamelContext context;
    private final Set<String> inputs = new TreeSet<>();
    private final Set<String> configurations = new TreeSet<>();
    private final Set<String> scripts;
    private final Set<String> found = new TreeSet<>();

    private LooseEnds(ModelCamelContext context, RouteFiles files) {
        this.context = context;
        this.scripts = files.all().keySet().stream().filter(name -> name.startsWith(SCRIPTS)).map(name -> name.substring(SCRIPTS.length()))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /**
     * Looks for them.
     *
     * @param context has the route configurations and the properties that addresses name
     * @param routes  all of them, also those that the context does not start
     * @return a sentence for each, with file and line and the name that may have been meant
     */
    public static List<String> of(ModelCamelContext context, Collection<RouteDefinition> routes, RouteFiles files) {
        LooseEnds ends = new LooseEnds(context, files);
        List<RouteConfigurationDefinition> configurations = context.getRouteConfigurationDefinitions();
        configurations.forEach(configuration -> ends.configurations.add(configuration.getId()));
        routes.stream().filter(route -> route.getInput() != null).flatMap(route -> ends.address(route.getInput().getEndpointUri()))
                .filter(uri -> uri.startsWith(DIRECT)).forEach(uri -> ends.inputs.add(name(uri)));
        routes.forEach(ends::look);
        configurations.forEach(ends::look);
        return List.copyOf(ends.found);
    }

    private void look(RouteDefinition route) {
        for (String id : Optional.ofNullable(route.getRouteConfigurationId()).orElse("").split(",")) {
            boolean isName = !id.isBlank() && !id.contains("*") && !id.contains("{{");
            if (isName && !configurations.contains(id.strip())) {
                report(route, "there is no routeConfiguration " + id.strip(), "", id.strip(), configurations);
            }
        }
        look(route.getErrorHandler(), route);
        look(route.getOutputs());
    }

    private void look(RouteConfigurationDefinition configuration) {
        look(configuration.getErrorHandler(), configuration);
        Stream.of(configuration.getOnExceptions(), configuration.getOnCompletions(), configuration.getIntercepts(),
                configuration.getInterceptFroms(),
                configuration.getInterceptSendTos()).flatMap(List::stream).forEach(definition -> look(definition.getOutputs()));
    }

    private void look(ErrorHandlerDefinition handler, LineNumberAware where) {
        if (handler != null && handler.getErrorHandlerType() instanceof DeadLetterChannelDefinition channel) {
            address(channel.getDeadLetterUri()).forEach(uri -> lead(where, uri));
        }
    }

    private void look(List<ProcessorDefinition<?>> definitions) {
        ProcessorDefinitionHelper.filterTypeInOutputs(definitions, ProcessorDefinition.class)
                .forEach(definition -> addresses(definition).forEach(uri -> lead(definition, uri)));
    }

    private Stream<String> addresses(ProcessorDefinition<?> definition) {
        if (definition instanceof ToDynamicDefinition to) {
            return address(to.getUri());
        }
        if (definition instanceof EndpointRequiredDefinition to) {
            return address(to.getEndpointUri());
        }
        boolean sends = definition instanceof ExpressionNode && SEND_BY_EXPRESSION.contains(definition.getShortName());
        return sends && ((ExpressionNode) definition).getExpression() != null
                && ((ExpressionNode) definition).getExpression().getExpression() != null
                ? Arrays.stream(((ExpressionNode) definition).getExpression().getExpression().split(",")).flatMap(this::address)
                : Stream.empty();
    }

    /** As it is with properties in place; nothing for one that a run makes, or that Camel will refuse itself. */
    private Stream<String> address(String uri) {
        if (uri == null || uri.contains("${") || uri.contains("$simple{")) {
            return Stream.empty();
        }
        try {
            return Stream.of(context.resolvePropertyPlaceholders(uri).strip());
        } catch (IllegalArgumentException e) {
            return Stream.empty();
        }
    }

    private void lead(LineNumberAware where, String uri) {
        if (uri.startsWith(DIRECT) && !inputs.contains(name(uri)) && !uri.contains("failIfNoConsumers=false")) {
            report(where, "no route begins with direct:" + name(uri), DIRECT, name(uri), inputs);
        }
        if (uri.startsWith(STEP)) {
            String script = script(uri);
            if (!scripts.contains(script)) {
                report(where, "step:" + name(uri) + " has no script scripts/" + script, SCRIPTS, script, scripts);
            }
        }
    }

    private static String name(String uri) {
        return uri.substring(uri.indexOf(':') + 1).replaceFirst("^//", "").replaceFirst("[?].*", "");
    }

    private static String script(String uri) {
        try {
            Object named = URISupport.parseQuery(URISupport.extractQuery(uri)).get("script");
            return named == null ? name(uri) + ".sh" : named.toString();
        } catch (URISyntaxException e) {
            return name(uri) + ".sh";
        }
    }

    private void report(LineNumberAware where, String what, String prefix, String name, Set<String> known) {
        found.add(RouteFiles.place(where.getLocation(), where.getLineNumber()) + ": " + what
                + Nearest.to(name, known).map(near -> "; did you mean " + prefix + near + "?").orElse(""));
    }
}
