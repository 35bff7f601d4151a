package dev.caravan.cli;

import dev.caravan.engine.EngineOptions;
import dev.caravan.run.Action;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code caravan reset}. */
@Command(name = "reset",
        description = {
            "Takes the cluster off its hosts and gives back what Caravan changed there, as the journal has it.",
            "",
            "On all hosts of the spec, for all runs of the cluster: files get their former content, packages that came go, units are as they were. A terminal is asked first, unless --yes is given."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  caravan reset -f spec.yaml",
            "  caravan reset -f spec.yaml --yes --output plain"
        })
final class ResetCommand implements Callable<Integer> {
    @Mixin
    private SpecFile spec;

    @Mixin
    private CommonOptions common;

    @Override
    public Integer call() throws Exception {
        LogSetup.toFile(common.data());
        Cluster cluster = spec.cluster();
        String hosts = cluster.hosts().stream().map(Host::name).collect(Collectors.joining(", "));
        if (!common.isAgreed("Take the cluster " + cluster.name() + ", with all that runs in it, off " + hosts + "?")) {
            throw new UserError("nothing was done");
        }
        return Watched.run(EngineOptions.of(common.data(), common.routes(), false, Map.of()).withJournal(common.journal()), spec.order(cluster, Action.RESET), common.output);
    }
}
