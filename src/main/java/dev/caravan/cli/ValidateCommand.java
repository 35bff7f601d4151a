package dev.caravan.cli;

import dev.caravan.spec.Cluster;
import dev.caravan.spec.SpecReader;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code caravan validate}. */
@Command(name = "validate", mixinStandardHelpOptions = true, description = "Checks the spec without touching a host.")
final class ValidateCommand implements Callable<Integer> {
    @Mixin
    private SpecFile spec;

    @Override
    public Integer call() throws Exception {
        SpecFile.text(spec.path);
        Cluster cluster = SpecReader.read(spec.path);
        System.out.printf("%s is valid: cluster %s, Kubernetes %s, %d hosts%n",
                spec.path, cluster.name(), cluster.kubernetes().version(), cluster.hosts().size());
        return 0;
    }
}
