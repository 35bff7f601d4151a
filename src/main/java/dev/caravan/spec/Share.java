package dev.caravan.spec;

/**
 * A number, or a percentage of a total. Immutable.
 *
 * @param value at least 0; at most 100 if it is a percentage
 */
public record Share(int value, boolean percent) {
    /** Of that total, rounded down. */
    public int of(int total) {
        return percent ? total * value / 100 : value;
    }

    /** As a spec writes it: {@code 2} or {@code 10%}. */
    @Override
    public String toString() {
        return value + (percent ? "%" : "");
    }

    /** @param text {@code 2} or {@code 10%} */
    static Share parse(String text) {
        boolean percent = text.endsWith("%");
        return new Share(Integer.parseInt(percent ? text.substring(0, text.length() - 1) : text), percent);
    }
}
