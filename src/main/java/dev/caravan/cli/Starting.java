package dev.caravan.cli;

import java.io.Console;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Says on a terminal, before anything else is loaded, that a command has begun which shows nothing of its own for seconds: until routes,
 * journal and scripts are there. Nothing is said where another program reads, or the user wants little.
 */
public final class Starting {
    /** The other commands start an engine. */
    private static final Set<String> ANSWERED_SOON = Set.of("version", "validate", "schema", "init", "runs",
            "status", "logs", "clusters", "kubeconfig", "routes", "actions", "runner-key", "health", "completion");
    private static final Set<String> HELP = Set.of("--help", "-h", "--version", "-V");
    private static final Set<String> FEW_WORDS = Set.of("quiet", "json");

    private Starting() {}

    /** Prints that line, where there is one. */
    public static void say(String... arguments) {
        line(List.of(arguments)).filter(line -> isTerminal()).ifPresent(System.err::println);
    }

    /** What is said of a command line; empty where it is answered soon, or is to be silent. */
    static Optional<String> line(List<String> arguments) {
        String command = arguments.isEmpty() || arguments.get(0).startsWith("-") ? "serve" : arguments.get(0);
        boolean few = ANSWERED_SOON.contains(command) || HELP.stream().anyMatch(arguments::contains);
        for (int i = 0; i < arguments.size(); i++) {
            String before = i == 0 ? "" : arguments.get(i - 1);
            few |= before.equals("--output") && FEW_WORDS.contains(arguments.get(i));
            few |= FEW_WORDS.stream().map("--output="::concat).anyMatch(arguments.get(i)::equals);
        }
        return few ? Optional.empty() : Optional.of("caravan " + command + ": starting");
    }

    /* From Java 22 on there is a console without a terminal, too. */
    private static boolean isTerminal() {
        Console console = System.console();
        if (console == null) {
            return false;
        }
        try {
            return (Boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (ReflectiveOperationException e) {
            return true;
        }
    }
}
