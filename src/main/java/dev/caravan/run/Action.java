package dev.caravan.run;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What a run is to do. */
public enum Action {
    APPLY, PLAN, RESET, ROLLBACK;

    /** The word in URLs, JSON and the journal. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The action of that word, if there is one. */
    public static Optional<Action> of(String word) {
        return Arrays.stream(values()).filter(action -> action.word().equals(word)).findFirst();
    }
}
