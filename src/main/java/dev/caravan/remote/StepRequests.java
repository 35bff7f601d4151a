package dev.caravan.remote;

import dev.caravan.routes.RouteFiles;
import dev.caravan.step.Undo;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Makes what is sent to a host of an order: the script, the libraries that it names, and its environment. Thread-safe. */
final class StepRequests {
    private static final String GENERIC_UNDO = "undo.sh";
    /** A script is sent each of these that it names. */
    private static final Pattern LIBRARY = Pattern.compile("\\b[a-z]+(-[a-z]+)*-lib[.]sh\\b");

    private final RouteFiles files;
    private final Environment environment;

    StepRequests(RouteFiles files, Environment environment) {
        this.files = files;
        this.environment = environment;
    }

    /** The script that rolls that step back. */
    String undoScript(Undo undo) {
        String own = undo.name() + ".sh";
        return files.script(own).isPresent() ? own : GENERIC_UNDO;
    }

    /**
     * The request; empty if there is no such script.
     *
     * @param clear ids of ended steps that the host is to remove
     */
    Optional<HostOrder.Launch> of(StepCall call, DetachedStep detached, List<String> clear) {
        StepOrder order = call.order();
        return files.script(order.script()).map(script -> new HostOrder.Launch(
                detached.id(), order.step(), detached.log().known(), clear, variables(call), script,
                libraries(script), order.stdin(), order.timeout().toMillis()));
    }

    private Map<String, String> libraries(String script) {
        Map<String, String> libraries = new LinkedHashMap<>();
        libraries.put("lib.sh", files.script("lib.sh").orElse(""));
        LIBRARY.matcher(script).results().map(MatchResult::group).distinct()
                .forEach(name -> files.script(name).ifPresent(text -> libraries.put(name, text)));
        return libraries;
    }

    private Map<String, String> variables(StepCall call) {
        StepOrder order = call.order();
        Map<String, String> variables = new LinkedHashMap<>(environment.of(call.run(), order.at()));
        variables.putAll(order.extraEnvironment());
        variables.put("CARAVAN_STEP", order.step());
        if (order.plan()) {
            variables.put("CARAVAN_PLAN", "1");
        } else if (order.files().any()) {
            variables.put("ARTEFACT_LIMIT", Long.toString(order.files().saveTo().isPresent() ? order.files().limit() : Long.MAX_VALUE));
        }
        return variables;
    }
}
