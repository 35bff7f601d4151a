package dev.caravan.cli;

import dev.caravan.routes.RouteFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code caravan routes}. */
@Command(name = "routes",
        description = {
            "The workflow's files: Camel routes in YAML, and the scripts that run on hosts.",
            "",
            "A file in a directory given by --routes (default: ./routes, if there is one) takes the place of the built-in one of "
                    + "the same name."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  caravan routes list",
            "  caravan routes export my-routes",
            "  caravan rehearse -f spec.yaml --routes my-routes"
        })
final class RoutesCommand {

    @Command(name = "export",
        description = "Writes the built-in routes and scripts out, to start from. Files that are there already are left as they are.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  caravan routes export my-routes"
        })
    int export(@Parameters(paramLabel = "DIR", description = "Where to; made where it is missing.") Path directory) throws IOException {
        List<Path> kept = RouteFiles.export(directory);
        kept.forEach(path -> System.out.println("left as it is: " + path));
        System.out.println("the built-in routes are in " + directory + "; use them with --routes " + directory);
        return 0;
    }

    @Command(name = "list",
        description = "Every route and script, with where it comes from.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  caravan routes list",
            "  caravan routes list --routes my-routes"
        })
    int list(@Mixin CommonOptions common) throws UserError {
        var files = common.routeFiles().all().values();
        int width = files.stream().mapToInt(file -> file.name().length()).max().orElse(0);
        files.forEach(file -> System.out.printf("%-" + width + "s  %s%n", file.name(), file.from()));
        return 0;
    }
}
