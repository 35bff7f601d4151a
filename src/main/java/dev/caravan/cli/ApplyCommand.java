package dev.caravan.cli;

import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code caravan apply}. */
@Command(name = "apply",
        description = {
            "Brings hosts and cluster to what the spec says, shows progress, exits.",
            "",
            "What is there already stays as it is: a second apply changes nothing, and one with another host in the spec adds that host. "
                    + "An interrupted run of the same spec is resumed. A run that fails is rolled back, unless the spec has onFailure: "
                    + "keep. After Ctrl-C, running steps may finish, and no new step starts."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  caravan apply -f spec.yaml",
            "  caravan apply -f spec.yaml --output json | jq -r .message",
            "  caravan apply -f spec.yaml --bundle demo.tar --verify-key bundle.pub",
            "  SUDO_PASSWORD=... caravan apply -f spec.yaml"
        })
final class ApplyCommand extends ActionCommand {
    @Mixin
    private BundleOptions bundle;

    @Override
    Map<String, String> parameters() throws UserError {
        return bundle.parameters();
    }
}
