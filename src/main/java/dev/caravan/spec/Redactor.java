package dev.caravan.spec;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Hides secrets in texts. A secret is hidden wherever it occurs, also within a word. One that is a common word, is part of a name that the
 * text may show, or has fewer than four characters is hidden only where the text says that it is a secret, as in {@code password=x} or
 * {@code https://user:x@host}: to hide it everywhere would spoil host names, paths and messages, and show by the gaps what it is. Immutable
 * and thread-safe.
 */
public final class Redactor {
    /** Hides nothing. */
    public static final Redactor NONE = new Redactor(List.of(), List.of());

    private static final int SHORTEST = 4;
    private static final int STRONG = 8;
    /** What an attacker tries first, and is long enough. */
    private static final Set<String> GUESSED =
            Set.of("12345678", "123456789", "1234567890", "changeme", "iloveyou", "letmein1", "password1", "password123", "qwertyuiop");
    private static final String MARK = "(?i:--(?:password|passphrase|passwd|token)[ =]"
            + "|(?:password|passphrase|passwd|pwd|secret|token)[\"']?\\s{0,8}(?:[:=]|\\bis\\b)\\s{0,8}|://[^\\s/@:]{0,256}:)[\"']?";

    private final List<String> everywhere;
    private final Pattern marked;

    private Redactor(List<String> everywhere, List<String> marked) {
        this.everywhere = everywhere;
        this.marked = marked.isEmpty() ? null : Pattern.compile("(" + MARK + ")(?:"
                + marked.stream().map(Pattern::quote).collect(Collectors.joining("|")) + ")(?![\\p{L}\\p{N}_-])");
    }

    /** @param names of hosts and clusters, and paths: what stays whole in any case */
    public static Redactor of(Collection<Secret> secrets, Collection<String> names) {
        // The longest first: one may be a part of another.
        List<String> values = secrets.stream().map(Secret::reveal).filter(value -> !value.isBlank()).distinct()
                .sorted(Comparator.comparingInt(String::length).reversed()).toList();
        return values.isEmpty() ? NONE : new Redactor(values.stream().filter(value -> !isCommon(value, names)).toList(),
                values.stream().filter(value -> isCommon(value, names)).toList());
    }

    private static boolean isCommon(String value, Collection<String> names) {
        return value.length() < SHORTEST || CommonWords.contain(value) || names.stream().anyMatch(name -> isIn(value, name));
    }

    /* Of a path only whole parts count: its other characters are anything. */
    private static boolean isIn(String value, String name) {
        return name.contains("/") ? Stream.of(name.split("/")).anyMatch(value::equals) : name.contains(value);
    }

    /** Whether this secret is not hidden everywhere, or is soon guessed. */
    static boolean isWeak(Secret secret, Collection<String> names) {
        return secret.reveal().length() < STRONG || GUESSED.contains(secret.reveal().toLowerCase(Locale.ROOT))
                || isCommon(secret.reveal(), names);
    }

    /** Whether a secret that belongs to no spec is short, or a common word. */
    public static boolean isWeak(Secret secret) {
        return isWeak(secret, List.of());
    }

    /** The text with the placeholder for each secret. */
    public String redact(String text) {
        String redacted = text;
        for (String secret : everywhere) {
            redacted = redacted.replace(secret, Redaction.PLACEHOLDER);
        }
        return marked == null ? redacted : marked.matcher(redacted).replaceAll("$1" + Matcher.quoteReplacement(Redaction.PLACEHOLDER));
    }
}
