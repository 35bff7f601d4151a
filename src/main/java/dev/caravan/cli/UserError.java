package dev.caravan.cli;

/** What was asked for cannot be: the message says why and what would be right. Nothing was touched. */
final class UserError extends Exception {
    UserError(String message) {
        super(message);
    }
}
