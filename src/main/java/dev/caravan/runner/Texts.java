package dev.caravan.runner;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.util.StdConverter;
import dev.caravan.remote.HostOrder;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * Texts of orders that are the same for many hosts: a step's script and its libraries. An order names them by their SHA-256, and a runner
 * keeps those that it was sent. They are compressed; nothing else is, for the length of a message must not depend on whether a secret is
 * like something that a host said.
 */
final class Texts {
    private static final int LARGEST = 8 << 20;
    private static final JsonMapper JSON = new JsonMapper();

    private Texts() {}

    /** The order with other texts. @param change from text to digest, or from digest to text */
    static HostOrder replaced(HostOrder order, UnaryOperator<String> change) {
        if (!(order instanceof HostOrder.Launch launch)) {
            return order;
        }
        Map<String, String> libraries = new LinkedHashMap<>();
        launch.libraries().forEach((name, text) -> libraries.put(name, change.apply(text)));
        return new HostOrder.Launch(launch.id(), launch.step(), launch.known(), launch.done(), launch.environment(),
                change.apply(launch.script()), libraries, launch.stdin(), launch.timeoutMillis());
    }

    /** Texts to bytes: gzip of a JSON array. */
    static final class Pack extends StdConverter<List<String>, byte[]> {
        @Override
        public byte[] convert(List<String> texts) {
            ByteArrayOutputStream packed = new ByteArrayOutputStream();
            try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
                out.write(JSON.writeValueAsBytes(texts));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return packed.toByteArray();
        }
    }

    /** And back. Refuses bytes that say more than 8 MiB. */
    static final class Unpack extends StdConverter<byte[], List<String>> {
        @Override
        public List<String> convert(byte[] packed) {
            try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(packed))) {
                byte[] texts = in.readNBytes(LARGEST + 1);
                if (texts.length > LARGEST) {
                    throw new IllegalArgumentException("the texts of an order are larger than " + (LARGEST >> 20) + " MiB");
                }
                return List.of(JSON.readValue(texts, String[].class));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
