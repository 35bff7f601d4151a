package dev.caravan.cli;

import dev.caravan.engine.EngineOptions;
import dev.caravan.run.Action;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code caravan apply}. */
@Command(name = "apply",
        description = {
            "Brings hosts and cluster to what the spec says, shows progress, exits.",
            "",
            "What is there already stays as it is: a second apply changes nothing, and one with another host in the spec adds that host. An interrupted run of the same spec is resumed. A run that fails is rolled back, unless the spec has onFailure: keep. After Ctrl-C, running steps may finish, and no new step starts."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  caravan apply -f spec.yaml",
            "  caravan apply -f spec.yaml --output json | jq -r .message",
            "  SUDO_PASSWORD=... caravan apply -f spec.yaml"
        })
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
        LogSetup.toFile(common.data());
        return Watched.run(EngineOptions.of(common.data(), common.routes(), false, Map.of()).withJournal(common.journal()), spec.order(spec.cluster(), action), common.output);
    }
}
