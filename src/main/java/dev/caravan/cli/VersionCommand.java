package dev.caravan.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code caravan version}. */
@Command(name = "version",
        description = {
            "Prints which Caravan this is, and with which Camel, Java and system it runs.",
            "",
            "The build is the beginning of the jar's SHA-256: the same source and the same tools give the same jar."
        },
        footerHeading = "%nExamples:%n",
        footer = "  caravan version")
final class VersionCommand implements Callable<Integer> {
    @Override
    public Integer call() {
        for (String line : new Version().getVersion()) {
            System.out.println(line);
        }
        return 0;
    }
}
