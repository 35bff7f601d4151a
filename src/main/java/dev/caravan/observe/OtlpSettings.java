package dev.caravan.observe;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Where traces go, from OpenTelemetry's own environment variables. Headers may hold a token; the generated text is not used.
 *
 * @param endpoint   the URL that spans are posted to
 * @param headers    sent along
 * @param service    {@code service.name}
 * @param attributes further ones of the resource
 */
public record OtlpSettings(String endpoint, Map<String, String> headers, String service, Map<String, String> attributes) {
    private static final String BASE = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private static final String TRACES = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";

    /** As the environment has it; empty where no endpoint is named, or the SDK is disabled there. */
    public static Optional<OtlpSettings> from(Map<String, String> environment) {
        Optional<String> endpoint = value(environment, TRACES)
                .or(() -> value(environment, BASE).map(base -> base.replaceAll("/+$", "") + "/v1/traces"));
        if (endpoint.isEmpty() || value(environment, "OTEL_SDK_DISABLED").filter("true"::equalsIgnoreCase).isPresent()
                || value(environment, "OTEL_TRACES_EXPORTER").filter("none"::equals).isPresent()) {
            return Optional.empty();
        }
        Map<String, String> headers = pairs(value(environment, "OTEL_EXPORTER_OTLP_TRACES_HEADERS")
                .or(() -> value(environment, "OTEL_EXPORTER_OTLP_HEADERS")));
        Map<String, String> attributes = pairs(value(environment, "OTEL_RESOURCE_ATTRIBUTES"));
        String service = value(environment, "OTEL_SERVICE_NAME").orElse(attributes.getOrDefault("service.name", "caravan"));
        return Optional.of(new OtlpSettings(endpoint.get(), headers, service, attributes));
    }

    private static Optional<String> value(Map<String, String> environment, String name) {
        return Optional.ofNullable(environment.get(name)).map(String::strip).filter(text -> !text.isEmpty());
    }

    /* name=value,name=value, the values percent-encoded. */
    private static Map<String, String> pairs(Optional<String> text) {
        Map<String, String> pairs = new LinkedHashMap<>();
        for (String pair : text.orElse("").split(",")) {
            int equals = pair.indexOf('=');
            if (equals > 0) {
                String value = pair.substring(equals + 1).strip().replace("+", "%2B");
                pairs.put(pair.substring(0, equals).strip(), URLDecoder.decode(value, StandardCharsets.UTF_8));
            }
        }
        return pairs;
    }

    @Override
    public String toString() {
        return endpoint;
    }
}
