package dev.caravan.cli;

import dev.caravan.actions.Action.ActionCall;
import dev.caravan.actions.Actions;
import dev.caravan.actions.InvalidParameters;
import dev.caravan.actions.NoSuchAction;
import dev.caravan.engine.EngineOptions;
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
        ActionCall call = call(action, common);
        detailed.requirePlan(call.action());
        Cluster cluster = spec.cluster();
        String hosts = cluster.hosts().stream().map(Host::name).collect(Collectors.joining(", "));
        if (call.action().asksFirst() && !common.isAgreed(call.action().title() + ": cluster " + cluster.name() + ", on " + hosts + "?")) {
            throw new UserError("nothing was done");
        }
        return Watched.run(EngineOptions.of(common.data(), common.routes(), false, Map.of()).withJournal(common.journal()),
                spec.order(cluster, call), common, detailed::status);
    }

    /** The action of that name with the parameters that were given. */
    ActionCall call(String action, CommonOptions common) throws UserError {
        try {
            return actions(common).require(action).call(given());
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

    private Map<String, String> given() throws UserError {
        Map<String, String> given = new LinkedHashMap<>(ofOptions);
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
