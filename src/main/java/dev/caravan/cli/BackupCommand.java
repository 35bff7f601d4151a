package dev.caravan.cli;

import picocli.CommandLine.Command;

/** {@code caravan backup}. */
@Command(name = "backup",
        description = {
            "Saves etcd, PKI, manifests, the configuration of kubeadm and kubelet, and the spec into the data directory, verified.",
            "",
            "Any healthy control plane gives it; nothing on the hosts is changed. If the spec has backup.passphrase, the archive is "
                    + "encrypted: openssl enc -d -aes-256-cbc -pbkdf2 opens it. Old backups are deleted as backup.keep says, never the "
                    + "last good one."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  caravan backup -f spec.yaml",
            "  caravan backup -f spec.yaml --set keep=20"
        })
final class BackupCommand extends ActionCommand {}
