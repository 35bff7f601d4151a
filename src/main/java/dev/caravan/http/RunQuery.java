package dev.caravan.http;

import dev.caravan.history.RunState;
import dev.caravan.journal.Journal;
import dev.caravan.journal.RunFilter;
import dev.caravan.journal.RunIds;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Reads which runs a request for the list of runs asks for. */
final class RunQuery {
    static final List<String> PARAMETERS = List.of("state", "cluster", "action", "after", "before", "limit");
    private static final int SHOWN = 50;
    static final int MOST_SHOWN = 500;

    private RunQuery() {}

    /** @throws Refused if the value of a parameter cannot be used */
    static RunFilter of(Request request, Journal journal) throws Refused {
        return new RunFilter(Optional.empty(), state(request), named(request, "cluster"), named(request, "action"),
                after(request), before(request, journal), limit(request));
    }

    private static Optional<Instant> after(Request request) throws Refused {
        Optional<String> after = request.parameter("after");
        try {
            return after.map(Instant::parse);
        } catch (DateTimeParseException e) {
            throw refused("The parameter after is a time such as 2026-11-28T09:30:00Z.");
        }
    }

    private static Optional<RunState> state(Request request) throws Refused {
        Optional<String> word = request.parameter("state");
        List<String> states = Arrays.stream(RunState.values()).map(RunState::word).toList();
        if (word.isPresent() && !states.contains(word.get())) {
            throw refused("The parameter state is one of " + states.stream().collect(Collectors.joining(", ")) + ".");
        }
        return word.map(RunState::of);
    }

    /* A name that no run has gives an empty list: the last run of a cluster may have been deleted. */
    private static Optional<String> named(Request request, String name) throws Refused {
        Optional<String> value = request.parameter(name);
        if (value.isPresent() && !value.get().matches("[a-z0-9][a-z0-9-]{0,62}")) {
            throw refused("The parameter " + name + " is a name: lower-case letters, digits and dashes.");
        }
        return value;
    }

    private static Optional<RunFilter.Before> before(Request request, Journal journal) throws Refused {
        Optional<String> before = request.parameter("before");
        if (before.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(RunFilter.Before.of(Instant.parse(before.get())));
        } catch (DateTimeParseException e) {
            if (Resources.IDS.matcher(before.get()).matches()) {
                try {
                    return Optional.of(RunFilter.Before.of(RunIds.find(journal, before.get())));
                } catch (RunIds.NotFound none) {
                    // it is no time either
                }
            }
            throw refused("The parameter before is the id of a run, such as the last one of the list before, or a time such as "
                    + "2026-11-28T09:30:00Z.");
        }
    }

    private static int limit(Request request) throws Refused {
        Optional<String> limit = request.parameter("limit");
        if (limit.isEmpty()) {
            return SHOWN;
        }
        if (!limit.get().matches("[1-9]\\d{0,2}") || Integer.parseInt(limit.get()) > MOST_SHOWN) {
            throw new Refused(ProblemDocument.of(400, "limit", "The limit cannot be used",
                    "The parameter limit is 1 to " + MOST_SHOWN + "."));
        }
        return Integer.parseInt(limit.get());
    }

    /** What it says names no value that came with the request. */
    private static Refused refused(String detail) {
        return new Refused(ProblemDocument.query(detail));
    }
}
