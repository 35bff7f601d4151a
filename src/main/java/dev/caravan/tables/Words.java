package dev.caravan.tables;

import java.util.Locale;

/** Enum constants as data files write them: lower case, with dashes. */
final class Words {
    private Words() {}

    static String of(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
