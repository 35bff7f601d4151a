package dev.caravan.cli;

import dev.caravan.actions.Action.ActionCall;
import dev.caravan.actions.NoSuchAction;
import dev.caravan.engine.Engine;
import dev.caravan.engine.EngineOptions;
import dev.caravan.journal.RunRecord;
import dev.caravan.run.Run;
import dev.caravan.run.Submissions;
import dev.caravan.run.Submissions.Submission;
import dev.caravan.spec.Expansion;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code caravan rollback-run}; its name of before, {@code rollback}, stays. */
@Command(name = "rollback-run", aliases = "rollback",
        description = {
            "Rolls back what one run changed, such as one that was cancelled, or kept after a failure.",
            "",
            "A terminal is asked first, unless --yes is given. The spec is needed only if that of the run held secrets other than by "
                    + "reference."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  caravan runs",
            "  caravan rollback-run 3d7d9d55",
            "  caravan rollback-run 3d7d -f spec.yaml   where its spec held secrets"
        })
final class RollbackCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "RUN",
            description = "The run's id, as caravan runs lists it, or as much of it as tells it from others.")
    private String run;

    private String described;

    @Mixin
    private SpecFile spec;

    @Mixin
    private CommonOptions common;

    @Override
    public Integer call() throws Exception {
        LogSetup.toFile(common.data());
        Optional<Path> given = spec.given();
        try (History history = JournalHistory.open(common)) {
            RunRecord found = history.find(run);
            run = found.id();
            if (found.rehearsal()) {
                throw new UserError("run " + run
                        + " was a rehearsal: its hosts were simulated and are gone, so there is nothing to roll back");
            }
            described = found.action() + " " + found.cluster() + ", " + (found.hasEnded() ? found.state().word() : "under way");
        }
        if (asksFirst() && !common.isAgreed(() -> "Roll back everything that run " + run + " (" + described + ") changed?")) {
            throw new UserError("nothing was done");
        }
        return Watched.run(EngineOptions.of(common.data(), common.routes(), false, Map.of()).withJournal(common.journal()),
                engine -> begin(engine, given), common, Watched.AS_IT_ENDED, () -> { });
    }

    private boolean asksFirst() throws UserError {
        try {
            return ActionOptions.actions(common).rollback().asksFirst();
        } catch (NoSuchAction e) {
            throw new UserError(e.getMessage());
        }
    }

    private Run begin(Engine engine, Optional<Path> given) throws Exception {
        RunRecord earlier = engine.journal().run(run).orElseThrow(() -> new UserError("the journal has no run " + run));
        if (!earlier.hasEnded()) {
            throw new UserError("run " + run + " has not ended");
        }
        Submissions submissions = engine.submissions();
        ActionCall rollback = submissions.rollbackOf(earlier);
        Submission submission = given.isEmpty()
                ? submissions.of(earlier, rollback)
                        .orElseThrow(() -> new UserError("the spec of run " + run
                                + " held secrets, which the journal does not keep: give it with -f"))
                : Submissions.read(SpecFile.text(given.get()), given.get().toString(), Expansion.in(SpecFile.directory(given.get())),
                        rollback, "command");
        return submissions.begin(submission);
    }
}
