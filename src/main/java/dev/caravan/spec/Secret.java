package dev.caravan.spec;

import java.util.Objects;

/**
 * A value that must never be shown. {@link #toString()} gives a placeholder, so that a log line, an exception message
 * or a record's generated text cannot leak it. Immutable and thread-safe.
 */
public final class Secret {
    private final String value;

    public Secret(String value) {
        this.value = Objects.requireNonNull(value, "value");
    }

    /** The value itself; the caller is responsible for where it goes. */
    public String reveal() {
        return value;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Secret that && value.equals(that.value);
    }

    @Override
    public int hashCode() {
        return value.hashCode();
    }

    @Override
    public String toString() {
        return "***";
    }
}
