package dev.caravan.cli;

import picocli.CommandLine.Command;

/** {@code caravan restore}. */
@Command(name = "restore",
        description = {
            "Brings the cluster back to a backup, on the hosts that it runs on. What happened in the cluster since is lost.",
            "",
            "A backup that is not as it was saved is refused before anything is changed. The control planes are stopped, and etcd is "
                    + "restored from the snapshot on each; what is replaced is moved aside, never deleted. A terminal is asked first, "
                    + "unless --yes is given. If it is interrupted, the same command resumes it."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  caravan restore -f spec.yaml --set backup=20261128-183000-7f3a0c11"
        })
final class RestoreCommand extends ActionCommand {}
