package dev.caravan.tables;

import dev.caravan.routes.RouteFiles;
import dev.caravan.spec.Words;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * A value of a file of the routes directory, which knows where it is. Scalars are their text as written, so that 1.20 stays 1.20.
 * Immutable.
 *
 * @param file the file, for people
 */
public record Value(String file, Node node) {

    /**
     * The whole of that file.
     *
     * @param name relative to the routes directory
     * @throws InvalidData where it is missing, empty or no YAML
     */
    public static Value read(RouteFiles files, String name) {
        Optional<RouteFiles.RouteFile> file = Optional.ofNullable(files.all().get(name));
        String shown = "routes/" + name + file.flatMap(RouteFiles.RouteFile::origin).map(path -> " (" + path + ")").orElse(" (built in)");
        String text = files.text(name).orElseThrow(() -> new InvalidData(shown, 1, "there is no such file", ""));
        return compose(shown, text, 1);
    }

    /* The text begins there, also where lines stand before it that only keep its place. */
    private static Value compose(String shown, String text, int line) {
        try {
            return new Value(shown, new Compose(LoadSettings.builder().setLabel(shown).build()).composeString(text)
                    .orElseThrow(() -> new InvalidData(shown, line, "there is nothing in it", "")));
        } catch (MarkedYamlEngineException e) {
            throw new InvalidData(shown, e.getProblemMark().map(mark -> mark.getLine() + 1).orElse(1), "no YAML: " + e.getProblem(), "");
        } catch (YamlEngineException e) {
            throw new InvalidData(shown, 1, "no YAML: " + e.getMessage(), "");
        }
    }

    /**
     * The fields of a map, in the file's order.
     *
     * @param known the names that it may have
     */
    public Map<String, Value> fields(String... known) {
        List<String> names = Arrays.asList(known);
        Map<String, Value> fields = entries();
        for (NodeTuple tuple : ((MappingNode) node).getValue()) {
            Value key = new Value(file, tuple.getKeyNode());
            if (!names.contains(key.text())) {
                throw key.wrong("unknown key " + key.text(), "known: " + String.join(", ", known));
            }
        }
        return fields;
    }

    /** A map's values by its keys, in the file's order. */
    public Map<String, Value> entries() {
        if (!(node instanceof MappingNode mapping)) {
            throw wrong("this should be a map, NAME: VALUE", "");
        }
        Map<String, Value> entries = new LinkedHashMap<>();
        for (NodeTuple tuple : mapping.getValue()) {
            Value key = new Value(file, tuple.getKeyNode());
            if (entries.put(key.text(), new Value(file, tuple.getValueNode())) != null) {
                throw key.wrong(key.text() + " is here a second time", "keep one");
            }
        }
        return entries;
    }

    /** The items of a list. */
    public List<Value> items() {
        if (!(node instanceof SequenceNode sequence)) {
            throw wrong("this should be a list, [A, B]", "");
        }
        List<Value> items = new ArrayList<>();
        sequence.getValue().forEach(item -> items.add(new Value(file, item)));
        return items;
    }

    /** A scalar's text. */
    public String text() {
        if (!(node instanceof ScalarNode scalar) || scalar.getValue().isBlank()) {
            throw wrong("this should be one value", "");
        }
        return scalar.getValue();
    }

    /** A scalar's text, which must have that form. */
    public String text(String pattern, String example) {
        if (!text().matches(pattern)) {
            throw wrong("\"" + text() + "\" has not the right form", "for example " + example);
        }
        return text();
    }

    /** The text of a scalar, which may be empty. */
    public String scalar() {
        return node instanceof ScalarNode scalar ? scalar.getValue() : text();
    }

    /** Whether it is a scalar with that text. */
    public boolean isText(String text) {
        return node instanceof ScalarNode scalar && scalar.getValue().equals(text);
    }

    /** The field of that name, if this is a map that has it. */
    public Optional<Value> entriesOf(String name) {
        return node instanceof MappingNode ? Optional.ofNullable(entries().get(name)) : Optional.empty();
    }

    /** The YAML that is the text of this scalar; it knows its lines in the file if the scalar is a block that begins with {@code |}. */
    public Value inside() {
        int line = node.getStartMark().map(Mark::getLine).orElse(0);
        boolean block = node instanceof ScalarNode scalar && scalar.getScalarStyle() == ScalarStyle.LITERAL;
        return compose(file, "\n".repeat(block ? line + 1 : line) + text(), line + 1);
    }

    /** A version of numbers and dots. */
    String version() {
        return text("\\d{1,4}(\\.\\d{1,4}){0,3}", "5.13");
    }

    /** A whole number. */
    int number() {
        return Integer.parseInt(text("\\d{1,6}", "3"));
    }

    /** One of the values, which are written by their words. */
    public <T> T oneOf(List<T> values, Function<T, String> word) {
        return values.stream().filter(value -> word.apply(value).equals(text())).findFirst()
                .orElseThrow(() -> wrong(
                        "\"" + text() + "\" is not known", "known: " + String.join(", ", values.stream().map(word).toList())));
    }

    /** One of an enum's constants, which are written by their {@link Words}. */
    public <T extends Enum<T>> T constant(T[] constants) {
        return oneOf(Arrays.asList(constants), Words::of);
    }

    public InvalidData wrong(String problem, String right) {
        return new InvalidData(file, node.getStartMark().map(Mark::getLine).orElse(0) + 1, problem, right);
    }
}
