package dev.caravan.actions;

import dev.caravan.spec.Words;
import java.util.Optional;

/** A place where the page, a trigger or a command offers an action, of which it does not know the name. */
public enum Offer {
    /** A request or a file that names no action; what applies a plan. */
    SPEC("plan"),
    /** Before the action for the spec. */
    PLAN,
    /** To read a cluster's certificates. */
    CERTIFICATES,
    /** To renew them. */
    RENEWAL,
    /** To save a cluster. */
    BACKUP,
    /** Beside each backup. */
    RESTORE("backup");

    private final Optional<String> parameter;

    Offer() {
        this.parameter = Optional.empty();
    }

    Offer(String parameter) {
        this.parameter = Optional.of(parameter);
    }

    /** The parameter of type string that the place gives it, if it gives one. */
    Optional<String> parameter() {
        return parameter;
    }

    /** As action files and JSON write it. */
    String word() {
        return Words.of(this);
    }
}
