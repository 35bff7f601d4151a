package dev.caravan.spec;

import dev.caravan.spec.SpecNode.Position;
import dev.caravan.spec.SpecNode.SpecList;
import dev.caravan.spec.SpecNode.SpecMap;
import dev.caravan.spec.SpecNode.SpecScalar;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
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
    /** Of a key or a value. No value that Caravan knows comes near, and patterns are matched against it. */
    private static final int LONGEST = 2048;
    private static final int LONGEST_NUMBER = 100;

    private static final String OVERRIDES = "spec.kubernetes.kubeadm.";
    private static final CoreSchema YAML_TYPES = new CoreSchema();

    /**
     * Where an expansion's text is read as a number or as true or false. Quoted or not: in flow style it has to be
     * quoted.
     */
    private static final Pattern TYPED =
            Pattern.compile(".*\\.(ssh|proxyJump)\\.(port|agent)|spec\\.packages\\.\\w+\\.gpgCheck");

    private final Expansion expansion;
    private final List<Problem> problems;
    /** By node, as one that has an anchor may be the value of many keys. */
    private final Map<Node, String> shown = new IdentityHashMap<>();
    private DeclaredSecrets secrets = DeclaredSecrets.none();
    private int values;
    private boolean exhausted;

    SpecParser(Expansion expansion, List<Problem> problems) {
        this.expansion = expansion;
        this.problems = problems;
    }

    /** The document; empty where nothing can be made of the text, and the problems then say why. */
    Optional<SpecNode> parse(String text) {
        Optional<Node> composed = compose(text, problems);
        composed.ifPresent(node -> secrets = DeclaredSecrets.of(node, expansion));
        Optional<SpecNode> root = composed.flatMap(node -> Optional.ofNullable(convert(node, "", position(node), false, 0)));
        return exhausted ? Optional.empty() : root;
    }

    /** What no message about the document that was parsed may hold. */
    DeclaredSecrets secrets() {
        return secrets;
    }

    /** The YAML nodes of the text's only document. */
    static Optional<Node> compose(String text, List<Problem> problems) {
        if (text.length() > LARGEST_TEXT) {
            problems.add(new Problem(
                    1, 1, "", "the spec is larger than 1 MiB", "a spec of a thousand hosts has about 100 KiB"));
            return Optional.empty();
        }
        LoadSettings settings = LoadSettings.builder()
                .setCodePointLimit(LARGEST_TEXT)
                .setSchema(YAML_TYPES)
                .setUseMarks(true)
                .setAllowNonScalarKeys(true)
                .build();
        try {
            Optional<Node> root = new Compose(settings).composeString(text);
            if (root.isEmpty()) {
                problems.add(new Problem(
                        1, 1, "", "the spec is empty", "`caravan schema` describes one; examples/ has some"));
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
            problems.add(new Problem(
                    place.line(),
                    place.column(),
                    "",
                    "the spec has too many values or is nested too deeply",
                    "look for an anchor that holds itself"));
            return null;
        }
        if (!isPlainYaml(node)) {
            problems.add(new Problem(
                    place.line(),
                    place.column(),
                    path,
                    "a YAML tag has no meaning here",
                    "take the tag away, or put the text in quotes if it begins with an exclamation mark"));
            return null;
        }
        if (node instanceof MappingNode mapping) {
            return map(mapping, path, place, secret, depth);
        }
        if (node instanceof SequenceNode sequence) {
            return list(sequence, path, place, secret, depth);
        }
        return scalar((ScalarNode) node, path, secret);
    }

    /**
     * Whether the tag is one that the value would have without being given it; {@code !!str} is allowed, as a form of
     * quoting.
     */
    private static boolean isPlainYaml(Node node) {
        if (node instanceof ScalarNode scalar) {
            return node.getTag().equals(Tag.STR)
                    || node.getTag().equals(YAML_TYPES.getScalarResolver().resolve(scalar.getValue(), true));
        }
        return node.getTag().equals(Tag.MAP) || node.getTag().equals(Tag.SEQ);
    }

    private SpecNode map(MappingNode mapping, String path, Position place, boolean secret, int depth) {
        Map<String, SpecNode> entries = new LinkedHashMap<>();
        Map<String, Position> keys = new LinkedHashMap<>();
        for (NodeTuple tuple : mapping.getValue()) {
            Position at = position(tuple.getKeyNode());
            if (!(tuple.getKeyNode() instanceof ScalarNode keyNode)) {
                problems.add(new Problem(
                        at.line(), at.column(), path, "a key must be a word, not a map or a list", "write KEY: VALUE"));
                continue;
            }
            String key = keyNode.getValue();
            if (key.length() > LONGEST) {
                problems.add(new Problem(at.line(), at.column(), path, "a key longer than " + LONGEST + " characters",
                        "check the quotes around it"));
                continue;
            }
            Position first = keys.putIfAbsent(key, at);
            if (first != null) {
                problems.add(new Problem(
                        at.line(),
                        at.column(),
                        join(path, key),
                        "key \"" + key + "\" is here a second time",
                        "it is already on line " + first.line() + "; keep one of them"));
                continue;
            }
            Node valueNode = tuple.getValueNode();
            Position valueAt = valueNode instanceof ScalarNode ? position(valueNode) : at;
            SpecNode value =
                    convert(valueNode, join(path, key), valueAt, secret || Redaction.isSecretKey(key), depth + 1);
            if (value != null) {
                entries.put(key, value);
            }
        }
        return new SpecMap(path, place.line(), place.column(), entries, keys);
    }

    private SpecNode list(SequenceNode sequence, String path, Position place, boolean secret, int depth) {
        List<SpecNode> items = new ArrayList<>();
        for (Node item : sequence.getValue()) {
            String itemPath = path + "[" + items.size() + "]";
            SpecNode value = convert(item, itemPath, position(item), secret, depth + 1);
            Position at = position(item);
            // An item is kept even where it is unusable, so that the paths of those behind it stay right.
            items.add(value != null ? value : new SpecScalar(itemPath, at.line(), at.column(), null, ""));
        }
        return new SpecList(path, place.line(), place.column(), items);
    }

    private SpecNode scalar(ScalarNode node, String path, boolean secret) {
        Position at = position(node);
        String text = node.getValue();
        String display = secret ? Redaction.PLACEHOLDER : shown.computeIfAbsent(node, any -> Redaction.shown(secrets.hide(text)));
        if (node.getTag().equals(Tag.NULL)) {
            return null;
        }
        if (!node.getTag().equals(Tag.STR)) {
            return isTooLong(text, path, at) ? null
                    : number(new SpecScalar(path, at.line(), at.column(), typed(node.getTag(), text), display));
        }
        if (isUnfit(text, path, at)) {
            return null;
        }
        if (Expansion.isPartial(text)) {
            problems.add(new Problem(
                    at.line(),
                    at.column(),
                    path,
                    "an expansion must be the whole value",
                    "write ${env:NAME} or ${file:PATH} alone, and put the rest into the variable or file"));
            return null;
        }
        if (!Expansion.isWhole(text)) {
            return new SpecScalar(path, at.line(), at.column(), text, display);
        }
        return expanded(node, path, at, text);
    }

    private SpecNode expanded(ScalarNode node, String path, Position at, String text) {
        try {
            String value = expansion.expand(text);
            if (isUnfit(value, path, at)) {
                return null;
            }
            boolean override = path.startsWith(OVERRIDES) && node.getScalarStyle() == ScalarStyle.PLAIN;
            boolean asTyped = override || TYPED.matcher(path).matches();
            Tag tag = asTyped ? YAML_TYPES.getScalarResolver().resolve(value, true) : Tag.STR;
            if (!tag.equals(Tag.STR) && isTooLong(value, path, at)) {
                return null;
            }
            return number(new SpecScalar(
                    path, at.line(), at.column(), tag.equals(Tag.STR) ? value : typed(tag, value), text));
        } catch (Expansion.NotExpanded e) {
            problems.add(new Problem(at.line(), at.column(), path, e.getMessage(), e.remedy()));
            return null;
        }
    }

    /** A number, which takes the longer to read the more digits it has, with the square of their number. */
    private boolean isTooLong(String number, String path, Position at) {
        boolean tooLong = number.length() > LONGEST_NUMBER;
        if (tooLong) {
            problems.add(new Problem(at.line(), at.column(), path, "a number longer than " + LONGEST_NUMBER + " characters",
                    "put it in quotes if it is text"));
        }
        return tooLong;
    }

    /** Null for an infinite number and for what is not a number, which JSON does not know. */
    private SpecNode number(SpecScalar scalar) {
        if (scalar.value() instanceof Double number && !Double.isFinite(number)) {
            problems.add(scalar.problem("not a finite number: " + scalar.shown(), "put it in quotes if it is text"));
            return null;
        }
        return scalar;
    }

    /** Values end up in environments, files of lines and patterns; only kubeadm's own documents may hold anything. */
    private boolean isUnfit(String text, String path, Position at) {
        if (path.startsWith(OVERRIDES)) {
            return false;
        }
        if (text.length() > LONGEST) {
            String message = "longer than " + LONGEST + " characters";
            problems.add(new Problem(at.line(), at.column(), path, message, "check the quotes around it"));
            return true;
        }
        if (text.chars().anyMatch(Character::isISOControl)) {
            String message = "holds a line break or another control character";
            problems.add(new Problem(at.line(), at.column(), path, message, "write it on one line"));
            return true;
        }
        return false;
    }

    private static Object typed(Tag tag, String text) {
        return YAML_TYPES.getSchemaTagConstructors().get(tag).construct(new ScalarNode(tag, text, ScalarStyle.PLAIN));
    }

    private static String join(String path, String key) {
        return path.isEmpty() ? key : path + "." + key;
    }

    static Position position(Node node) {
        return position(node.getStartMark());
    }

    static Position position(Optional<Mark> mark) {
        return mark.map(at -> new Position(at.getLine() + 1, at.getColumn() + 1))
                .orElse(new Position(1, 1));
    }
}
