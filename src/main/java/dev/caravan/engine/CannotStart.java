package dev.caravan.engine;

/** An engine cannot start with what it was given: the message says what, where and what to do. Nothing was touched. */
public final class CannotStart extends Exception {
    CannotStart(String message, Throwable cause) {
        super(message, cause);
    }
}
