package dev.caravan.journal;

/** The journal could not be written or read: a full disk, a lost database. The run cannot go on without it. */
public class JournalException extends RuntimeException {
    public JournalException(String message, Throwable cause) {
        super(message, cause);
    }
}
