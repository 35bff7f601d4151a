package dev.caravan.packages;

/**
 * There is no repository for what the spec asks for on such a host; the message says why, {@link #remedy()} what to
 * write.
 */
public final class NoRepository extends RuntimeException {
    private final String remedy;

    NoRepository(String message, String remedy) {
        super(message);
        this.remedy = remedy;
    }

    public String remedy() {
        return remedy;
    }
}
