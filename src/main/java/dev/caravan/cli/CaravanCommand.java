package dev.caravan.cli;

import static picocli.CommandLine.Model.UsageMessageSpec.SECTION_KEY_COMMAND_LIST;
import static picocli.CommandLine.Model.UsageMessageSpec.SECTION_KEY_COMMAND_LIST_HEADING;
import static picocli.CommandLine.Model.UsageMessageSpec.SECTION_KEY_DESCRIPTION;
import static picocli.CommandLine.Model.UsageMessageSpec.SECTION_KEY_EXIT_CODE_LIST;
import static picocli.CommandLine.Model.UsageMessageSpec.SECTION_KEY_EXIT_CODE_LIST_HEADING;
import static picocli.CommandLine.Model.UsageMessageSpec.SECTION_KEY_FOOTER;
import static picocli.CommandLine.Model.UsageMessageSpec.SECTION_KEY_FOOTER_HEADING;
import static picocli.CommandLine.Model.UsageMessageSpec.SECTION_KEY_OPTION_LIST;
import static picocli.CommandLine.Model.UsageMessageSpec.SECTION_KEY_OPTION_LIST_HEADING;
import static picocli.CommandLine.Model.UsageMessageSpec.SECTION_KEY_SYNOPSIS;
import static picocli.CommandLine.Model.UsageMessageSpec.SECTION_KEY_SYNOPSIS_HEADING;

import dev.caravan.actions.Actions;
import dev.caravan.engine.CannotStart;
import dev.caravan.history.ExitStatus;
import dev.caravan.journal.CannotOpen;
import dev.caravan.journal.JournalException;
import dev.caravan.routes.RouteFiles;
import dev.caravan.spec.InvalidSpec;
import dev.caravan.spec.Nearest;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.UnmatchedArgumentException;
import picocli.CommandLine;

/** The command {@code caravan} itself; without a subcommand it serves. */
@Command(
        name = "caravan",
        description = "Turns bare Linux hosts into a Kubernetes cluster; every step is an Apache Camel route.",
        versionProvider = Version.class,
        synopsisSubcommandLabel = "[COMMAND]",
        commandListHeading = "%nCommands (caravan COMMAND --help tells more; without one, serve):%n",
        optionListHeading = "%nOptions of serve:%n",
        subcommands = {
            ServeCommand.class, ApplyCommand.class, BundleCommand.class, PlanCommand.class, ResetCommand.class, RollbackCommand.class,
            ForceUnlockCommand.class, MigrateRuntimeCommand.class, ChangeEndpointCommand.class, BackupCommand.class, BackupsCommand.class,
            RestoreCommand.class, CertificatesCommand.class, RenewCertificatesCommand.class, RunCommand.class, ActionsCommand.class,
            RehearseCommand.class, InitCommand.class, AdoptCommand.class, ValidateCommand.class, SchemaCommand.class, RunsCommand.class,
            StatusCommand.class, LogsCommand.class, ClustersCommand.class, KubeconfigCommand.class, RoutesCommand.class,
            RunnerCommand.class, RunnerKeyCommand.class, HealthCommand.class,
            CompletionCommand.class, VersionCommand.class
        },
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "  0:done",
            "  2:the spec, the command line, a route, a setting, the journal or its key cannot be used. "
                    + "Or another run works on the cluster or on a host. Nothing was touched",
            "  3:preflight refused, nothing was changed",
            "  4:failed and rolled back",
            "  5:failed and left as it stood",
            "  6:done, except for some hosts; they were rolled back",
            "  8:plan --detailed-exitcode found something to change",
            "130:cancelled"
        },
        footerHeading = "%nA first look:%n",
        footer = {
            "  caravan rehearse -f examples/three-nodes.yaml   on simulated hosts",
            "  caravan plan -f spec.yaml                       what would change",
            "  caravan apply -f spec.yaml                      change it"
        })
public final class CaravanCommand implements Callable<Integer> {
    /** Of the common options those that mean nothing to a command. Commands that run an action are not here: its route says it. */
    private static final Map<String, String[]> MEANINGLESS = Map.ofEntries(
            Map.entry("serve", new String[] {"--output", "--yes"}),
            Map.entry("rehearse", new String[] {"--yes", "--journal"}),
            Map.entry("init", new String[] {"--data", "--journal", "--output"}),
            Map.entry("runs", new String[] {"--routes", "--yes"}), Map.entry("status", new String[] {"--routes", "--yes"}),
            Map.entry("clusters", new String[] {"--routes", "--yes"}),
            Map.entry("kubeconfig", new String[] {"--routes", "--output", "--yes"}),
            Map.entry("logs", new String[] {"--routes", "--output", "--yes"}),
            Map.entry("actions", new String[] {"--data", "--journal", "--yes"}),
            Map.entry("list", new String[] {"--data", "--journal", "--output", "--yes"}));

    @Mixin
    private ServeCommand.Options serve;

    @Option(names = {"-h", "--help"}, usageHelp = true, scope = ScopeType.INHERIT,
            description = "Tells what the command does, with examples.")
    private boolean help;

    @Option(names = {"-V", "--version"}, versionHelp = true, description = "Prints the version, as caravan version does.")
    private boolean version;

    private CaravanCommand() {}

