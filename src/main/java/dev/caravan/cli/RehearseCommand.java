package dev.caravan.cli;

import dev.caravan.engine.EngineOptions;
import dev.caravan.packages.Family;
import dev.caravan.rehearsal.Fault;
import dev.caravan.rehearsal.Rehearsal;
import dev.caravan.run.Action;
import dev.caravan.spec.Cluster;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code caravan rehearse}. */
@Command(name = "rehearse", mixinStandardHelpOptions = true,
        description = "Runs the same routes and scripts against simulated hosts inside this process: no root, no network, no preparation.")
final class RehearseCommand implements Callable<Integer> {
    @Mixin
    private SpecFile spec;

    @Mixin
    private CommonOptions common;

    @Option(names = "--fault", paramLabel = "HOST:STEP:WHAT",
            description = "Lets a step go wrong: fail, busy, slow or drop, with a count if need be (fail*2). May be given several times.")
    private List<String> faults = List.of();

    @Option(names = "--family", paramLabel = "FAMILY", defaultValue = "yum", description = "What the hosts are: yum or apt (default: yum).")
    private Family family;

    @Option(names = "--pace", paramLabel = "N", defaultValue = "1", description = "How long pretended work takes; 0 for no time at all (default: 1).")
    private double pace;

    @Override
    public Integer call() throws Exception {
        Path data = common.rehearsalData();
        LogSetup.toFile(data);
        Cluster cluster = spec.cluster();
        Path scratch = Files.createTempDirectory("caravan-rehearsal");
        try (Rehearsal rehearsal = Rehearsal.start(cluster, faults(), scratch.resolve("hosts"), Rehearsal.Options.usual().withFamily(family).withPace(pace))) {
            EngineOptions options = new EngineOptions(data, common.routes(), false, true, rehearsal::target, Map.of());
            int status = Watched.run(options, spec.order(rehearsal.cluster(), Action.APPLY), common.output);
            rehearsal.faultsNotMet().forEach(fault -> System.err.println("caravan: nothing met the fault " + fault + "; is that the step's name?"));
            return status;
        } catch (IllegalArgumentException e) {
            throw new UserError(e.getMessage());
        } finally {
            Rehearsal.delete(scratch);
        }
    }

    private List<Fault> faults() throws UserError {
        List<Fault> parsed = new ArrayList<>();
        for (String fault : faults) {
            try {
                parsed.add(Fault.parse(fault));
            } catch (IllegalArgumentException e) {
                throw new UserError("--fault " + fault + ": " + e.getMessage());
            }
        }
        return parsed;
    }
}
