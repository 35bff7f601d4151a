package dev.caravan.http;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Which run an {@code Idempotency-Key} (draft-ietf-httpapi-idempotency-key-header) began, for the newest keys that this
 * process was sent. Thread-safe.
 */
final class IdempotencyKeys {
    static final int LONGEST = 255;
    private static final int REMEMBERED = 1_000;

    private final Map<String, Used> keys = new LinkedHashMap<>();

    private record Used(byte[] content, String run) {}

    /** Begins a run and gives its id. */
    interface Beginning<E extends Exception> {
        String begin() throws E, Refused;
    }

    /**
     * The run that this key began, or else what {@code beginning} begins now. A request that fails does not use up its key.
     *
     * @throws Refused where the key came with other content before
     */
    synchronized <E extends Exception> String once(String key, String action, byte[] body, Beginning<E> beginning) throws E, Refused {
        byte[] content = digest(action, body);
        Used before = keys.get(key);
        if (before == null) {
            String run = beginning.begin();
            keys.put(key, new Used(content, run));
            if (keys.size() > REMEMBERED) {
                keys.remove(keys.keySet().iterator().next());
            }
            return run;
        }
        if (!Arrays.equals(before.content(), content)) {
            throw new Refused(ProblemDocument.of(422, "idempotency-key-reused", "The Idempotency-Key was used before",
                    "Run " + before.run() + " was begun with this key and another spec or action. Use a new key for each request.")
                    .member("run", before.run()));
        }
        return before.run();
    }

    private static byte[] digest(String action, byte[] body) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update((action + "\n").getBytes(java.nio.charset.StandardCharsets.UTF_8));
            return digest.digest(body);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
