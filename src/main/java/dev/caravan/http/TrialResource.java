package dev.caravan.http;

import dev.caravan.access.Role;
import dev.caravan.journal.Journal;
import dev.caravan.run.Submissions;
import dev.caravan.spec.InvalidSpec;
import java.io.IOException;
import java.util.Optional;

/** {@code /api/v1/trial}: tries a spec on simulated hosts, as long as this engine has no run of its own. Thread-safe. */
final class TrialResource {
    static final String PATH = "/api/v1/trial";

    private final Optional<Trial> trial;
    private final Submissions submissions;
    private final Journal journal;

    TrialResource(Optional<Trial> trial, Submissions submissions, Journal journal) {
        this.trial = trial;
        this.submissions = submissions;
        this.journal = journal;
    }

    /** It costs the machine of the engine more than a run does, so it is for administrators. */
    Reply begin(Request request) throws Refused {
        request.require(Role.ADMIN);
        Trial known = trial.orElseThrow(() -> refused("This engine starts none: it rehearses itself, is served over TLS or with a login, "
                + "or listens on more than loopback. The command caravan serve --rehearse does the same."));
        if (journal.hasRuns(false)) {
            throw refused("This engine has runs on real hosts. caravan serve --rehearse, with another port and inbox, rehearses "
                    + "beside it.");
        }
        SpecsResource.cluster(submissions, request);
        try {
            Trial.Begun begun = known.begin(SpecsResource.text(request), request.caller().name());
            return Reply.json(202, Json.object().put("port", begun.port()).put("id", begun.run()));
        } catch (InvalidSpec invalid) {
            throw new Refused(ProblemDocument.invalidSpec(invalid));
        } catch (IOException e) {
            throw refused(ProblemDocument.sentence(e.getMessage()));
        }
    }

    private static Refused refused(String why) {
        return new Refused(ProblemDocument.of(409, "no-trial", "It cannot be tried here", why));
    }
}
