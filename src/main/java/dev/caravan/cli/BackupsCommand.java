package dev.caravan.cli;

import picocli.CommandLine.Command;

/** {@code caravan backups}. */
@Command(name = "backups",
        description = {
            "Lists the backups of the cluster, the newest first: etcd's revision, size, age, and whether each is as it was saved.",
            "",
            "Each file is read and held to its SHA-256. No host is reached, and no passphrase is needed."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  caravan backups -f spec.yaml",
            "  caravan backups -f spec.yaml --output quiet"
        })
final class BackupsCommand extends ActionCommand {}
