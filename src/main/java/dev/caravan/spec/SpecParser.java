package dev.caravan.spec;

import dev.caravan.spec.SpecNode.ListNode;
import dev.caravan.spec.SpecNode.MapNode;
import dev.caravan.spec.SpecNode.Position;
import dev.caravan.spec.SpecNode.ScalarNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/**
 * Turns a spec's text into {@link SpecNode}s: one YAML or JSON document of bounded size, depth and number of values, without
 * duplicate keys or tags of its own, with expansions made. Keys without a value are left out. Not thread-safe; for one text.
 */
final class SpecParser {
    static final int LARGEST_TEXT = 1024 * 1024;
    private static final int MOST_VALUES = 100_000;
    private static final int DEEPEST = 40;
    private static final CoreSchema YAML_TYPES = new CoreSchema();

    /** Where an expansion's text is read as a number or as true or false. Quoted or not: in flow style it has to be quoted. */
    private static final Pattern TYPED = Pattern.compile(".*\\.(ssh|proxyJump)\\.(port|agent)|spec\\.packages\\.\\w+\\.gpgCheck");

    private final Expansion expansion;
    private final List<Problem> problems;
    private int values;
    private boolean exhausted;

    SpecParser(Expansion expansion, List<Problem> problems) {
        this.expansion = expansion;
        this.problems = problems;
    }

    /** The document; empty where nothing can be made of the text, and the problems then say why. */
    Optional<SpecNode> parse(String text) {
        Optional<SpecNode> root = compose(text, problems).flatMap(node -> Optional.ofNullable(convert(node, "", position(node), false, 0)));
        return exhausted ? Optional.empty() : root;
    }

    /** The YAML nodes of the text's only document. */
    static Optional<Node> compose(String text, List<Problem> problems) {
        if (text.length() > LARGEST_TEXT) {
            problems.add(new Problem(1, 1, "", "the spec is larger than 1 MiB", "a spec of a thousand hosts has about 100 KiB"));
            return Optional.empty();
        }
        LoadSettings settings = LoadSettings.builder().setCodePointLimit(LARGEST_TEXT).setSchema(YAML_TYPES).setUseMarks(true).setAllowNonScalarKeys(true).build();
        try {
            Optional<Node> root = new Compose(settings).composeString(text);
            if (root.isEmpty()) {
                problems.add(new Problem(1, 1, "", "the spec is empty", "`caravan schema` describes one; examples/ has some"));
            }
            return root;
        } catch (YamlEngineException e) {
            problems.add(YamlProblem.of(e));
        } catch (StackOverflowError e) {
            problems.add(new Problem(1, 1, "", "the spec is nested too deeply", ""));
        }
        return Optional.empty();
    }

    /** Null where there is nothing, or nothing that can be used. */
    private SpecNode convert(Node node, String path, Position place, boolean secret, int depth) {
        if (exhausted) {
            return null;
        }
        if (++values > MOST_VALUES || depth > DEEPEST) {
            exhausted = true;
            problems.add(new Problem(place.line(), place.column(), "", "the spec has too many values or is nested too deeply", "look for an anchor that holds itself"));
            return null;
        }
        if (!isPlainYaml(node)) {
            problems.add(new Problem(place.line(), place.column(), path, "a YAML tag has no meaning here", "take the tag away, or put the text in quotes if it begins with an exclamation mark"));
            return null;
        }
        if (node instanceof MappingNode mapping) {
            return map(mapping, path, place, secret, depth);
        }
        if (node instanceof SequenceNode sequence) {
            return list(sequence, path, place, secret, depth);
        }
        return scalar((org.snakeyaml.engine.v2.nodes.ScalarNode) node, path, secret);
    }

    /** Whether the tag is one that the value would have without being given it; {@code !!str} is allowed, as a form of quoting. */
    private static boolean isPlainYaml(Node node) {
        if (node instanceof org.snakeyaml.engine.v2.nodes.ScalarNode scalar) {
            return node.getTag().equals(Tag.STR) || node.getTag().equals(YAML_TYPES.getScalarResolver().resolve(scalar.getValue(), true));
        }
        return node.getTag().equals(Tag.MAP) || node.getTag().equals(Tag.SEQ);
    }

    private SpecNode map(MappingNode mapping, String path, Position place, boolean secret, int depth) {
        Map<String, SpecNode> entries = new LinkedHashMap<>();
        Map<String, Position> keys = new LinkedHashMap<>();
        for (NodeTuple tuple : mapping.getValue()) {
            Position at = position(tuple.getKeyNode());
            if (!(tuple.getKeyNode() instanceof org.snakeyaml.engine.v2.nodes.ScalarNode keyNode)) {
                problems.add(new Problem(at.line(), at.column(), path, "a key must be a word, not a map or a list", "write KEY: VALUE"));
                continue;
            }
            String key = keyNode.getValue();
            Position first = keys.putIfAbsent(key, at);
            if (first != null) {
                problems.add(new Problem(at.line(), at.column(), join(path, key), "key \"" + key + "\" stands here a second time", "it already stands on line " + first.line() + "; keep one of them"));
                continue;
            }
            Node valueNode = tuple.getValueNode();
            Position valueAt = valueNode instanceof org.snakeyaml.engine.v2.nodes.ScalarNode ? position(valueNode) : at;
            SpecNode value = convert(valueNode, join(path, key), valueAt, secret || Redaction.isSecretKey(key), depth + 1);
            if (value != null) {
                entries.put(key, value);
            }
        }
        return new MapNode(path, place.line(), place.column(), entries, keys);
    }

