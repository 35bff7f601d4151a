package dev.caravan.cli;

import dev.caravan.spec.Cluster;
import dev.caravan.spec.Counted;
import dev.caravan.spec.Relaxations;
import dev.caravan.spec.SpecReader;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code caravan validate}. */
@Command(name = "validate",
        description = {
            "Checks the spec without touching a host. What it relaxes of what is safe is a warning.",
            "",
            "Unknown keys, wrong types and contradictions are reported with line and column, and with what would be right. "
                    + "Variables and files that it refers to must be there."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  caravan validate -f spec.yaml",
            "  caravan schema > cluster-v1.schema.json   for an editor"
        })
final class ValidateCommand implements Callable<Integer> {
    @Mixin
    private SpecFile spec;

    @Override
    public Integer call() throws Exception {
        SpecFile.text(spec.path());
        Cluster cluster = SpecReader.validate(spec.path());
        Relaxations.of(cluster).forEach(line -> System.err.println("caravan: warning: " + line));
        int leaving = cluster.leaving().size();
        System.out.printf("%s is valid: cluster %s, Kubernetes %s, %s%s%n",
                spec.path(), cluster.name(), cluster.kubernetes().version(), Counted.of(cluster.hosts().size(), "host"),
                leaving == 0 ? "" : ", besides " + leaving + (leaving == 1 ? " that leaves" : " that leave"));
        return 0;
    }
}
