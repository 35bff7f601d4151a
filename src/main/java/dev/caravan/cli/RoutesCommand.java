package dev.caravan.cli;

import dev.caravan.routes.RouteFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code caravan routes}. */
@Command(name = "routes", mixinStandardHelpOptions = true, description = "The workflow's files.")
final class RoutesCommand {

    @Command(name = "export", mixinStandardHelpOptions = true, description = "Writes the built-in routes and scripts out, to start from.")
    int export(@Parameters(paramLabel = "DIR") Path directory) throws IOException {
        List<Path> kept = RouteFiles.export(directory);
        kept.forEach(path -> System.out.println("left as it is: " + path));
        System.out.println("the built-in routes are in " + directory + "; use them with --routes " + directory);
        return 0;
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Every route and script, with where it comes from.")
    int list(@Mixin CommonOptions common) throws UserError {
        var files = common.routeFiles().all().values();
        int width = files.stream().mapToInt(file -> file.name().length()).max().orElse(0);
        files.forEach(file -> System.out.printf("%-" + width + "s  %s%n", file.name(), file.from()));
        return 0;
    }
}
