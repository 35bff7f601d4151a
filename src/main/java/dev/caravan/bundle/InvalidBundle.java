package dev.caravan.bundle;

/** A bundle cannot be used; the message names the file of it that is wrong. */
public final class InvalidBundle extends Exception {
    private final String remedy;

    InvalidBundle(String message, String remedy) {
        super(message);
        this.remedy = remedy;
    }

    /** What to do about it. */
    public String remedy() {
        return remedy;
    }
}
