package dev.caravan.http;

import dev.caravan.digest.Sha256;
import dev.caravan.journal.Journal;
import dev.caravan.journal.JournalException;
import dev.caravan.journal.RequestKey;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Optional;

/**
 * Which run an {@code Idempotency-Key} (draft-ietf-httpapi-idempotency-key-header-06) began. The journal has the key from the moment
 * in which the run begins, and for as long as it has the run: a request that is sent again finds its run after a restart, and on
 * another engine that shares the journal. Thread-safe.
 */
final class IdempotencyKeys {
    static final int LONGEST = 255;

    private final Journal journal;

    /** Begins a run and gives its id. */
    interface Beginning {
        String begin(RequestKey key) throws Refused;
    }

    IdempotencyKeys(Journal journal) {
        this.journal = journal;
    }

    /**
     * The run that this key began, or else what {@code beginning} begins now. A request that fails does not use up its key.
     *
     * @throws Refused where the key is none, or came with other content before
     */
    synchronized String once(String header, String action, byte[] body, Beginning beginning) throws Refused {
        String name = withoutQuotes(header);
        if (name.isBlank() || name.length() > LONGEST || !name.chars().allMatch(each -> each >= 0x20 && each < 0x7f)) {
            throw new Refused(ProblemDocument.of(400, "idempotency-key", "The Idempotency-Key cannot be used",
                    "It has 1 to " + LONGEST + " characters, of ASCII's printable ones."));
        }
        RequestKey key = new RequestKey(name, digest(action, body));
        Optional<String> before = runOf(key);
        if (before.isPresent()) {
            return before.get();
        }
        try {
            return beginning.begin(key);
        } catch (Refused | JournalException e) {
            // Another engine, which shares the journal, may have had the same request in this moment.
            Optional<String> meanwhile = runOf(key);
            if (meanwhile.isPresent()) {
                return meanwhile.get();
            }
            throw e;
        }
    }

    /** The draft has printable ASCII, in quotes; those who leave the quotes out mean the same. */
    private static String withoutQuotes(String header) {
        boolean quoted = header.length() > 1 && header.startsWith("\"") && header.endsWith("\"");
        return quoted ? header.substring(1, header.length() - 1).replaceAll("\\\\([\"\\\\])", "$1") : header;
    }

    private Optional<String> runOf(RequestKey key) throws Refused {
        // Earlier versions kept the quotes of those who sent them.
        Optional<RequestKey.Used> used = journal.usedKey(key.name()).or(() -> journal.usedKey("\"" + key.name() + "\""));
        if (used.isPresent() && !used.get().key().digest().equals(key.digest())) {
            throw new Refused(ProblemDocument.of(422, "idempotency-key-reused", "The Idempotency-Key was used before",
                    "Run " + used.get().run() + " was begun with this key and another spec or action. Use a new key for each request.")
                    .member("run", used.get().run()));
        }
        return used.map(RequestKey.Used::run);
    }

    private static String digest(String action, byte[] body) {
        MessageDigest digest = Sha256.begin();
        digest.update((action + "\n").getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().formatHex(digest.digest(body));
    }
}
