package dev.caravan.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

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
            "  caravan apply -f spec.yaml --output json | jq -r '.message // empty'",
            "  caravan apply -f spec.yaml --plan 3d7d9d55",
            "  caravan apply -f spec.yaml --bundle demo.tar --verify-key bundle.pub",
            "  SUDO_PASSWORD=... caravan apply -f spec.yaml"
        })
final class ApplyCommand extends ActionCommand {
    @Mixin
    private BundleOptions bundle;

    @Option(names = "--plan", paramLabel = "RUN",
            description = "Do exactly what this run of plan said. The plan is made again first, and if anything would be done otherwise "
                    + "now, the run is refused.")
    private String plan;

    @Override
    Map<String, String> parameters() throws UserError {
        Map<String, String> parameters = new LinkedHashMap<>(bundle.parameters());
        if (plan != null) {
            parameters.put("plan", plan);
        }
        return parameters;
    }
}
