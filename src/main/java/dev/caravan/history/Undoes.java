package dev.caravan.history;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** What an action rolls back, as its file declares it. */
public enum Undoes {
    NOTHING,
    /** The run that its parameter {@code run} names. */
    RUN,
    /** What all runs of the cluster changed. */
    CLUSTER;

    /** As action files, events and JSON write it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    static Optional<Undoes> of(String word) {
        return Stream.of(values()).filter(each -> each.word().equals(word)).findFirst();
    }
}
