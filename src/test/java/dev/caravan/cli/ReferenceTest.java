package dev.caravan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.Markdown;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** What {@code docs/reference.md} and {@code docs/serve.md} say of commands, options and exit statuses is what there is. */
class ReferenceTest {
    private static final Markdown REFERENCE = Markdown.of("docs/reference.md");

    private static Stream<CommandLine> leaves(CommandLine command) {
        return command.getSubcommands().isEmpty()
                ? Stream.of(command)
                : command.getSubcommands().values().stream().flatMap(ReferenceTest::leaves);
    }

    private static Set<String> options(Object options) {
        return CommandSpec.forAnnotatedObject(options).options().stream().filter(option -> !option.hidden())
                .map(option -> option.longestName())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Words of that form in the first cells. */
    private static Set<String> named(List<List<String>> table, String form) {
        Pattern pattern = Pattern.compile(form);
        return table.stream().flatMap(row -> Markdown.codes(row.get(0)).stream()).flatMap(code -> pattern.matcher(code).results())
                .map(each -> each.group())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void everyCommandIsThere() {
        assertThat(named(REFERENCE.table("| command | does |"), "^caravan( [a-z][a-z-]*)+"))
                .isEqualTo(leaves(CaravanCommand.commandLine()).map(command -> command.getCommandSpec().qualifiedName())
                        .collect(Collectors.toCollection(TreeSet::new)));
    }

    @Test
    void everyExitStatusIsThere() {
        Set<String> known = CaravanCommand.commandLine().getCommandSpec().usageMessage().exitCodeList().keySet().stream().map(String::strip)
                .collect(Collectors.toSet());

        assertThat(REFERENCE.table("| status | meaning |").stream().map(row -> row.get(0))).containsExactlyInAnyOrderElementsOf(known)
                .contains("0", Integer.toString(CaravanCommand.WRONG), Integer.toString(CaravanCommand.FAILED),
                        Integer.toString(Watched.CANCELLED));
    }

    @Test
    void everyCommonOptionIsThere() {
        assertThat(named(REFERENCE.table("| option | does |"), "--[a-z-]+")).isEqualTo(options(new CommonOptions()));
    }

    @Test
    void everyOptionOfAskingAnEngineIsThere() {
        Set<String> own = options(new HistoryOptions());
        own.removeAll(options(new CommonOptions()));

        assertThat(named(REFERENCE.table("| option | variable | does |"), "--[a-z-]+")).isEqualTo(own);
    }

    @Test
    void everyOptionOfServeIsThere() {
        Set<String> own = options(new ServeCommand.Options());
        own.removeAll(options(new CommonOptions()));

        assertThat(named(Markdown.of("docs/serve.md").table("| option | default | sets |"), "--[a-z-]+")).isEqualTo(own);
    }
}
