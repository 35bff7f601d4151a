package dev.caravan.rehearsal;

import java.util.Locale;

/** Which package manager a simulated host has, and with it which distribution it says it is. */
public enum Family {
    /** CentOS 7, the original article's. */
    YUM,
    /** Debian 12. */
    APT;

    /** The word used in options and in the scratch directory. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The family that a word names.
     *
     * @throws IllegalArgumentException for any word but {@code yum} and {@code apt}
     */
    public static Family parse(String word) {
        for (Family family : values()) {
            if (family.word().equals(word)) {
                return family;
            }
        }
        throw new IllegalArgumentException("'" + word + "' is no package family: use yum or apt");
    }
}
