package dev.caravan.cli;

import picocli.CommandLine.Command;

/** {@code caravan certificates}. */
@Command(name = "certificates",
        description = {
            "Shows every certificate on every host: file, subject, names, days left, and who renews it; changes nothing.",
            "",
            "Only files are read, so it works while the API server is down. A negative number of days means that the certificate has "
                    + "expired. A host that cannot be reached is named; the others are shown."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  caravan certificates -f spec.yaml",
            "  caravan certificates -f spec.yaml --output json"
        })
final class CertificatesCommand extends ActionCommand {}
