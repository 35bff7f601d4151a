package dev.caravan.journal;

/** The journal cannot be opened: the message says which, why, and what to do. Nothing was touched. */
public final class CannotOpen extends JournalException {
    CannotOpen(String message, Throwable cause) {
        super(message, cause);
    }
}
