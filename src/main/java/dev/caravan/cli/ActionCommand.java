package dev.caravan.cli;

import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A command that runs the built-in action of its own name; a subclass adds what the command says of itself. */
abstract class ActionCommand implements Callable<Integer> {
    @Spec
    private CommandSpec self;

    @Mixin
    private ActionOptions options;

    @Mixin
    private CommonOptions common;

    @Override
    public Integer call() throws Exception {
        parameters().forEach(options::with);
        return options.run(self.name(), common, detailed());
    }

    /** Parameters of the action that have options of their own, by name; as given to options of the subclass. */
    Map<String, String> parameters() throws UserError {
        return Map.of();
    }

    /** Whether the exit status says more than that the run succeeded; as asked for by options of the subclass. */
    DetailedExit detailed() {
        return new DetailedExit();
    }
}
