package dev.caravan.spec;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** Enum constants as files, events and JSON write them: lower case, with dashes. */
public final class Words {
    private Words() {}

    /** The word of that constant. */
    public static String of(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The one of these constants that has that word. */
    public static <T extends Enum<T>> Optional<T> find(T[] constants, String word) {
        return Stream.of(constants).filter(each -> of(each).equals(word)).findFirst();
    }
}
