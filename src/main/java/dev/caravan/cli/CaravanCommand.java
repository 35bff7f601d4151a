package dev.caravan.cli;

import dev.caravan.journal.JournalException;
import dev.caravan.spec.InvalidSpec;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The command {@code caravan} itself; without a subcommand it serves. */
@Command(
        name = "caravan",
        description = "Turns bare Linux hosts into a Kubernetes cluster; every step is an Apache Camel route.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        subcommands = {
            ServeCommand.class, ApplyCommand.class, PlanCommand.class, ResetCommand.class, RollbackCommand.class, RehearseCommand.class, ValidateCommand.class, SchemaCommand.class,
            RunsCommand.class, StatusCommand.class, LogsCommand.class, RoutesCommand.class
        },
        footer = {
            "",
            "Exit status: 0 done; 2 the spec or the command line is wrong, nothing was touched; 3 preflight refused,",
            "nothing was changed; 4 failed and rolled back; 5 failed and left as it stood; 130 cancelled.",
            "",
            "Begin with: caravan rehearse -f examples/three-nodes.yaml"
        })
public final class CaravanCommand implements Callable<Integer> {
    /** The spec or the command line is wrong; nothing was touched. */
    static final int WRONG = 2;
    /** Failed, and left as it stood. */
    static final int FAILED = 5;

    @Mixin
    private ServeCommand.Options serve;

    private CaravanCommand() {}

    /** Runs the command line; returns the exit status. */
    public static int execute(String... arguments) {
        return new CommandLine(new CaravanCommand())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpAutoWidth(true)
                .setExecutionExceptionHandler(CaravanCommand::explain)
                .execute(arguments);
    }

    @Override
    public Integer call() throws Exception {
        return ServeCommand.serve(serve);
    }

    private static int explain(Exception failure, CommandLine command, CommandLine.ParseResult parsed) {
        PrintWriter err = command.getErr();
        if (failure instanceof InvalidSpec invalid) {
            err.println(invalid.getMessage());
            err.flush();
            return WRONG;
        }
        if (failure instanceof UserError wrong) {
            err.println("caravan: " + wrong.getMessage());
            err.flush();
            return WRONG;
        }
        err.println("caravan: " + message(failure));
        if (!(failure instanceof JournalException)) {
            org.slf4j.LoggerFactory.getLogger(CaravanCommand.class).error("the command failed", failure);
        }
        err.flush();
        return FAILED;
    }

    private static String message(Throwable failure) {
        StringBuilder text = new StringBuilder();
        for (Throwable at = failure; at != null; at = at.getCause()) {
            String said = at.getMessage() == null ? at.getClass().getSimpleName() : at.getMessage();
            if (text.indexOf(said) < 0) {
                text.append(text.length() == 0 ? "" : ": ").append(said);
            }
        }
        return text.toString();
    }
}
