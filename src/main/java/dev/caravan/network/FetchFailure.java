package dev.caravan.network;

import java.net.ConnectException;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.util.Objects;
import java.util.stream.Stream;

/** What Java's HTTP client says in the name of a class only, in words. */
public final class FetchFailure {
    private FetchFailure() {}

    /** Why a fetch failed, in one line, to be put behind what was fetched. */
    public static String words(Throwable failure) {
        if (Stream.iterate(failure, Objects::nonNull, Throwable::getCause).anyMatch(UnresolvedAddressException.class::isInstance)) {
            return "the name of the server cannot be resolved";
        }
        if (failure instanceof HttpConnectTimeoutException) {
            return "the server cannot be reached: no answer to the attempt to connect";
        }
        if (failure instanceof HttpTimeoutException) {
            return "the server did not answer in time";
        }
        if (failure instanceof ConnectException && failure.getMessage() == null) {
            return "the server cannot be reached: connection refused, or no route to it";
        }
        return failure.getMessage() == null ? "the connection broke (" + failure.getClass().getSimpleName() + ")" : failure.getMessage();
    }
}
