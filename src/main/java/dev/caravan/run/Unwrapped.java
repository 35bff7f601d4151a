package dev.caravan.run;

import org.apache.camel.CamelExchangeException;

/** Failures without what Camel wraps around them: a split reports the failure of one of its exchanges within one of its own. */
public final class Unwrapped {
    private Unwrapped() {}

    /** @param failure may be null, and is returned as it is if nothing is around it */
    public static Throwable of(Throwable failure) {
        return failure instanceof CamelExchangeException && failure.getCause() != null ? failure.getCause() : failure;
    }
}
