package dev.caravan.run;

/** A run that cannot begin, as what it asks for is not there. The message says why. */
public final class CannotBegin extends RuntimeException {
    private static final long serialVersionUID = 1L;

    CannotBegin(String message) {
        super(message);
    }
}
