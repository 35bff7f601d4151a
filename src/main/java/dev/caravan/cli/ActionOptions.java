package dev.caravan.cli;

import dev.caravan.actions.Action;
import dev.caravan.actions.Action.ActionCall;
import dev.caravan.actions.Actions;
import dev.caravan.actions.InvalidParameters;
import dev.caravan.actions.NoSuchAction;
import dev.caravan.engine.EngineOptions;
import dev.caravan.journal.FoundHost;
import dev.caravan.journal.Journal;
import dev.caravan.journal.JournalPlace;
import dev.caravan.run.CannotBegin;
import dev.caravan.run.FormerHosts;
import dev.caravan.run.RunOrder;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.tables.InvalidData;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What commands that run an action take: its spec and its parameters. */
final class ActionOptions {
    @Mixin
    private SpecFile spec;

    @Option(names = "--set", paramLabel = "NAME=VALUE",
            description = "A parameter of the action, as caravan actions lists them. May be given several times.")
    private List<String> parameters = List.of();

    @Option(names = "--host", paramLabel = "NAME", split = ",",
            description = "Acts on this host only, if the action can be limited to some hosts. May be given several times.")
    private List<String> hosts = List.of();

    private final Map<String, String> ofOptions = new LinkedHashMap<>();

    /** Gives a parameter that has an option of its own. */
    void with(String name, String value) {
        ofOptions.put(name, value);
    }

    SpecFile spec() {
        return spec;
    }

    /** Runs the action of that name on real hosts, from beginning to end; returns the exit status. */
    int run(String action, CommonOptions common, DetailedExit detailed) throws Exception {
        LogSetup.toFile(common.data());
        common.about(spec.path());
        ActionCall call = call(known -> known.require(action), common);
        detailed.requirePlan(call.action());
        Cluster cluster = spec.cluster();
        RunOrder order = spec.order(cluster, call);
        targets(order);
        if (call.action().asksFirst() && !common.isAgreed(() -> question(order, common.journal()))) {
            throw new UserError("nothing was done");
        }
        return Watched.run(EngineOptions.of(common.data(), common.routes(), false, Map.of()).withJournal(common.journal()),
                order, common, detailed::status);
    }

    /** Names the hosts, also those that left the spec and are worked on all the same. */
    static String question(RunOrder order, JournalPlace place) throws UserError {
        Cluster cluster = order.cluster();
        String question = order.call().action().title() + ": cluster " + cluster.name() + ", on "
                + targets(order).stream().map(Host::name).collect(Collectors.joining(", "));
        try (Journal journal = Journal.open(place)) {
            List<String> former = FormerHosts.of(journal, cluster, order.call()).stream().map(FoundHost::name).toList();
            return question + (former.isEmpty() ? "?" : ", and on " + String.join(", ", former) + ", not in the spec any more?");
        }
    }

    private static List<Host> targets(RunOrder order) throws UserError {
        try {
            return order.targets();
        } catch (CannotBegin e) {
            throw new UserError(e.getMessage());
        }
    }

    /** Which one of the actions is wanted. */
    @FunctionalInterface
    interface Choice {
        Action of(Actions known) throws NoSuchAction;
    }

    /** The action that is wanted with the parameters that were given. */
    ActionCall call(Choice choice, CommonOptions common) throws UserError {
        try {
            Actions known = actions(common);
            Action wanted = choice.of(known);
            return wanted.call(given(wanted, known));
        } catch (NoSuchAction | InvalidParameters e) {
            throw new UserError(e.getMessage() + (e instanceof InvalidParameters ? "; see caravan actions" : ""));
        }
    }

    static Actions actions(CommonOptions common) throws UserError {
        try {
            return Actions.of(common.routeFiles());
        } catch (InvalidData e) {
            throw new UserError(e.getMessage());
        }
    }

    private static UserError notLimited(Action action, Actions known) {
        return new UserError("--host: " + action.name() + " always acts on all hosts of the spec. These can be limited to some: "
                + known.all().stream().filter(other -> other.hostsParameter().isPresent()).map(Action::name)
                        .collect(Collectors.joining(", ")));
    }

    private Map<String, String> given(Action action, Actions known) throws UserError {
        Map<String, String> given = new LinkedHashMap<>(ofOptions);
        if (!hosts.isEmpty()) {
            String name = action.hostsParameter().orElseThrow(() -> notLimited(action, known)).name();
            given.put(name, String.join(",", hosts));
        }
        for (String parameter : parameters) {
            int equals = parameter.indexOf('=');
            if (equals < 1) {
                throw new UserError("--set " + parameter + " is not NAME=VALUE");
            }
            if (given.put(parameter.substring(0, equals), parameter.substring(equals + 1)) != null) {
                throw new UserError("the parameter " + parameter.substring(0, equals) + " is given twice");
            }
        }
        return given;
    }
}
