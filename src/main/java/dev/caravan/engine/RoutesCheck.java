package dev.caravan.engine;

import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;

/** Tells of route files that could not be loaded. The engine is up all the same, with the ones before. */
final class RoutesCheck extends AbstractHealthCheck {
    private final Supplier<Optional<String>> problem;

    RoutesCheck(Supplier<Optional<String>> problem) {
        super("caravan", "routes");
        this.problem = problem;
    }

    @Override
    protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
        builder.up();
        problem.get().ifPresent(builder::message);
    }
}
