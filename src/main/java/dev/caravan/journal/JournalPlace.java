package dev.caravan.journal;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Where a journal is, and for whom it is opened.
 *
 * @param data     the data directory; the embedded database is there, and the key to what was found
 * @param url      a PostgreSQL database that several engines share ({@code jdbc:postgresql://...}); empty for the embedded one
 * @param password of that database's user; empty where the server asks for none, or {@code ~/.pgpass} has it
 * @param key      a file with the key to what was found, instead of the data directory's own; never made
 * @param engine   the process whose engine writes
 */
public record JournalPlace(Path data, Optional<String> url, Optional<String> password, Optional<Path> key, EngineIdentity engine) {
    private static final String POSTGRESQL = "jdbc:postgresql:";
    private static final Pattern SECRET = Pattern.compile("[?&][^=&]*password=", Pattern.CASE_INSENSITIVE);

    /** @throws IllegalArgumentException where the URL cannot be used; the message says what would be right */
    public JournalPlace {
        url.ifPresent(JournalPlace::check);
    }

    /** The embedded database of that data directory. */
    public static JournalPlace in(Path data) {
        return new JournalPlace(data, Optional.empty(), Optional.empty(), Optional.empty(), EngineIdentity.ofThisProcess());
    }

    /**
     * As asked for by option and environment: {@code CARAVAN_KEY_FILE}, {@code CARAVAN_JOURNAL_PASSWORD} or {@code PGPASSWORD}.
     *
     * @throws IllegalArgumentException where the URL cannot be used; the message says what would be right
     */
    public static JournalPlace of(Path data, Optional<String> url, Map<String, String> environment) {
        return new JournalPlace(
                data, url, Optional.ofNullable(environment.getOrDefault("CARAVAN_JOURNAL_PASSWORD", environment.get("PGPASSWORD"))),
                Optional.ofNullable(environment.get("CARAVAN_KEY_FILE")).filter(name -> !name.isBlank()).map(Path::of),
                EngineIdentity.ofThisProcess());
    }

    /** The same for another engine; tests choose one that counts as gone. */
    public JournalPlace as(EngineIdentity other) {
        return new JournalPlace(data, url, password, key, other);
    }

    private static void check(String url) {
        if (!url.startsWith(POSTGRESQL)) {
            throw new IllegalArgumentException("the journal cannot be kept in " + url.replaceAll("[?].*", "")
                    + ": it is kept under the data directory, or in jdbc:postgresql://HOST/DATABASE?user=NAME");
        }
        if (SECRET.matcher(url).find()) {
            throw new IllegalArgumentException("the journal's URL must not hold a password, as other users see command lines: set"
                    + " CARAVAN_JOURNAL_PASSWORD or PGPASSWORD, or enter it in ~/.pgpass");
        }
    }

    /** Without the password, which a URL does not hold either. */
    @Override
    public String toString() {
        return url.map(text -> "the journal in " + text).orElse("the journal under " + data);
    }
}
