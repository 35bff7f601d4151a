package dev.caravan.actions;

/** Parameters that an action does not take. The message says what is wrong and what would be right. */
public final class InvalidParameters extends Exception {
    private static final long serialVersionUID = 1L;

    InvalidParameters(String message) {
        super(message);
    }
}
