package dev.caravan.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code caravan apply}. */
@Command(name = "apply",
        description = {
            "Brings hosts and cluster to what the spec says, shows progress, exits.",
            "",
            "What is there already is left as it is: a second apply changes nothing, and one with a further host in the spec adds that host. A run of the same spec that was cut off goes on where it stood. What a run that fails for good did is taken back, unless the spec has onFailure: keep. Ctrl-C lets the steps under way end."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  caravan apply -f spec.yaml",
            "  caravan apply -f spec.yaml --output json | jq -r .message",
            "  SUDO_PASSWORD=... caravan apply -f spec.yaml"
        })
final class ApplyCommand implements Callable<Integer> {
    @Mixin
    private ActionOptions options;

    @Mixin
    private CommonOptions common;

    @Override
    public Integer call() throws Exception {
        return options.run("apply", common);
    }
}
