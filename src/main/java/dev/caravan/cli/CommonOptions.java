package dev.caravan.cli;

import dev.caravan.data.DataDirectory;
import dev.caravan.journal.JournalPlace;
import dev.caravan.routes.RouteFiles;
import dev.caravan.spec.ShellWord;
import dev.caravan.terminal.Hints;
import dev.caravan.terminal.Mode;
import java.io.Console;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What most commands take. */
final class CommonOptions {
    private static final Path USUAL_DATA = Path.of("data");
    private static final Path USUAL_ROUTES = Path.of("routes");

    @Option(names = "--data", paramLabel = "DIR", description = "Journal, logs and kubeconfigs (default: ./data).")
    private Path data;

    @Option(names = "--journal", paramLabel = "URL", defaultValue = "${sys:caravan.journal:-${env:CARAVAN_JOURNAL}}",
            description = "Keeps the journal in PostgreSQL, for several engines: jdbc:postgresql://HOST/DATABASE?user=NAME "
                    + "(or CARAVAN_JOURNAL);"
                    + " the password from CARAVAN_JOURNAL_PASSWORD, PGPASSWORD or ~/.pgpass (default: a file under --data).")
    private String journal;

    @Option(names = "--routes", paramLabel = "DIR",
            description = "Routes and scripts that replace built-in ones of the same name, or add to them (default: ./routes, if "
                    + "there is one).")
    private Path routes;

    @Option(names = "--output", paramLabel = "MODE", defaultValue = "auto", completionCandidates = Words.Modes.class,
            description = "tty (a live table), plain (a line for each thing that matters), json (an event a line), or quiet (failures and "
                    + "the end). The default, auto, is tty on a terminal and else plain.")
    Mode output;

    @Option(names = "--yes", description = "Asks nothing before an action that asks first, such as reset.")
    boolean yes;

    private Path about;
    private boolean warned;

    /** Names the spec's file in the commands that this one shows. */
    void about(Path spec) {
        about = spec;
    }

    /** The data directory, which nobody else may write into. */
    Path data() throws UserError {
        return usable(data == null ? USUAL_DATA : data);
    }

    private Path usable(Path directory) throws UserError {
        Optional<String> refusal = DataDirectory.refusal(directory);
        if (refusal.isPresent()) {
            throw new UserError(refusal.get());
        }
        if (!warned) {
            DataDirectory.warnings(directory).forEach(line -> System.err.println("caravan: warning: " + line));
            warned = true;
        }
        return directory;
    }

    /** The data directory of a service that rehearses: the one that is named, else that of rehearsals. */
    Path dataOfServedRehearsals() throws UserError {
        return data == null ? rehearsalData() : data();
    }

    /** What a command needs to find what this one left: the options that were given and say where that is. */
    Hints hints() {
        List<String> options = new ArrayList<>();
        if (data != null) {
            options.add("--data " + ShellWord.of(data.toString()));
        }
        // What comes from the environment is still there for the next command. A URL may hold a password.
        if (journal != null && !journal.isBlank() && !journal.equals(System.getenv("CARAVAN_JOURNAL")) && !journal.contains("password")) {
            options.add("--journal " + ShellWord.of(journal));
        }
        Hints hints = new Hints(String.join(" ", options));
        return about == null ? hints : hints.about(about);
    }

    /** A command as it can be typed to look where this one did. */
    String hint(String command) {
        return ("caravan " + command + " " + hints().options()).strip();
    }

    /** What a user is asked; made only if somebody is asked. */
    interface Question {
        String words() throws UserError;
    }

    /** Whether the user at the terminal agrees; without a terminal, or with --yes, nothing is asked. */
    boolean isAgreed(Question question) throws UserError {
        Console console = System.console();
        if (yes || console == null) {
            return true;
        }
        Starting.over();
        String answer = console.readLine("%s [y/N] ", question.words());
        return answer != null && answer.strip().toLowerCase(Locale.ROOT).matches("y|yes");
    }

    /** The user's routes directory, if there is one. */
    Optional<Path> routes() throws UserError {
        if (routes != null && !Files.isDirectory(routes)) {
            throw new UserError("--routes " + routes + " is not a directory");
        }
        return routes != null ? Optional.of(routes) : Optional.of(USUAL_ROUTES).filter(Files::isDirectory);
    }

    /** Where the journal is. */
    JournalPlace journal() throws UserError {
        try {
            return JournalPlace.of(data(), Optional.ofNullable(journal).filter(url -> !url.isBlank()), System.getenv());
        } catch (IllegalArgumentException e) {
            throw new UserError(e.getMessage());
        }
    }

    /** Rehearsals have a data directory of their own, so that no simulated cluster's kubeconfig takes a real one's place. */
    Path rehearsalData() throws UserError {
        return data().resolve("rehearsal");
    }

    RouteFiles routeFiles() throws UserError {
        return routes().map(RouteFiles::with).orElseGet(RouteFiles::builtIn);
    }
}
