package dev.caravan.cli;

import picocli.CommandLine.Command;

/** {@code caravan renew-certificates}. */
@Command(name = "renew-certificates",
        description = {
            "Renews the certificates of the cluster, and restarts what reads them, one control plane at a time.",
            "",
            "Works also if all certificates have expired and the API server does not answer. What it replaces is saved on each host "
                    + "before, and restored if a control plane does not come back. Expired client certificates of kubelets are "
                    + "replaced; the kubeconfig in the data directory is fetched again."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  caravan renew-certificates -f spec.yaml",
            "  caravan renew-certificates -f spec.yaml --set below-days=60"
        })
final class RenewCertificatesCommand extends ActionCommand {}
