package dev.caravan.runner;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.util.StdConverter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * The libraries of an order, compressed: they are most of it. Nothing else is compressed, for the length of a message must not depend on
 * whether a secret is like something that a host said.
 */
final class Libraries {
    private static final int LARGEST = 8 << 20;
    private static final JsonMapper JSON = new JsonMapper();

    private Libraries() {}

    /** Put over {@code HostOrder.Launch}. */
    interface Form {
        @JsonSerialize(converter = Pack.class)
        @JsonDeserialize(converter = Unpack.class)
        Map<String, String> libraries();
    }

    /** Texts by file name to bytes. */
    static final class Pack extends StdConverter<Map<String, String>, byte[]> {
        @Override
        public byte[] convert(Map<String, String> libraries) {
            ByteArrayOutputStream packed = new ByteArrayOutputStream();
            try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
                out.write(JSON.writeValueAsBytes(libraries));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return packed.toByteArray();
        }
    }

    /** And back. Refuses bytes that say more than 8 MiB. */
    static final class Unpack extends StdConverter<byte[], Map<String, String>> {
        @Override
        public Map<String, String> convert(byte[] packed) {
            try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(packed))) {
                byte[] libraries = in.readNBytes(LARGEST + 1);
                if (libraries.length > LARGEST) {
                    throw new IllegalArgumentException("the libraries of an order are larger than " + (LARGEST >> 20) + " MiB");
                }
                return JSON.readValue(libraries, new TypeReference<Map<String, String>>() {});
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
