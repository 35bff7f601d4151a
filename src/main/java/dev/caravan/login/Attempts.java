package dev.caravan.login;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Attempts to log in. All that belongs to one is made from its state, by a key that only this process has: so nothing is kept of those
 * that are not brought to an end. Thread-safe.
 */
final class Attempts {
    /** How long somebody may take at the provider. */
    static final Duration WITHIN = Duration.ofMinutes(10);

    private static final Pattern STATES = Pattern.compile("[A-Za-z0-9_-]{43}\\.(\\d{1,12})");
    private static final SecureRandom RANDOM = new SecureRandom();

    private final byte[] key = random();
    private final Clock clock;

    /**
     * One of them.
     *
     * @param state    the browser has it in a cookie and gets it back from the provider: both have to be the same
     * @param nonce    what the provider's token must have, so that it is of this attempt
     * @param verifier of PKCE: proves to the provider that who asks for the token has begun the attempt
     */
    record Attempt(String state, String nonce, String verifier) {}

    Attempts(Clock clock) {
        this.clock = clock;
    }

    Attempt begin() {
        return attempt(text(random()) + "." + clock.instant().plus(WITHIN).getEpochSecond());
    }

    /** The attempt of that state; empty if it took too long, or none has such a state. */
    Optional<Attempt> find(String state) {
        Matcher form = STATES.matcher(state);
        return form.matches() && Long.parseLong(form.group(1)) >= clock.instant().getEpochSecond() ? Optional.of(attempt(state))
                : Optional.empty();
    }

    private Attempt attempt(String state) {
        return new Attempt(state, derived("nonce", state), derived("verifier", state));
    }

    private String derived(String what, String state) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return text(mac.doFinal((what + "\n" + state).getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has HmacSHA256", e);
        }
    }

    /** It cannot be guessed. */
    static byte[] random() {
        byte[] bytes = new byte[32];
        RANDOM.nextBytes(bytes);
        return bytes;
    }

    static String text(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
