package dev.caravan.history;

/** How a command ends whose run has ended; {@code docs/reference.md} explains them. */
public enum ExitStatus {
    SUCCEEDED(0),
    /** The spec or the command line is wrong; nothing was touched. */
    WRONG(2),
    REFUSED(3),
    ROLLED_BACK(4),
    FAILED(5),
    /** Done, except for some hosts. */
    PARTLY(6),
    /** A plan found something to change, and the exit status was to say so. */
    WOULD_CHANGE(8),
    CANCELLED(130);

    private final int code;

    ExitStatus(int code) {
        this.code = code;
    }

    /** The process's exit status. */
    public int code() {
        return code;
    }
}
