package dev.caravan.journal;

/** The journal could not be written or read: a full disk, a lost database. The run is paused. */
public class JournalException extends RuntimeException {
    public JournalException(String message, Throwable cause) {
        super(message, cause);
    }
}
