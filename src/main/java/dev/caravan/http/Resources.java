package dev.caravan.http;

import dev.caravan.clusters.Clusters;
import dev.caravan.spec.Nearest;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** What is served, by path and method. A path may have one variable, such
 * as {@code {id}}. Not to be changed once it is asked. */
final class Resources {
    static final Pattern IDS = Pattern.compile("[A-Za-z0-9-]{1,32}");
    private static final Map<String, Pattern> VARIABLES = Map.of("{id}", IDS, "{name}", Clusters.NAMES, "{route}",
            Pattern.compile("[A-Za-z0-9._-]{1,64}"));

    /** Of a resource that takes any parameter of the query. */
    static final List<String> ANY = List.of("*");

    private final Map<String, Map<String, Resource>> byPath = new LinkedHashMap<>();

    /** @param parameters that the query may have */
    private record Resource(List<String> parameters, Answering answering) {}

    /** Answers a request; {@code id} is the value of its variable in the path, else empty. */
    interface Answering {
        Reply answer(Request request, String id) throws Refused, IOException;
    }

    /** What takes no parameters. HEAD is GET whose body the server leaves out. */
    Resources get(String path, Answering answering) {
        return get(path, List.of(), answering);
    }

    Resources get(String path, List<String> parameters, Answering answering) {
        return only("GET", path, parameters, answering).only("HEAD", path, parameters, answering);
    }

    Resources post(String path, Answering answering) {
        return post(path, List.of(), answering);
    }

    Resources post(String path, List<String> parameters, Answering answering) {
        return only("POST", path, parameters, answering);
    }

    Resources only(String method, String path, List<String> parameters, Answering answering) {
        byPath.computeIfAbsent(path, any -> new TreeMap<>()).put(method, new Resource(parameters, answering));
        return this;
    }

    /** Paths with their methods. */
    Map<String, Set<String>> served() {
        Map<String, Set<String>> served = new LinkedHashMap<>();
        byPath.forEach((path, methods) -> served.put(path, methods.keySet()));
        return served;
    }

    Reply answer(Request request) throws Refused, IOException {
        List<String> asked = request.segments();
        for (Map.Entry<String, Map<String, Resource>> each : byPath.entrySet()) {
            Optional<String> id = match(Request.segments(each.getKey()), asked);
            if (id.isPresent()) {
                Resource resource = each.getValue().get(request.method());
                if (resource == null) {
                    throw new Refused(ProblemDocument.methodNotAllowed(String.join(", ", each.getValue().keySet())));
                }
                Optional<ProblemDocument> unknown = unknown(request.parameters().keySet(), resource.parameters());
                if (unknown.isPresent()) {
                    throw new Refused(unknown.get());
                }
                return resource.answering().answer(request, id.get());
            }
        }
        throw new Refused(ProblemDocument.notFound());
    }

    /** What is answered if a query has a parameter that is none of these; it says nothing of what came with the request. */
    static Optional<ProblemDocument> unknown(Set<String> given, List<String> known) {
        return known.equals(ANY) ? Optional.empty() : given.stream().sorted().filter(name -> !known.contains(name)).findFirst()
                .map(name -> ProblemDocument.query("There is no parameter of this name. " + Nearest.to(name, known)
                        .map(near -> "Did you mean " + near + "?")
                        .orElse(known.isEmpty() ? "There is none here." : "There are " + String.join(", ", known) + ".")));
    }

    private static Optional<String> match(List<String> path, List<String> asked) {
        if (path.size() != asked.size()) {
            return Optional.empty();
        }
        String id = "";
        for (int i = 0; i < path.size(); i++) {
            if (VARIABLES.containsKey(path.get(i)) && VARIABLES.get(path.get(i)).matcher(asked.get(i)).matches()) {
                id = asked.get(i);
            } else if (!path.get(i).equals(asked.get(i))) {
                return Optional.empty();
            }
        }
        return Optional.of(id);
    }
}
