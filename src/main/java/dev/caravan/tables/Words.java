package dev.caravan.tables;

import java.util.Locale;

/** Enum constants as data files write them: lower case, with dashes. */
public final class Words {
    private Words() {}

    /** The word of that constant. */
    public static String of(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
