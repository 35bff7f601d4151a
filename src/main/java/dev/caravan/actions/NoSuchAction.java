package dev.caravan.actions;

/** An action that no loaded file declares. The message names those that there are. */
public final class NoSuchAction extends Exception {
    private static final long serialVersionUID = 1L;

    NoSuchAction(String message) {
        super(message);
    }
}
