package dev.caravan.engine;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.engine.DefaultClassResolver;

/**
 * Finds Camel's descriptions of its own parts on the class path once for the process. A Camel that starts asks for hundreds of them, most
 * of which are in no jar, and each reload of the routes, and each engine of a test, starts another Camel. Thread-safe.
 */
final class RememberingClassResolver extends DefaultClassResolver {
    private static final String DESCRIPTIONS = "META-INF/services/org/apache/camel/";
    private static final Map<String, Optional<byte[]>> KNOWN = new ConcurrentHashMap<>();

    RememberingClassResolver(CamelContext context) {
        super(context);
    }

    @Override
    public InputStream loadResourceAsStream(String uri) {
        if (!uri.startsWith(DESCRIPTIONS)) {
            return super.loadResourceAsStream(uri);
        }
        return KNOWN.computeIfAbsent(uri, this::read).map(ByteArrayInputStream::new).orElse(null);
    }

    private Optional<byte[]> read(String uri) {
        try (InputStream in = super.loadResourceAsStream(uri)) {
            return in == null ? Optional.empty() : Optional.of(in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(uri + " on the class path cannot be read", e);
        }
    }
}
