package dev.caravan.history;

import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;

/** What is said of a host, without the host: so what was said of several is found to be the same. */
public final class HostWords {
    private static final String NAME = "HOST";
    private static final String ADDRESS = "ADDRESS";

    private HostWords() {}

    /** The words with HOST for the host's name and ADDRESS for its address. A name or an address within a longer one stays. */
    public static String without(String words, String name, String address) {
        return without(words, name, List.of(address));
    }

    /** The same for several addresses. */
    public static String without(String words, String name, Collection<String> addresses) {
        String without = replace(words, name, NAME);
        for (String address : addresses) {
            without = replace(without, address, ADDRESS);
        }
        return without;
    }

    /** What fails two hosts alike: the words without the host, and without figures. */
    public static String cause(String words, String name, Collection<String> addresses) {
        return without(words, name, addresses).replaceAll("\\d+", "#");
    }

    private static String replace(String text, String word, String placeholder) {
        return word.isEmpty() || !text.contains(word)
                ? text
                : text.replaceAll("(?<![\\w.-])" + Pattern.quote(word) + "(?![\\w-]|\\.\\w)", placeholder);
    }
}
