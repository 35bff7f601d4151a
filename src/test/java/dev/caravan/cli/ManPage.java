package dev.caravan.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** The manual page, from what {@code --help} is made of; in the macros of man(7), which groff and mandoc know. */
final class ManPage {
    private static final List<String> COMMON = List.of("--data", "--journal", "--routes", "--output", "--yes", "--help");
    private static final Map<String, String> ENVIRONMENT = Map.of(
            "CARAVAN_TOKEN", "The bearer token that HTTP asks for; --server sends it.",
            "CARAVAN_JOURNAL", "The same as --journal.",
            "CARAVAN_SERVER, CARAVAN_SERVER_CA", "The same as --server and --server-ca.",
            "CARAVAN_INBOX, CARAVAN_LOG_FORMAT", "The same as --inbox and --log-format of serve.",
            "CARAVAN_LOG_LEVEL", "The level of the program's own log: ERROR, WARN, INFO (default), DEBUG or TRACE.",
            "OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS, OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, OTEL_SDK_DISABLED",
                    "Where a trace of each run is sent, and under which name: variables of OpenTelemetry.",
            "CARAVAN_JOURNAL_PASSWORD", "The password of that database; otherwise PGPASSWORD or ~/.pgpass.",
            "CARAVAN_KEY_FILE", "The file with the key that encrypts what was found on hosts; default: key in the data directory.",
            "NO_COLOR", "Not empty: no colour. CLICOLOR_FORCE, not empty and not 0: colour although the output is no terminal.",
            "CARAVAN_JAR, JAVA_HOME, CARAVAN_JAVA_OPTS", "For the script caravan: the jar, the Java, and options for Java.");
    private static final List<List<String>> FILES = List.of(
            List.of("data/journal.db", "The journal, unless it is in PostgreSQL. journal.db-wal beside it belongs to it."),
            List.of("data/key", "The key of what was found on hosts. Keep a copy."),
            List.of("data/logs/RUN/HOST/STEP.log", "What steps printed."),
            List.of("data/clusters/NAME/kubeconfig", "The administrator's access to a cluster."),
            List.of("data/rehearsal/", "The same for rehearsals."),
            List.of("inbox/",
                    "Specs that serve applies. Afterwards they are in .done or .failed below it, with NAME.result.json beside them."),
            List.of("routes/", "Files that replace or extend the built-in routes and scripts."),
            List.of("application.properties", "Settings, in the working directory."));

    private final StringBuilder text = new StringBuilder();

    private ManPage() {}

    static String of(CommandLine caravan) {
        ManPage page = new ManPage();
        page.write(caravan.getCommandSpec());
        return page.text.toString();
    }

    private void write(CommandSpec caravan) {
        text.append(".\\\" Written by mvn test -Dtest=ManPageTest -DargLine=-Dgolden=write from what --help is made of.\n");
        text.append(".TH CARAVAN 1 2026-11-23 Caravan \"Caravan's manual\"\n");
        // Names of options are not to be hyphenated, nor words pulled apart.
        text.append(".nh\n.ad l\n");
        section("NAME");
        text.append("caravan \\- bare Linux hosts become a Kubernetes cluster, over SSH\n");
        section("SYNOPSIS");
        subcommands(caravan).forEach(this::synopsis);
        section("DESCRIPTION");
        paragraph(String.join(" ", caravan.usageMessage().description())
                + " It does what an engineer does by hand with kubeadm, on any number of hosts, from one file, and leaves nothing half "
                + "done. Without a command it serves.");
        section("COMMANDS");
        subcommands(caravan).forEach(this::command);
        section("COMMON OPTIONS");
        CommandSpec plan = caravan.subcommands().get("plan").getCommandSpec();
        COMMON.forEach(name -> option(plan.findOption(name)));
        section("EXIT STATUS");
        caravan.usageMessage().exitCodeList().forEach((status, meaning) -> tagged(status.strip(), meaning));
        section("ENVIRONMENT");
        ENVIRONMENT.keySet().stream().sorted().forEach(name -> tagged(name, ENVIRONMENT.get(name)));
        section("FILES");
        FILES.forEach(file -> tagged(file.get(0), file.get(1)));
        section("EXAMPLES");
        examples(caravan.usageMessage().footer());
        section("SEE ALSO");
        text.append(".BR kubeadm (1),\n.BR kubectl (1),\n.BR ssh (1)\n");
    }

