package dev.caravan.routes;

import dev.caravan.routes.LoadedRoutes.LoadedRoute;
import dev.caravan.routes.LoadedRoutes.Node;
import dev.caravan.routes.RouteFiles.RouteFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The files behind a loaded route: its own, and the scripts that its steps run on hosts, with what undoes them. Thread-safe. */
public final class RouteSources {
    private static final String STEP = "step:";
    private static final int LARGEST = 1 << 20;

    private final RouteFiles files;
    private final RouteFiles builtIn = RouteFiles.builtIn();

    /**
     * A file.
     *
     * @param name    relative to the routes directory
     * @param from    the user's file, or {@code built in}
     * @param own     whether it is the user's, and says something else than the built-in one
     * @param replaces the text of the built-in file of that name, if there is one and this is the user's
     */
    public record Source(String name, String from, boolean own, String text, Optional<String> replaces) {}

    public RouteSources(RouteFiles files) {
        this.files = files;
    }

    /** The route's file first; nothing for a route that came from no file of the routes directory. */
    public List<Source> of(LoadedRoute route) {
        Set<String> names = new LinkedHashSet<>(List.of(route.file()));
        steps(route.nodes()).forEach(step -> names.addAll(List.of("scripts/" + step + ".sh", "scripts/undo-" + step + ".sh")));
        return names.stream().map(files.all()::get).filter(file -> file != null && isReadable(file)).map(this::source).toList();
    }

    private static boolean isReadable(RouteFile file) {
        try {
            return file.origin().isEmpty() || Files.isRegularFile(file.origin().get()) && Files.size(file.origin().get()) <= LARGEST;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file.name() + " (" + file.from() + ")", e);
        }
    }

    private Source source(RouteFile file) {
        boolean own = !files.isAsBuiltIn(file);
        return new Source(file.name(), file.from(), own, RouteFiles.read(file), own ? original(file) : Optional.empty());
    }

    /* A user's file replaces the built-in one in whichever directory it is. */
    private Optional<String> original(RouteFile file) {
        String name = last(file.name());
        return builtIn.text(file.name()).or(() -> builtIn.all().keySet().stream().filter(each -> last(each).equals(name)).findFirst()
                .flatMap(builtIn::text));
    }

    private static String last(String name) {
        return name.substring(name.lastIndexOf('/') + 1);
    }

    private static List<String> steps(List<Node> nodes) {
        List<String> steps = new ArrayList<>();
        for (Node node : nodes) {
            if (node.uri().startsWith(STEP)) {
                steps.add(node.uri().substring(STEP.length()).split("\\?", 2)[0]);
            }
            steps.addAll(steps(node.nodes()));
        }
        return steps;
    }
}
