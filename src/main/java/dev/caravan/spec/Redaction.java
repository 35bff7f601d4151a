package dev.caravan.spec;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Which values of a spec are secret, and what is shown in their place. */
final class Redaction {
    static final String PLACEHOLDER = "***";

    /** Those of the ssh section, and those that kubeadm's documents know. */
    private static final Set<String> SECRET_KEYS =
            Set.of("password", "sudopassword", "passphrase", "token", "tlsbootstraptoken", "certificatekey");

    /** What ends as USER:PASSWORD@ does, in a URL or in a jump host, and what does not. However long a text is, it is read once. */
    private static final Pattern PART = Pattern.compile("[^\\s/@]++@?");
    private static final Pattern USER = Pattern.compile("(?<![^:,])[^:,]++:");

    private static final Pattern WORD = Pattern.compile("\\S+");
    private static final Pattern QUERY_VALUE = Pattern.compile("([?&][^&=]*=)[^&]*|([?&])[^&=]+(?=&|$)");

    private static final int LONGEST_SHOWN = 100;

    private Redaction() {}

    static boolean isSecretKey(String key) {
        return SECRET_KEYS.contains(key.toLowerCase(Locale.ROOT));
    }

    /** URLs without their passwords and without the values of their queries, which may be tokens. */
    static String withoutCredentials(String text) {
        String withoutUserInfo = text.indexOf('@') < 0 ? text
                : PART.matcher(text).replaceAll(part -> Matcher.quoteReplacement(withoutUser(part.group())));
        return withoutUserInfo.contains("://")
                ? WORD.matcher(withoutUserInfo).replaceAll(word -> Matcher.quoteReplacement(withoutQueryValues(word.group())))
                : withoutUserInfo;
    }

    private static String withoutUser(String part) {
        Matcher user = USER.matcher(part);
        return part.endsWith("@") && user.find() ? part.substring(0, user.start()) + PLACEHOLDER + "@" : part;
    }

    private static String withoutQueryValues(String word) {
        int scheme = word.indexOf("://");
        int query = scheme < 0 ? -1 : word.indexOf('?', scheme);
        return query < 0 ? word : word.substring(0, query) + QUERY_VALUE.matcher(word.substring(query))
                .replaceAll(part -> Matcher.quoteReplacement((part.group(1) != null ? part.group(1) : part.group(2)) + PLACEHOLDER));
    }

    /** The text as a message shows it: without passwords, and not at any length. */
    static String shown(String text) {
        String shown = withoutCredentials(text);
        return shown.length() <= LONGEST_SHOWN ? shown : shown.substring(0, LONGEST_SHOWN) + "...";
    }
}
