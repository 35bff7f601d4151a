package dev.caravan.facts;

import java.util.Arrays;

/** A version's leading numbers, to compare: {@code 3.10.0-1160.el7} is 3.10.0. */
record Version(String text) implements Comparable<Version> {
    @Override
    public int compareTo(Version other) {
        return Arrays.compare(numbers(), other.numbers());
    }

    boolean isBelow(String other) {
        return compareTo(new Version(other)) < 0;
    }

    boolean isAbove(String other) {
        return compareTo(new Version(other)) > 0;
    }

    private long[] numbers() {
        String leading = text.replaceFirst("^[^0-9]*", "").replaceFirst("[^0-9.].*$", "");
        return Arrays.stream(leading.split("\\."))
                .filter(part -> !part.isEmpty())
                .mapToLong(part -> Long.parseLong(part.substring(0, Math.min(part.length(), 18))))
                .toArray();
    }
}