    private SpecNode list(SequenceNode sequence, String path, Position place, boolean secret, int depth) {
        List<SpecNode> items = new ArrayList<>();
        for (Node item : sequence.getValue()) {
            String itemPath = path + "[" + items.size() + "]";
            SpecNode value = convert(item, itemPath, position(item), secret, depth + 1);
            Position at = position(item);
            // An item is kept even where it is unusable, so that the paths of those behind it stay right.
            items.add(value != null ? value : new ScalarNode(itemPath, at.line(), at.column(), null, ""));
        }
        return new ListNode(path, place.line(), place.column(), items);
    }

    private SpecNode scalar(org.snakeyaml.engine.v2.nodes.ScalarNode node, String path, boolean secret) {
        Position at = position(node);
        String text = node.getValue();
        String shown = secret ? Redaction.PLACEHOLDER : Redaction.withoutUserInfo(text);
        if (node.getTag().equals(Tag.NULL)) {
            return null;
        }
        if (!node.getTag().equals(Tag.STR)) {
            return new ScalarNode(path, at.line(), at.column(), typed(node.getTag(), text), shown);
        }
        if (Expansion.isPartial(text)) {
            problems.add(new Problem(at.line(), at.column(), path, "an expansion must be the whole value", "write ${env:NAME} or ${file:PATH} alone, and put the rest into the variable or file"));
            return null;
        }
        if (!Expansion.isWhole(text)) {
            return new ScalarNode(path, at.line(), at.column(), text, shown);
        }
        return expanded(node, path, at, text);
    }

    private SpecNode expanded(org.snakeyaml.engine.v2.nodes.ScalarNode node, String path, Position at, String text) {
        try {
            String value = expansion.expand(text);
            boolean override = path.startsWith("spec.kubernetes.kubeadm.") && node.getScalarStyle() == ScalarStyle.PLAIN;
            boolean asTyped = override || TYPED.matcher(path).matches();
            Tag tag = asTyped ? YAML_TYPES.getScalarResolver().resolve(value, true) : Tag.STR;
            return new ScalarNode(path, at.line(), at.column(), tag.equals(Tag.STR) ? value : typed(tag, value), text);
        } catch (Expansion.NotExpanded e) {
            problems.add(new Problem(at.line(), at.column(), path, e.getMessage(), e.remedy()));
            return null;
        }
    }

    private static Object typed(Tag tag, String text) {
        return YAML_TYPES.getSchemaTagConstructors().get(tag).construct(new org.snakeyaml.engine.v2.nodes.ScalarNode(tag, text, ScalarStyle.PLAIN));
    }

    private static String join(String path, String key) {
        return path.isEmpty() ? key : path + "." + key;
    }

    static Position position(Node node) {
        return position(node.getStartMark());
    }

    static Position position(Optional<Mark> mark) {
        return mark.map(at -> new Position(at.getLine() + 1, at.getColumn() + 1)).orElse(new Position(1, 1));
    }

    /** What the YAML parser says, without the text around it, which may hold a secret. */
    private static final class YamlProblem {
        static Problem of(YamlEngineException e) {
            Position at = e instanceof MarkedYamlEngineException marked ? position(marked.getProblemMark().or(marked::getContextMark)) : new Position(1, 1);
            String said = e instanceof MarkedYamlEngineException marked ? String.valueOf(marked.getProblem()) : String.valueOf(e.getMessage());
            String[] words = words(said);
            return new Problem(at.line(), at.column(), "", words[0], words[1]);
        }

        private static String[] words(String said) {
            if (said.contains("another document")) {
                return new String[] {"a second document begins here", "keep one cluster in a file"};
            }
            if (said.contains("undefined alias")) {
                return new String[] {"a value that begins with * is a YAML alias, and this one is not defined", "put the value in quotes"};
            }
            if (said.contains("cannot start any token")) {
                return new String[] {"a value cannot begin with this character", "put the value in quotes; indent with spaces, not tabs"};
            }
            if (said.contains("tag")) {
                return new String[] {"a YAML tag has no meaning here", "put the value in quotes if it begins with an exclamation mark"};
            }
            if (said.contains("aliases")) {
                return new String[] {"too many YAML aliases", "write the values out"};
            }
            if (said.contains("mapping values are not allowed")) {
                return new String[] {"a colon is not expected here", "check the indentation, or put a value that holds \": \" in quotes"};
            }
            if (said.contains("could not find expected ':'")) {
                return new String[] {"a key without its colon", "write KEY: VALUE, or check the indentation"};
            }
            if (said.contains("unexpected end") || said.contains("stream end")) {
                return new String[] {"a quote or a bracket is not closed", ""};
            }
            if (said.contains("special characters")) {
                return new String[] {"the spec holds control characters", "write them escaped in double quotes"};
            }
            return new String[] {"this is not valid YAML", "check indentation, quotes and brackets"};
        }
    }
}
