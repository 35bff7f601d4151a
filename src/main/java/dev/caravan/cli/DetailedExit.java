package dev.caravan.cli;

import dev.caravan.actions.Action;
import dev.caravan.history.ExitStatus;
import dev.caravan.history.RunView;
import java.util.function.Supplier;
import picocli.CommandLine.Option;

/** What commands take that may run a plan: whether the exit status says that something would change. */
final class DetailedExit {
    @Option(names = "--detailed-exitcode", description = "Ends with exit status 8 if the plan shows a change, and with 0 if it shows none.")
    private boolean asked;

    /**
     * To be called before anything begins.
     *
     * @throws UserError if it is asked of an action that is no plan
     */
    void requirePlan(Action action) throws UserError {
        if (asked && !action.plan()) {
            throw new UserError("--detailed-exitcode is for plans, and " + action.name() + " is none: leave it out");
        }
    }

    /** The exit status of the command for a run that ended so. */
    int status(Supplier<RunView> ended, int status) {
        return asked && status == 0 && ended.get().changes() > 0 ? ExitStatus.WOULD_CHANGE.code() : status;
    }
}
