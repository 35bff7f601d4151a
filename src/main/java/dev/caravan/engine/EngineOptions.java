package dev.caravan.engine;

import dev.caravan.rehearsal.Rehearsal;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * What an engine is started with.
 *
 * @param data       the data directory
 * @param routes     the user's routes directory, over the built-in files
 * @param triggers   whether routes that begin with something else than {@code direct:} are started: inbox, HTTP, the
 *                   user's own
 * @param rehearsal  simulated hosts instead of real ones
 * @param properties over {@code application.properties}
 */
public record EngineOptions(
        Path data, Optional<Path> routes, boolean triggers, Optional<Rehearsal> rehearsal, Map<String, String> properties) {}
