package dev.caravan.cli;

import picocli.CommandLine.Command;

/** {@code caravan force-unlock}. */
@Command(name = "force-unlock",
        description = {
            "Takes the hosts from one run whose engine is gone for good, so that another engine can work on them.",
            "",
            "A run holds its hosts from its first step there to its end, also while its engine is down: the same command resumes it. If "
                    + "that engine will not come back, a refused run prints this command with the id of the run that holds the hosts. "
                    + "The locks of other runs stay. A terminal is asked first, unless --yes is given."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  caravan force-unlock -f spec.yaml --set run=3d7d9d55"
        })
final class ForceUnlockCommand extends ActionCommand {}
