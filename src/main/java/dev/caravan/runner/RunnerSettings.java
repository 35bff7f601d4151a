package dev.caravan.runner;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * What an engine or a runner needs to find the other side.
 *
 * @param orders     the Camel endpoint of orders; {@code {zone}} in it is the zone's name
 * @param events     the Camel endpoint of what runners say; {@code {session}} in it is a random word of the engine process
 * @param keys       the directory of {@link KeyFiles}
 * @param properties over {@code application.properties}, from which components are configured
 */
public record RunnerSettings(String orders, String events, Path keys, Timing timing, Map<String, String> properties) {
    /** Where Camel reads settings: those of the working directory, over the built-in ones. */
    public static final String FILES = "file:application.properties;optional=true,classpath:application.properties";

    /** Names of settings. */
    public static final String ORDERS = "caravan.runner.orders";
    public static final String EVENTS = "caravan.runner.events";
    public static final String KEYS = "caravan.runner.keys";
    public static final String BEAT = "caravan.runner.beat-millis";
    public static final String WAIT = "caravan.runner.wait-seconds";

    /**
     * What these settings say.
     *
     * @param setting the value of a setting that has a default
     * @param data    the data directory, in which keys are if nothing else is said
     * @return empty if no broker is set
     * @throws IllegalArgumentException if only one of the endpoints is set
     */
    public static Optional<RunnerSettings> of(Function<String, String> setting, Path data, Map<String, String> properties) {
        String orders = setting.apply(ORDERS).strip();
        String events = setting.apply(EVENTS).strip();
        if (orders.isEmpty() && events.isEmpty()) {
            return Optional.empty();
        }
        if (orders.isEmpty() || events.isEmpty()) {
            throw new IllegalArgumentException("the settings " + ORDERS + " and " + EVENTS + " belong together: set "
                    + (orders.isEmpty() ? ORDERS : EVENTS) + ", too");
        }
        String keys = setting.apply(KEYS).strip();
        Timing timing = new Timing(Duration.ofMillis(Long.parseLong(setting.apply(BEAT).strip())),
                Duration.ofSeconds(Long.parseLong(setting.apply(WAIT).strip())));
        return Optional.of(new RunnerSettings(orders, events, keys.isEmpty() ? data.resolve("runner-keys") : Path.of(keys), timing,
                properties));
    }
}
