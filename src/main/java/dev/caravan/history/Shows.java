package dev.caravan.history;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** What a run of an action says about its cluster, as the action's file declares it. */
public enum Shows {
    /** Its nodes are those that the step {@code facts} found. */
    FACTS,
    /** After success it is as its spec says: the nodes are the spec's, at the spec's version. */
    SPEC,
    /** What it would change is how far the cluster is from its spec. */
    DRIFT,
    /** Nothing: no cluster is known by the name that the run has. */
    NOTHING;

    /** As action files, events and JSON write it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    static Optional<Shows> of(String word) {
        return Stream.of(values()).filter(each -> each.word().equals(word)).findFirst();
    }
}
