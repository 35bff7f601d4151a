package dev.caravan.cli;

import dev.caravan.run.Action;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code caravan plan}. */
@Command(name = "plan", mixinStandardHelpOptions = true, description = "Says what apply would change on each host; changes nothing.")
final class PlanCommand implements Callable<Integer> {
    @Mixin
    private SpecFile spec;

    @Mixin
    private CommonOptions common;

    @Override
    public Integer call() throws Exception {
        return ApplyCommand.run(spec, common, Action.PLAN);
    }
}
