package dev.caravan.engine;

import dev.caravan.journal.Journal;
import dev.caravan.routes.RouteFiles;
import dev.caravan.ssh.SshSessions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Starts engines with what a test gives them. */
public final class Engines {
    private Engines() {}

    /**
     * Routes below that directory whose steps are tried again after so many milliseconds, and where verify hardly waits between two looks.
     */
    static Path impatientRoutes(Path directory, int pauseMillis) throws IOException {
        Path routes = directory.resolve("routes");
        Files.createDirectories(routes.resolve("steps"));
        Files.writeString(routes.resolve("step-errors.camel.yaml"), RouteFiles.builtIn().text("errors/step-errors.camel.yaml").orElseThrow()
                .replaceAll("(?m)(edeliveryDelay): .*$", "$1: \"" + pauseMillis + "\""));
        Files.writeString(routes.resolve("steps/verify.camel.yaml"), RouteFiles.builtIn().text("steps/verify.camel.yaml").orElseThrow()
                .replaceFirst("constant: \"?500\"?", "constant: \"1\""));
        return routes;
    }

    /** An engine over that journal and those connections; both are closed with it. */
    public static Engine start(EngineOptions options, Journal journal, SshSessions sessions) throws Exception {
        return Engine.start(options, () -> journal, sessions);
    }
}
