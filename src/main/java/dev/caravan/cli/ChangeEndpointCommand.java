package dev.caravan.cli;

import picocli.CommandLine.Command;

/** {@code caravan change-endpoint}. */
@Command(name = "change-endpoint",
        description = {
            "Moves a running cluster to the endpoint of its spec, one node after the other.",
            "",
            "The new endpoint is made beside the former one, and every node has to reach an API server through it before anything uses it. "
                    + "Then the host of the former address can be removed by apply. If a step fails, the run is rolled back, unless the "
                    + "spec says to keep it."
        },
        footerHeading = "%nExamples:%n",
        footer = "  caravan change-endpoint -f spec.yaml")
final class ChangeEndpointCommand extends ActionCommand {}
