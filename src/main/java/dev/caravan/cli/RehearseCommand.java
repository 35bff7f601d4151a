package dev.caravan.cli;

import dev.caravan.actions.Action.ActionCall;
import dev.caravan.actions.Offer;
import dev.caravan.engine.EngineOptions;
import dev.caravan.packages.Family;
import dev.caravan.rehearsal.Fault;
import dev.caravan.rehearsal.Rehearsal;
import dev.caravan.rehearsal.ScratchDirectory;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.spec.Nearest;
import dev.caravan.terminal.TerminalFacts;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code caravan rehearse}. */
@Command(name = "rehearse",
        description = {
            "Runs the same routes and scripts against simulated hosts inside this process: no root, no network, no preparation.",
            "",
            "For a look at the whole workflow, at routes that were changed, and at what happens when something goes wrong. "
                    + "Its journal and logs are in rehearsal/ below the data directory; status and logs find them there."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  caravan rehearse -f examples/three-nodes.yaml",
            "  caravan rehearse -f spec.yaml --family apt --pace 0",
            "  caravan rehearse -f spec.yaml --fault h2:kubeadm-join:fail",
            "  caravan rehearse -f spec.yaml --fault h3:runtime-install:busy*2",
            "  caravan rehearse -f spec.yaml --plan",
            "  caravan rehearse -f spec.yaml --routes my-routes"
        })
final class RehearseCommand implements Callable<Integer> {
    private static final String STEPS = "steps/";

    @Mixin
    private ActionOptions options;

    @Mixin
    private DetailedExit detailed;

    @Mixin
    private CommonOptions common;

    @Option(names = "--fault", paramLabel = "HOST:STEP:WHAT",
            description = "Lets a step go wrong: fail, busy, slow or drop, with a count if need be (fail*2). May be given several times.")
    private List<String> faults = List.of();

    @Option(names = "--family", paramLabel = "FAMILY", defaultValue = "yum", completionCandidates = Words.Families.class,
            description = "What the hosts are: yum or apt (default: yum).")
    private Family family;

    @Option(names = "--pace", paramLabel = "N", defaultValue = "1",
            description = "How long pretended work takes; 0 for no time at all (default: 1).")
    private double pace;

    @Option(names = "--action", paramLabel = "ACTION",
            description = "What is rehearsed, on bare hosts (default: apply).")
    private String action;

    @Option(names = "--plan", description = "The same as --action plan: what apply would change on bare hosts.")
    private boolean plan;

    @Override
    public Integer call() throws Exception {
        Path data = common.rehearsalData();
        LogSetup.toFile(data);
        ActionCall call = options.call(known -> plan ? known.requireOffered(Offer.PLAN) : known.named(Optional.ofNullable(action)),
                common);
        detailed.requirePlan(call.action());
        Cluster cluster = options.spec().cluster();
        List<Fault> wanted = faults(cluster);
        try (ScratchDirectory scratch = ScratchDirectory.open();
                Rehearsal rehearsal = Rehearsal.start(cluster, wanted, scratch.hosts(),
                        Rehearsal.Options.usual().withFamily(family).withPace(pace))) {
            EngineOptions engine = new EngineOptions(data, common.routes(), false, true, rehearsal::target, Map.of());
            int status = Watched.run(engine, options.spec().order(rehearsal.cluster(), call), common,
                    detailed::status, scratch::abandon);
            if (status != Watched.CANCELLED) {
                rehearsal.faultsNotMet().forEach(RehearseCommand::printNotMet);
            }
            return status;
        } catch (IllegalArgumentException e) {
            throw new UserError(e.getMessage());
        }
    }

    private static void printNotMet(Fault fault) {
        TerminalFacts.detect(System.getenv()).wrap("caravan: nothing met the fault " + fault + "; is that the step's name?")
                .forEach(System.err::println);
    }

    private List<Fault> faults(Cluster cluster) throws UserError {
        List<String> hosts = cluster.hosts().stream().map(Host::name).toList();
        List<String> steps = steps();
        List<Fault> parsed = new ArrayList<>();
        for (String text : faults) {
            try {
                Fault fault = Fault.parse(text);
                require(text, "host", fault.host(), hosts);
                require(text, "step", fault.step(), steps);
                parsed.add(fault);
            } catch (IllegalArgumentException e) {
                throw new UserError("--fault " + text + ": " + e.getMessage());
            }
        }
        return parsed;
    }

    /** The built-in steps and the user's own. */
    private List<String> steps() throws UserError {
        return common.routeFiles().all().keySet().stream().filter(name -> name.startsWith(STEPS))
                .map(name -> name.substring(STEPS.length()).replace(".camel.yaml", "")).sorted().toList();
    }

    private static void require(String fault, String what, String name, List<String> known) throws UserError {
        if (known.contains(name)) {
            return;
        }
        List<String> like = known.stream().filter(each -> List.of(each.split("-")).contains(name)).toList();
        String meant = Optional.of(String.join(" or ", like)).filter(text -> !text.isEmpty()).or(() -> Nearest.to(name, known))
                .map(near -> "did you mean " + near + "?")
                .orElseGet(() -> "there are " + String.join(", ", known));
        throw new UserError("--fault " + fault + ": there is no " + what + " " + name + "; " + meant);
    }
}
