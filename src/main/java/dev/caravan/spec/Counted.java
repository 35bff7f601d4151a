package dev.caravan.spec;

import java.math.BigInteger;

/** How many there are of something, for a reader. */
public final class Counted {
    private Counted() {}

    /** {@code 1 host}, {@code 3 hosts}. */
    public static String of(long number, String noun) {
        return of(BigInteger.valueOf(number), noun);
    }

    /** The same for numbers of any size. */
    public static String of(BigInteger number, String noun) {
        return number + " " + noun + (number.equals(BigInteger.ONE) ? "" : "s");
    }
}
