package dev.caravan.spec;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.api.StreamDataWriter;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/**
 * A spec's text as it may be stored and shown: secret values are {@code ***}, wherever they stand, as are passwords in URLs and the values
 * of their queries. Comments are left out, as they may hold secrets, too. References such as {@code ${env:NAME}} stay, as they hold none.
 */
public final class RedactedSpec {
    private static final String UNREADABLE =
            "# not shown: this text is not valid YAML, so its secrets cannot be found\n";

    private final Set<Node> secrets = Collections.newSetFromMap(new IdentityHashMap<>());
    private DeclaredSecrets declared = DeclaredSecrets.none();
    private final Set<Node> visited = Collections.newSetFromMap(new IdentityHashMap<>());

    private RedactedSpec() {}

    /** The redacted text, as YAML; a comment that says so where the text is no YAML. Never fails. */
    public static String of(String text) {
        Optional<Node> root = SpecParser.compose(text, new ArrayList<>());
        return root.map(node -> new RedactedSpec().redact(node)).orElse(UNREADABLE);
    }

    /** Whether a text that {@link #of} gave is as good as the one that it was made of: no secret was taken out of it. */
    public static boolean isUsable(String redacted) {
        return !redacted.contains(Redaction.PLACEHOLDER) && !redacted.equals(UNREADABLE);
    }

    private String redact(Node root) {
        try {
            declared = DeclaredSecrets.of(root);
            collect(root, false);
            visited.clear();
            StringBuilderWriter writer = new StringBuilderWriter();
            DumpSettings settings = DumpSettings.builder()
                    .setSchema(new CoreSchema())
                    .setWidth(120)
                    .setSplitLines(false)
                    .build();
            new Dump(settings).dumpNode(rewritten(root), writer);
            return writer.text.toString();
        } catch (StackOverflowError e) {
            return UNREADABLE;
        }
    }

    /** Marks every value below a secret key, also where an alias uses it under another key. */
    private void collect(Node node, boolean secret) {
        if (secret && node instanceof ScalarNode) {
            secrets.add(node);
        }
        if (!secret && !visited.add(node) || secret && !(node instanceof ScalarNode) && !secrets.add(node)) {
            return;
        }
        if (node instanceof MappingNode mapping) {
            mapping.getValue().forEach(tuple -> {
                collect(tuple.getKeyNode(), secret);
                collect(
                        tuple.getValueNode(),
                        secret
                                || tuple.getKeyNode() instanceof ScalarNode key
                                        && Redaction.isSecretKey(key.getValue()));
            });
        } else if (node instanceof SequenceNode sequence) {
            sequence.getValue().forEach(item -> collect(item, secret));
        }
    }

    /** Changes collections in place, so that aliases stay aliases. */
    private Node rewritten(Node node) {
        if (node instanceof ScalarNode scalar) {
            return rewritten(scalar);
        }
        if (!visited.add(node)) {
            return node;
        }
        if (node instanceof MappingNode mapping) {
            List<NodeTuple> tuples = mapping.getValue().stream()
                    .map(tuple -> new NodeTuple(rewritten(tuple.getKeyNode()), rewritten(tuple.getValueNode())))
                    .toList();
            mapping.setValue(new ArrayList<>(tuples));
        } else if (node instanceof SequenceNode sequence) {
            sequence.getValue().replaceAll(this::rewritten);
        }
        return node;
    }

    private Node rewritten(ScalarNode scalar) {
        boolean reference = Expansion.isWhole(scalar.getValue());
        if (secrets.contains(scalar) && !reference) {
            return new ScalarNode(Tag.STR, Redaction.PLACEHOLDER, ScalarStyle.DOUBLE_QUOTED);
        }
        String shown = reference ? scalar.getValue() : Redaction.withoutCredentials(declared.hide(scalar.getValue()));
        return shown.equals(scalar.getValue())
                ? scalar
                : new ScalarNode(scalar.getTag(), shown, scalar.getScalarStyle());
    }

    private static final class StringBuilderWriter implements StreamDataWriter {
        private final StringBuilder text = new StringBuilder();

        @Override
        public void write(String part) {
            text.append(part);
        }

        @Override
        public void write(String part, int offset, int length) {
            text.append(part, offset, offset + length);
        }
    }
}
