package dev.caravan.cli;

import picocli.CommandLine.Command;

/** {@code caravan reset}. */
@Command(name = "reset",
        description = {
            "Takes the cluster off its hosts and restores what Caravan changed there, as the journal has it.",
            "",
            "This is done on all hosts of the spec, for all runs of the cluster. Files get their former content, packages that came go, "
                    + "units are as they were. A terminal is asked first, unless --yes is given."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  caravan reset -f spec.yaml",
            "  caravan reset -f spec.yaml --yes --output plain"
        })
final class ResetCommand extends ActionCommand {}
