package dev.caravan.spec;

import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * What a document declares secret by its keys, wherever that stands. Who types a password under {@code sudoPassword} may have typed it
 * into the wrong field as well, and a message about that field must not show it. Immutable.
 */
final class DeclaredSecrets {
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9.:-]{0,252}");

    /** A thousand hosts have no more. Where there are, nothing of the document is shown: each text would be searched for each of them. */
    private static final int MOST = 5_000;

    private final int count;
    private final Redactor redactor;

    private DeclaredSecrets(Set<String> values, Set<String> names) {
        this.count = values.size();
        this.redactor = count > MOST ? Redactor.NONE : Redactor.of(values.stream().map(Secret::new).toList(), names);
    }

    /** @param expansion what references to variables and files mean; what they give is as secret as the rest */
    static DeclaredSecrets of(Node root, Expansion expansion) {
        return of(root, Optional.of(expansion));
    }

    /** The same without what references give. */
    static DeclaredSecrets of(Node root) {
        return of(root, Optional.empty());
    }

    private static DeclaredSecrets of(Node root, Optional<Expansion> expansion) {
        Collection collection = new Collection(expansion);
        collection.collect(root, false);
        return new DeclaredSecrets(collection.values, names(root));
    }

    /** Of a text that is no document. */
    static DeclaredSecrets none() {
        return new DeclaredSecrets(Set.of(), Set.of());
    }

    /** What the cluster and its hosts are called, as far as they can be called so. */
    private static Set<String> names(Node root) {
        Set<String> names = new HashSet<>();
        Stream.concat(below(root, "metadata"), below(root, "spec").flatMap(spec -> below(spec, "hosts"))
                        .flatMap(hosts -> hosts instanceof SequenceNode sequence ? sequence.getValue().stream() : Stream.of()))
                .flatMap(each -> Stream.concat(below(each, "name"), below(each, "address")))
                .forEach(each -> {
                    if (each instanceof ScalarNode scalar && NAME.matcher(scalar.getValue()).matches()) {
                        names.add(scalar.getValue());
                    }
                });
        return names;
    }

    private static Stream<Node> below(Node node, String key) {
        return node instanceof MappingNode mapping
                ? mapping.getValue().stream()
                        .filter(tuple -> tuple.getKeyNode() instanceof ScalarNode scalar && scalar.getValue().equals(key))
                        .map(NodeTuple::getValueNode)
                : Stream.of();
    }

    /** The text with the placeholder for every secret in it. */
    String hide(String text) {
        return count > MOST ? Redaction.PLACEHOLDER : redactor.redact(text);
    }

    Problem hide(Problem problem) {
        return new Problem(problem.line(), problem.column(), hide(problem.path()), hide(problem.message()), hide(problem.remedy()));
    }

    private static final class Collection {
        private final Optional<Expansion> expansion;
        private final Set<String> values = new HashSet<>();
        private final Set<Node> asSecret = Collections.newSetFromMap(new IdentityHashMap<>());
        private final Set<Node> asOther = Collections.newSetFromMap(new IdentityHashMap<>());

        private Collection(Optional<Expansion> expansion) {
            this.expansion = expansion;
        }

        /** Aliases are the same node again, which is looked at once as a secret and once as something else. */
        private void collect(Node node, boolean secret) {
            if (!(secret ? asSecret : asOther).add(node)) {
                return;
            }
            if (node instanceof MappingNode mapping) {
                for (NodeTuple tuple : mapping.getValue()) {
                    collect(tuple.getKeyNode(), secret);
                    collect(tuple.getValueNode(), secret
                            || tuple.getKeyNode() instanceof ScalarNode key && Redaction.isSecretKey(key.getValue()));
                }
            } else if (node instanceof SequenceNode sequence) {
                sequence.getValue().forEach(item -> collect(item, secret));
            } else if (secret && node instanceof ScalarNode scalar && !scalar.getTag().equals(Tag.NULL)
                    && !scalar.getTag().equals(Tag.BOOL)) {
                add(scalar.getValue());
            }
        }

        private void add(String text) {
            if (!Expansion.isWhole(text)) {
                keep(text);
                return;
            }
            try {
                if (expansion.isPresent()) {
                    keep(expansion.get().expand(text));
                }
            } catch (Expansion.NotExpanded e) {
                // Its value is not known here, and so in no message; that it is missing is said where it is written.
                return;
            }
        }

        private void keep(String value) {
            if (!value.isBlank()) {
                values.add(value);
            }
        }
    }
}
