package dev.caravan.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

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
final class CertificatesCommand implements Callable<Integer> {
    @Mixin
    private ActionOptions options;

    @Mixin
    private CommonOptions common;

    @Override
    public Integer call() throws Exception {
        return options.run("certificates", common);
    }
}
