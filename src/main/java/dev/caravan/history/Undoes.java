package dev.caravan.history;

import dev.caravan.spec.Words;
import java.util.Optional;

/** What an action rolls back, as its file declares it. */
public enum Undoes {
    NOTHING,
    /** The run that its parameter {@code run} names. */
    RUN,
    /** What all runs of the cluster changed. */
    CLUSTER;

    /** As action files, events and JSON write it. */
    public String word() {
        return Words.of(this);
    }

    static Optional<Undoes> of(String word) {
        return Words.find(values(), word);
    }
}
