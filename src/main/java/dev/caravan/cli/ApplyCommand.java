package dev.caravan.cli;

import dev.caravan.engine.EngineOptions;
import dev.caravan.run.Action;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code caravan apply}. */
@Command(name = "apply", mixinStandardHelpOptions = true, description = "Brings hosts and cluster to what the spec says, shows progress, exits.")
final class ApplyCommand implements Callable<Integer> {
    @Mixin
    private SpecFile spec;

    @Mixin
    private CommonOptions common;

    @Override
    public Integer call() throws Exception {
        return run(spec, common, Action.APPLY);
    }

    static int run(SpecFile spec, CommonOptions common, Action action) throws Exception {
        LogSetup.toFile(common.data);
        return Watched.run(EngineOptions.of(common.data, common.routes(), false, Map.of()).withJournal(common.journal()), spec.order(spec.cluster(), action), common.output);
    }
}
