package dev.caravan.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code caravan run}. */
@Command(name = "run",
        description = {
            "Runs an action, built-in or your own.",
            "",
            "An action is a file in actions/ of the routes directory; caravan actions lists them. "
                    + "An action that asks first asks a terminal, unless --yes is given."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  caravan actions",
            "  caravan run plan -f spec.yaml",
            "  caravan run reboot-hosts -f spec.yaml --set drain-timeout=10m"
        })
final class RunCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "ACTION", description = "The name of the action.")
    private String action;

    @Mixin
    private ActionOptions options;

    @Mixin
    private DetailedExit detailed;

    @Mixin
    private CommonOptions common;

    @Override
    public Integer call() throws Exception {
        return options.run(action, common, detailed);
    }
}