    /** The command line and all that belongs to it. */
    static CommandLine commandLine() {
        CommandLine caravan = new CommandLine(new CaravanCommand())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpAutoWidth(true)
                .setParameterExceptionHandler(CaravanCommand::correct)
                .setExecutionExceptionHandler(CaravanCommand::explain);
        // Who asks for help with caravan itself asks which commands there are.
        caravan.getCommandSpec().usageMessage().sectionKeys(List.of(
                SECTION_KEY_SYNOPSIS_HEADING, SECTION_KEY_SYNOPSIS, SECTION_KEY_DESCRIPTION, SECTION_KEY_COMMAND_LIST_HEADING,
                SECTION_KEY_COMMAND_LIST, SECTION_KEY_FOOTER_HEADING, SECTION_KEY_FOOTER, SECTION_KEY_EXIT_CODE_LIST_HEADING,
                SECTION_KEY_EXIT_CODE_LIST,
                SECTION_KEY_OPTION_LIST_HEADING, SECTION_KEY_OPTION_LIST));
        hide(caravan.getCommandSpec(), "--output", "--yes");
        setOff(caravan);
        caravan.setHelpFactory((command, colours) -> {
            hideWhatItsActionDoesNotHeed(command);
            return new Help(command, colours);
        });
        return caravan;
    }

    /** The same with only those options that a command heeds, for all who list them. Reading the routes for that takes a moment. */
    static CommandLine heeded() {
        CommandLine caravan = commandLine();
        caravan.getSubcommands().values().forEach(command -> hideWhatItsActionDoesNotHeed(command.getCommandSpec()));
        return caravan;
    }

    private static void hideWhatItsActionDoesNotHeed(CommandSpec command) {
        Optional<OptionSpec> yes = Optional.ofNullable(command.findOption("--yes")).filter(option -> !option.hidden());
        if (yes.isPresent() && BuiltInActions.ALL.find(command.name()).filter(action -> !action.asksFirst()).isPresent()) {
            hide(command, "--yes");
        }
    }

    /* Read when the first help is shown, not whenever a command runs. */
    private static final class BuiltInActions {
        static final Actions ALL = Actions.of(RouteFiles.builtIn());
    }

    /* Every command takes the common options, so that a script can give all of them the same; its help lists those that it heeds. */
    private static void hide(CommandSpec command, String... options) {
        for (String name : options) {
            OptionSpec option = command.findOption(name);
            command.remove(option);
            command.addOption(OptionSpec.builder(option).hidden(true).build());
        }
    }

    private static void setOff(CommandLine parent) {
        for (CommandLine command : parent.getSubcommands().values()) {
            UsageMessageSpec usage = command.getCommandSpec().usageMessage();
            if (!command.getCommandSpec().positionalParameters().isEmpty()) {
                usage.parameterListHeading("%n");
            }
            usage.optionListHeading("%nOptions:%n");
            usage.commandListHeading("%nCommands:%n");
            hide(command.getCommandSpec(), MEANINGLESS.getOrDefault(command.getCommandName(), new String[0]));
            setOff(command);
        }
    }

    /** Runs the command line; returns the exit status. */
    public static int execute(String... arguments) {
        return commandLine().execute(arguments);
    }

    @Override
    public Integer call() throws Exception {
        return ServeCommand.serve(serve);
    }

    /* Who mistyped a word has no use for a screen of help. */
    private static int correct(ParameterException wrong, String[] arguments) {
        PrintWriter err = wrong.getCommandLine().getErr();
        err.println("caravan: " + wrong.getMessage());
        if (wrong instanceof UnmatchedArgumentException unmatched) {
            suggestion(unmatched).ifPresent(err::println);
        }
        err.println("See: " + wrong.getCommandLine().getCommandSpec().qualifiedName() + " --help");
        err.flush();
        return ExitStatus.WRONG.code();
    }

    /* picocli suggests the nearest word, however far it is. */
    private static Optional<String> suggestion(UnmatchedArgumentException unmatched) {
        CommandSpec command = unmatched.getCommandLine().getCommandSpec();
        String word = unmatched.getUnmatched().get(0);
        List<String> known = new ArrayList<>(command.subcommands().keySet());
        command.options().stream().filter(option -> !option.hidden()).forEach(option -> known.addAll(List.of(option.names())));
        return Nearest.to(word.replaceFirst("=.*", ""), known).map(near -> "Did you mean: " + command.qualifiedName() + " " + near + "?");
    }

    private static int explain(Exception failure, CommandLine command, CommandLine.ParseResult parsed) {
        PrintWriter err = command.getErr();
        if (failure instanceof InvalidSpec invalid) {
            err.println(invalid.getMessage());
            err.flush();
            return ExitStatus.WRONG.code();
        }
        if (failure instanceof UserError || failure instanceof CannotStart || failure instanceof CannotOpen) {
            err.println("caravan: " + failure.getMessage());
            err.flush();
            LoggerFactory.getLogger(CaravanCommand.class).debug("refused", failure);
            return ExitStatus.WRONG.code();
        }
        // The journal's own words are for people; what lies below them is its database's.
        err.println("caravan: " + (failure instanceof JournalException ? failure.getMessage() : message(failure)));
        if (!(failure instanceof JournalException)) {
            LoggerFactory.getLogger(CaravanCommand.class).error("the command failed", failure);
        }
        err.flush();
        return ExitStatus.FAILED.code();
    }

    /** What a failure and its causes say, each once. */
    static String message(Throwable failure) {
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
