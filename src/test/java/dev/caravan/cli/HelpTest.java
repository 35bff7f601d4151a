package dev.caravan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.actions.Actions;
import dev.caravan.routes.RouteFiles;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;

/** What {@code --help} says. */
class HelpTest {
    static Stream<CommandLine> commands() {
        List<CommandLine> all = new ArrayList<>();
        collect(CaravanCommand.commandLine(), all);
        return all.stream();
    }

    private static void collect(CommandLine command, List<CommandLine> all) {
        all.add(command);
        command.getSubcommands().values().forEach(each -> collect(each, all));
    }

    @ParameterizedTest
    @MethodSource("commands")
    void everyCommandTeachesByExamplesThatFitEightyColumns(CommandLine command) {
        command.setUsageHelpAutoWidth(false).setUsageHelpWidth(80);
        String help = command.getUsageMessage(Ansi.OFF);
        String[] examples = command.getCommandSpec().usageMessage().footer();
        assertThat(examples).as(command.getCommandName()).isNotEmpty();
        assertThat(help.lines()).allMatch(line -> line.length() <= 80);
        for (String example : examples) {
            assertThat(help).as("not wrapped").contains("\n" + example + "\n");
            assertThat(example).startsWith("  ").contains("caravan ");
        }
    }

    @Test
    void whatACommandDoesNotHeedIsNotInItsHelpAndTakenAllTheSame() {
        CommandLine status = CaravanCommand.commandLine().getSubcommands().get("status");
        assertThat(status.getUsageMessage(Ansi.OFF)).contains("--data").contains("--server").doesNotContain("--yes")
                .doesNotContain("--routes");
        assertThat(CaravanCommand.commandLine().parseArgs("status", "7f3a", "--yes", "--routes", "x").hasSubcommand()).isTrue();
        assertThat(CaravanCommand.commandLine().getSubcommands().get("reset").getUsageMessage(Ansi.OFF)).contains("--yes")
                .contains("--routes");
    }

    /** Whether it asks is declared by the route of its action. */
    @Test
    void theCommandOfAnActionHasYesInItsHelpIfItAsksFirst() {
        Actions actions = Actions.of(RouteFiles.builtIn());
        List<String> commands = CaravanCommand.commandLine().getSubcommands().entrySet().stream()
                .filter(each -> actions.all().stream().anyMatch(action -> action.name().equals(each.getKey())))
                .peek(each -> assertThat(each.getValue().getUsageMessage(Ansi.OFF).contains("--yes")).as(each.getKey())
                        .isEqualTo(actions.find(each.getKey()).orElseThrow().asksFirst()))
                .map(Map.Entry::getKey).toList();
        assertThat(commands).contains("apply", "backup", "reset", "rollback-run");
        assertThat(CompletionCommand.script(CompletionCommand.Shell.FISH).lines().filter(line -> line.contains("-l yes"))).isNotEmpty()
                .noneMatch(line -> line.contains("apply"));
    }

    @ParameterizedTest
    @MethodSource("commands")
    void everyOptionAndParameterIsDescribedInSentences(CommandLine command) {
        command.getCommandSpec().args().forEach(argument -> {
            assertThat(argument.description()).as(command.getCommandName() + " " + argument.paramLabel()).isNotEmpty();
            assertThat(String.join("", argument.description())).endsWith(".");
        });
    }
}
