package dev.caravan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.Programs;
import dev.caravan.cli.CompletionCommand.Shell;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What {@code caravan completion} prints, in the shells that it is for; skipped where one is not installed. */
class CompletionTest {
    /** What bash does when the tab key is pressed (bash(1), Programmable Completion), with readline's own option taken as given. */
    private static final String BASH = """
            . "$1"
            compopt() { :; }
            shift
            COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE} COMPREPLY=()
            $(complete -p caravan | sed 's/.*-F \\([^ ]*\\).*/\\1/') caravan
            printf '%s\\n' "${COMPREPLY[@]}"
            """;

    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "caravan,ro|rollback,rollback-run,routes",
        "caravan,apply,--o|--output",
        "caravan,apply,--output,|auto,tty,plain,json,quiet",
        "caravan,rehearse,--family,|yum,apt",
        "caravan,serve,--log-format,|text,json",
        "caravan,completion,|bash,zsh,fish",
        "caravan,routes,|export,list",
        "caravan,apply,-f,three|three-nodes.yaml",
        "caravan,apply,three|three-nodes.yaml",
        "caravan,run,apply,three|three-nodes.yaml",
        "caravan,logs,--f|--follow",
        "caravan,runs,--k|--keep-runs,--keep-days"
    })
    void bashAndFishCompleteCommandsOptionsValuesAndFiles(String line, String expected) throws Exception {
        List<String> words = Arrays.asList(line.split(",", -1));
        List<String> wanted = List.of(expected.split(","));
        Files.createFile(directory.resolve("three-nodes.yaml"));
        assertThat(bash(words)).containsExactlyInAnyOrderElementsOf(wanted);
        Assumptions.assumeTrue(Programs.find("fish").isPresent(), "fish is installed");
        assertThat(fish(String.join(" ", words))).containsExactlyInAnyOrderElementsOf(wanted);
    }

    /** To bash the sign is a word of its own (COMP_WORDBREAKS); what follows it takes its place. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "caravan,apply,--output,=|auto,tty,plain,json,quiet",
        "caravan,apply,--output,=,js|json",
        "caravan,serve,--log-format,=|text,json"
    })
    void bashCompletesWhatFollowsAnEqualsSign(String line, String expected) throws Exception {
        assertThat(bash(Arrays.asList(line.split(",")))).containsExactlyInAnyOrder(expected.split(","));
    }

    @ParameterizedTest
    @EnumSource(Shell.class)
    void theShellCanReadIt(Shell shell) throws Exception {
        String name = shell.name().toLowerCase(Locale.ROOT);
        Assumptions.assumeTrue(Programs.find(name).isPresent(), name + " is installed");
        assertThat(run(name, "-n", script(shell).toString())).isEmpty();
    }

    @Test
    void zshTakesItOn() throws Exception {
        Assumptions.assumeTrue(Programs.find("zsh").isPresent(), "zsh is installed");
        assertThat(run("zsh", "-f", "-c", "autoload -Uz compinit; compinit -D -u; source \"$1\"; print -r -- ${_comps[caravan]}", "zsh",
                script(Shell.ZSH).toString()))
                .singleElement().asString().contains("_bash_complete").contains("caravan");
    }

    private List<String> bash(List<String> words) throws Exception {
        String[] command = {"bash", "--norc", "-c", BASH, "bash", script(Shell.BASH).toString()};
        String[] all = Arrays.copyOf(command, command.length + words.size());
        for (int i = 0; i < words.size(); i++) {
            all[command.length + i] = words.get(i);
        }
        return run(all).stream().map(String::strip).filter(word -> !word.isEmpty()).toList();
    }

    private List<String> fish(String line) throws Exception {
        return run("fish", "--no-config", "-c", "source $argv[1]; complete -C $argv[2] | string replace -r '\\t.*' ''",
                script(Shell.FISH).toString(), line);
    }

    private Path script(Shell shell) throws IOException {
        return Files.writeString(directory.resolve("completion." + shell.name().toLowerCase(Locale.ROOT)), CompletionCommand.script(shell));
    }

    private List<String> run(String... command) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
        builder.environment().put("HOME", directory.toString());
        Process process = builder.start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return said.lines().toList();
    }
}
