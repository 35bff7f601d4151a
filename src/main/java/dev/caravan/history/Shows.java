package dev.caravan.history;

import dev.caravan.spec.Words;
import java.util.Optional;

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
        return Words.of(this);
    }

    static Optional<Shows> of(String word) {
        return Words.find(values(), word);
    }
}