    /** The commands that can be run, those within others included. */
    private static List<CommandSpec> subcommands(CommandSpec parent) {
        List<CommandSpec> all = new ArrayList<>();
        for (CommandLine each : new LinkedHashSet<>(parent.subcommands().values())) {
            List<CommandSpec> below = subcommands(each.getCommandSpec());
            if (below.isEmpty()) {
                all.add(each.getCommandSpec());
            }
            all.addAll(below);
        }
        return all;
    }

    private void section(String title) {
        text.append(".SH ").append(title.contains(" ") ? '"' + title + '"' : title).append('\n');
    }

    private void synopsis(CommandSpec command) {
        List<String> words = new ArrayList<>();
        words.add("\\fB" + escaped(command.qualifiedName()) + "\\fR");
        for (OptionSpec option : own(command)) {
            String word = "\\fB" + escaped(option.longestName()) + "\\fR"
                    + (option.arity().max() > 0 ? " \\fI" + escaped(option.paramLabel()) + "\\fR" : "");
            words.add((option.required() ? word : "[" + word + "]") + (option.isMultiValue() ? "\\&..." : ""));
        }
        command.positionalParameters().forEach(parameter -> {
            String word = "\\fI" + escaped(parameter.paramLabel()) + "\\fR";
            words.add(parameter.required() ? word : "[" + word + "]");
        });
        text.append(".HP\n").append(String.join(" ", words)).append('\n');
    }

    private void command(CommandSpec command) {
        text.append(".SS ").append(escaped(command.qualifiedName())).append('\n');
        for (String line : command.usageMessage().description()) {
            if (line.isBlank()) {
                text.append(".PP\n");
            } else {
                paragraph(line);
            }
        }
        for (PositionalParamSpec parameter : command.positionalParameters()) {
            tagged(parameter.paramLabel(), description(parameter));
        }
        own(command).forEach(this::option);
        text.append(".PP\nExamples:\n");
        examples(command.usageMessage().footer());
    }

    private static List<OptionSpec> own(CommandSpec command) {
        return command.options().stream().filter(option -> !option.hidden() && Arrays.stream(option.names()).noneMatch(COMMON::contains))
                .toList();
    }

    private void option(OptionSpec option) {
        String names = Arrays.stream(option.names()).map(name -> "\\fB" + escaped(name) + "\\fR").collect(Collectors.joining(", "));
        text.append(".TP\n").append(names).append(option.arity().max() > 0 ? " \\fI" + escaped(option.paramLabel()) + "\\fR" : "")
                .append('\n');
        paragraph(description(option));
    }

    private void tagged(String tag, String meaning) {
        text.append(".TP\n\\fB").append(escaped(tag)).append("\\fR\n");
        paragraph(meaning);
    }

    private static String description(ArgSpec argument) {
        return String.join(" ", argument.description());
    }

    private void examples(String[] lines) {
        text.append(".RS 4\n.nf\n");
        for (String line : lines) {
            text.append(escaped(line.strip())).append('\n');
        }
        text.append(".fi\n.RE\n");
    }

    /* A sentence a line, as roff sets its own space between sentences. */
    private void paragraph(String words) {
        for (String sentence : words.split("(?<=[.]) (?=[A-Z])")) {
            String line = escaped(sentence);
            text.append(line.startsWith(".") || line.startsWith("'") ? "\\&" : "").append(line).append('\n');
        }
    }

    private static String escaped(String text) {
        return text.replace("\\", "\\e").replace("-", "\\-").replace("~", "\\(ti").replace("^", "\\(ha").replace("'", "\\(aq")
                .replace("`", "\\(ga");
    }
}
