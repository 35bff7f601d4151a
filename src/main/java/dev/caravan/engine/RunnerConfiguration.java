package dev.caravan.engine;

import dev.caravan.runner.RunnerSettings;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.spi.PropertiesComponent;

/** The settings of a runner, read as an engine reads its own: {@code application.properties}, the environment, {@code -D}. */
public final class RunnerConfiguration {
    private RunnerConfiguration() {}

    /**
     * What is set; empty if no broker is.
     *
     * @param data       the data directory, in which keys are if nothing else is said
     * @param properties over all others
     * @throws IllegalArgumentException if a setting cannot be what it is; the message names each
     */
    public static Optional<RunnerSettings> read(Path data, Map<String, String> properties) {
        // Not started, so there is nothing to close.
        DefaultCamelContext context = new DefaultCamelContext(false);
        PropertiesComponent component = context.getPropertiesComponent();
        component.setLocation(RunnerSettings.FILES);
        properties.forEach(component::addInitialProperty);
        Settings.check(context);
        return RunnerSettings.of(name -> Optional.ofNullable(properties.get(name))
                .orElseGet(() -> context.resolvePropertyPlaceholders("{{" + name + "}}")), data, properties);
    }
}
