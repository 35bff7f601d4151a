package dev.caravan.http;

import dev.caravan.spec.InvalidSpec;
import java.io.IOException;
import java.util.Optional;

/** An engine with simulated hosts beside this one, for somebody who has begun no run yet. It ends with this one. Thread-safe. */
public interface Trial extends AutoCloseable {
    /**
     * A run that was begun there.
     *
     * @param port that the other engine listens on, at the address of this one
     */
    record Begun(int port, String run) {}

    /**
     * Begins an apply of that spec there; starts the other engine, if it was not. Takes seconds.
     *
     * @param by the name of who asks, if it is known
     * @throws IOException if it cannot be started, or takes no run; the message is for the user
     */
    Begun begin(String spec, Optional<String> by) throws InvalidSpec, IOException;

    /** Ends the other engine, if it was started. */
    @Override
    void close();
}
