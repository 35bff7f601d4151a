package dev.caravan.engine;

import dev.caravan.journal.JournalException;
import dev.caravan.routes.RouteFiles;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.CamelContext;
import org.apache.camel.FailedToCreateRouteException;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.RouteDefinition;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;

/** Why an engine does not start, or changed routes cannot be used, in words for who set them up. */
final class Reason {
    private static final Pattern PROPERTY = Pattern.compile("Property with key \\[([^\\]]+)\\] not found.*", Pattern.DOTALL);
    /** The part of a route that Camel's message gives. */
    private static final Pattern AT = Pattern.compile("at: >>> (.*) <<< in route:", Pattern.DOTALL);

    private static final int LONGEST_PART = 100;

    private Reason() {}

    /** @param context that the routes were loaded into; may be null, where it did not come to that */
    static String of(Throwable failure, CamelContext context) {
        List<Throwable> chain = new ArrayList<>();
        for (Throwable at = failure; at != null && !chain.contains(at); at = at.getCause()) {
            chain.add(at);
        }
        return first(chain, JournalException.class).map(Throwable::getMessage)
                .or(() -> first(chain, MarkedYamlEngineException.class).map(Reason::yaml))
                .or(() -> first(chain, FailedToCreateRouteException.class).map(route -> route(route, context, deepest(chain))))
                .orElseGet(() -> deepest(chain));
    }

    private static <T> Optional<T> first(List<Throwable> chain, Class<T> type) {
        return chain.stream().filter(type::isInstance).map(type::cast).findFirst();
    }

    private static String yaml(MarkedYamlEngineException failure) {
        Optional<Mark> mark = failure.getProblemMark().or(failure::getContextMark);
        String problem = Optional.ofNullable(failure.getProblem()).orElseGet(failure::getMessage);
        return mark.map(at -> RouteFiles.place(at.getName(), at.getLine() + 1) + ": ").orElse("") + problem;
    }

    private static String route(FailedToCreateRouteException failure, CamelContext context, String deepest) {
        Matcher at = AT.matcher(String.valueOf(failure.getMessage()));
        String file = Optional.ofNullable((ModelCamelContext) context).map(model -> model.getRouteDefinition(failure.getRouteId()))
                .map(RouteDefinition::getLocation)
                .map(location -> RouteFiles.place(location, 0) + ": ").orElse("");
        return file + "the route " + failure.getRouteId() + (at.find() ? ", at " + shortened(at.group(1)) : "") + ": " + deepest;
    }

    /* What holds other steps is given with all of them. */
    private static String shortened(String part) {
        return part.length() <= LONGEST_PART ? part : part.substring(0, LONGEST_PART) + "...";
    }

    /** The innermost that says something: what lies around it repeats it. */
    private static String deepest(List<Throwable> chain) {
        Throwable innermost = chain.get(chain.size() - 1);
        for (Throwable each : chain) {
            innermost = each.getMessage() == null ? innermost : each;
        }
        if (innermost instanceof ClassNotFoundException || innermost instanceof NoClassDefFoundError) {
            return "there is no class " + innermost.getMessage().replace('/', '.')
                    + " on the class path: its jar is missing; see docs/guide.md, components that are not in the jar";
        }
        String message = innermost.getMessage() == null ? innermost.toString() : innermost.getMessage();
        Matcher property = PROPERTY.matcher(message);
        return property.matches() ? "the setting " + property.group(1) + " is missing: give it as -D" + property.group(1)
                + "=VALUE before -jar, or in application.properties of the working directory" : message;
    }
}
