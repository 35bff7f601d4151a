package dev.caravan.http;

import dev.caravan.clusters.Clusters;
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

    private final Map<String, Map<String, Answering>> byPath = new LinkedHashMap<>();

    /** Answers a request; {@code id} is the value of its variable in the path, else empty. */
    interface Answering {
        Reply answer(Request request, String id) throws Refused, IOException;
    }

    /** HEAD is GET whose body the server leaves out. */
    Resources get(String path, Answering answering) {
        return only("GET", path, answering).only("HEAD", path, answering);
    }

    Resources post(String path, Answering answering) {
        return only("POST", path, answering);
    }

    Resources only(String method, String path, Answering answering) {
        byPath.computeIfAbsent(path, any -> new TreeMap<>()).put(method, answering);
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
        for (Map.Entry<String, Map<String, Answering>> each : byPath.entrySet()) {
            Optional<String> id = match(Request.segments(each.getKey()), asked);
            if (id.isPresent()) {
                Answering answering = each.getValue().get(request.method());
                if (answering == null) {
                    throw new Refused(ProblemDocument.methodNotAllowed(String.join(", ", each.getValue().keySet())));
                }
                return answering.answer(request, id.get());
            }
        }
        throw new Refused(ProblemDocument.notFound());
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
