package dev.caravan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.caravan.Markdown;
import dev.caravan.history.ExitStatus;
import dev.caravan.spec.Schema;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
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
                .contains("0", Integer.toString(ExitStatus.WRONG.code()), Integer.toString(ExitStatus.FAILED.code()),
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

    // ---- the spec

    @Test
    void theSpecShowsEveryKeyAndNoOther() throws Exception {
        JsonNode schema = new ObjectMapper().readTree(Schema.text());
        List<JsonNode> shown = new ArrayList<>();
        for (String block : REFERENCE.blocks("yaml")) {
            shown.add(new ObjectMapper(new YAMLFactory()).readTree(block));
        }
        Map<JsonNode, Set<String>> known = new IdentityHashMap<>();
        Map<JsonNode, Set<String>> used = new IdentityHashMap<>();
        compare(schema, schema, "spec", shown, known, used);

        known.forEach((at, keys) -> assertThat(used.get(at)).as("keys of %s", at.path("title").asText())
                .containsExactlyInAnyOrderElementsOf(keys));
    }

    /** Collects, for each object of the schema, its keys and those that the text shows at any place where it may be. */
    private static void compare(JsonNode root, JsonNode schema, String path, List<JsonNode> shown, Map<JsonNode, Set<String>> known,
            Map<JsonNode, Set<String>> used) {
        JsonNode here = schema.has("$ref") ? root.at(schema.get("$ref").asText().substring(1)) : schema;
        if (shown.isEmpty() && known.containsKey(here)) {
            return;
        }
        here.path("properties").fieldNames()
                .forEachRemaining(key -> known.computeIfAbsent(here, any -> new TreeSet<>()).add(key));
        Set<String> keys = used.computeIfAbsent(here, any -> new TreeSet<>());
        JsonNode others = here.path("additionalProperties");
        for (JsonNode each : shown) {
            each.fieldNames().forEachRemaining(key -> {
                if (here.path("properties").has(key)) {
                    keys.add(key);
                } else {
                    assertThat(others.isObject() || here.path("type").asText().equals("object") && !others.isBoolean())
                            .as("%s has no key %s", path, key).isTrue();
                }
            });
        }
        here.path("properties").properties().forEach(property -> compare(root, property.getValue(), path + "." + property.getKey(),
                shown.stream().map(each -> each.path(property.getKey())).filter(each -> !each.isMissingNode()).toList(), known, used));
        if (here.path("items").isObject()) {
            List<JsonNode> items = new ArrayList<>();
            shown.forEach(each -> each.forEach(items::add));
            compare(root, here.path("items"), path + "[]", items, known, used);
        }
        if (others.isObject()) {
            List<JsonNode> values = new ArrayList<>();
            shown.forEach(each -> each.properties().stream().filter(entry -> !here.path("properties").has(entry.getKey()))
                    .forEach(entry -> values.add(entry.getValue())));
            compare(root, others, path + ".*", values, known, used);
        }
    }
}
