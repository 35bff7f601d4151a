package dev.caravan.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Completion for fish, which picocli has none for: a {@code complete} line for each command, option and value. See fish's
 * {@code complete(1)}.
 */
final class FishCompletion {
    private static final Pattern FILES = Pattern.compile("DIR|FILE|SPEC");

    private final StringBuilder text = new StringBuilder();

    private FishCompletion() {}

    static String of(CommandSpec caravan) {
        FishCompletion completion = new FishCompletion();
        completion.text.append("# Completion of caravan for fish; written by caravan completion fish.\n")
                .append("complete -c caravan -f\n");
        completion.command(caravan, List.of());
        return completion.text.toString();
    }

    private void command(CommandSpec command, List<String> path) {
        List<String> names = List.copyOf(command.subcommands().keySet());
        String here = condition(path, names);
        names.forEach(name -> line(here, "-a " + quoted(name), command.subcommands().get(name).getCommandSpec()));
        command.options().stream().filter(option -> !option.hidden()).forEach(option -> option(here, option));
        command.positionalParameters().forEach(parameter -> values(parameter)
                .ifPresent(values -> text.append("complete -c caravan -n ").append(here).append(values).append('\n')));
        names.forEach(name -> {
            List<String> below = new ArrayList<>(path);
            below.add(name);
            command(command.subcommands().get(name).getCommandSpec(), below);
        });
    }

    private void line(String here, String what, CommandSpec command) {
        text.append("complete -c caravan -n ").append(here).append(' ').append(what).append(" -d ")
                .append(quoted(firstSentence(command.usageMessage().description()))).append('\n');
    }

    private void option(String here, OptionSpec option) {
        text.append("complete -c caravan -n ").append(here);
        for (String name : option.names()) {
            text.append(name.startsWith("--") ? " -l " + name.substring(2) : " -s " + name.substring(1));
        }
        if (option.arity().max() > 0) {
            text.append(values(option).orElse(" -x"));
        }
        text.append(" -d ").append(quoted(firstSentence(option.description()))).append('\n');
    }

    /** What may stand there: the words, or file names; nothing where nobody knows. */
    private static java.util.Optional<String> values(ArgSpec argument) {
        if (argument.completionCandidates() != null && argument.completionCandidates().iterator().hasNext()) {
            return java.util.Optional.of(" -x -a " + quoted(String.join(" ", argument.completionCandidates())));
        }
        return FILES.matcher(argument.paramLabel()).matches() ? java.util.Optional.of(" -r -F") : java.util.Optional.empty();
    }

    /** True after these commands and before a further one. */
    private static String condition(List<String> path, List<String> next) {
        if (path.isEmpty()) {
            return "__fish_use_subcommand";
        }
        String seen = path.stream().map(name -> "__fish_seen_subcommand_from " + name)
                .collect(java.util.stream.Collectors.joining("; and "));
        return quoted(seen + (next.isEmpty() ? "" : "; and not __fish_seen_subcommand_from " + String.join(" ", next)));
    }

    private static String firstSentence(String[] description) {
        String all = description.length == 0 ? "" : description[0];
        return all.replaceFirst("(?s)[.:;](\\s.*|)$", "").replaceFirst(" \\(default$", "");
    }

    private static String quoted(String text) {
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }
}
