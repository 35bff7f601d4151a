package dev.caravan.spec;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.nodes.CollectionNode;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * Changes one thing in the text of a spec, and leaves every other character as it is: comments, order and style stay. Whether the changed
 * spec is valid is for {@link SpecReader} to say. Immutable.
 */
public final class SpecEdit {
    private static final Pattern PLAIN = Pattern.compile("[a-z][a-z0-9.-]*|\\d+\\.\\d+\\.\\d+(\\.\\d+)?");
    private static final Pattern WORDS = Pattern.compile("true|false|null|yes|no|on|off|y|n");
    private static final Pattern WRITABLE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:-]{0,252}");

    private static final Set<String> LEAVE = Set.of("absent", "lost");

    private final String text;
    private final Node root;

    /** What is to be changed is not there; the message says what. */
    public static final class NotThere extends Exception {
        NotThere(String message) {
            super(message);
        }
    }

    private SpecEdit(String text, Node root) {
        this.text = text;
        this.root = root;
    }

    /** @throws InvalidSpec if the text is no YAML, or too large to be a spec */
    public static SpecEdit of(String text, String name) throws InvalidSpec {
        List<Problem> problems = new ArrayList<>();
        Optional<Node> root = SpecParser.compose(text, problems);
        if (root.isEmpty()) {
            throw new InvalidSpec(name, problems);
        }
        return new SpecEdit(text, root.get());
    }

    /** The spec with another version of Kubernetes. */
    public String withVersion(String version) throws NotThere {
        Node kubernetes = child(child(root, "spec"), "kubernetes");
        return replaced(child(kubernetes, "version"), scalar(version));
    }

    /** The spec whose host of that name is {@code absent}, {@code present} or {@code lost}. */
    public String withState(String host, String state) throws NotThere {
        for (Node each : hosts().getValue()) {
            Optional<Node> name = find(each, "name");
            if (name.filter(node -> node instanceof ScalarNode scalar && scalar.getValue().equals(host)).isPresent()) {
                Optional<Node> before = find(each, "state");
                return before.isPresent() ? replaced(before.get(), scalar(state))
                        : inserted(end(name.get()), separator(each) + "state: " + scalar(state));
            }
        }
        throw new NotThere("the spec has no host " + host);
    }

    /** The spec with one more host, behind the others. */
    public String withHost(String name, String address, String role) throws NotThere {
        SequenceNode hosts = hosts();
        if (hosts.getValue().isEmpty()) {
            throw new NotThere("the spec has no hosts");
        }
        String host = "{name: " + scalar(name) + ", address: " + scalar(address) + ", roles: [" + scalar(role) + "]}";
        int last = contentEnd(hosts.getValue().get(hosts.getValue().size() - 1));
        if (hosts.getFlowStyle() == FlowStyle.FLOW) {
            return inserted(last, ", " + host);
        }
        int lineEnd = text.indexOf('\n', last);
        return inserted(lineEnd < 0 ? text.length() : lineEnd, "\n" + " ".repeat(column(hosts)) + "- " + host);
    }

    /** The names of the hosts in a spec's text that are to be absent, or whose machines are lost; none if it is no spec. */
    public static Set<String> hostsThatLeave(String text) {
        Set<String> names = new HashSet<>();
        try {
            for (Node each : of(text, "spec").hosts().getValue()) {
                if (find(each, "state").filter(state -> state instanceof ScalarNode scalar && LEAVE.contains(scalar.getValue())).isPresent()
                        && find(each, "name").orElse(null) instanceof ScalarNode name) {
                    names.add(name.getValue());
                }
            }
        } catch (InvalidSpec | NotThere none) {
            return Set.of();
        }
        return names;
    }

    private SequenceNode hosts() throws NotThere {
        if (child(child(root, "spec"), "hosts") instanceof SequenceNode hosts) {
            return hosts;
        }
        throw new NotThere("the spec has no list of hosts");
    }

    private static Node child(Node node, String key) throws NotThere {
        return find(node, key).orElseThrow(() -> new NotThere("the spec has no " + key));
    }

    private static Optional<Node> find(Node node, String key) {
        if (!(node instanceof MappingNode mapping)) {
            return Optional.empty();
        }
        return mapping.getValue().stream()
                .filter(tuple -> tuple.getKeyNode() instanceof ScalarNode scalar && scalar.getValue().equals(key))
                .map(NodeTuple::getValueNode).findFirst();
    }

    /** What comes between a value and the next key of the same mapping. */
    private String separator(Node mapping) {
        return ((MappingNode) mapping).getFlowStyle() == FlowStyle.FLOW ? ", " : "\n" + " ".repeat(column(mapping));
    }

    private String replaced(Node node, String by) {
        return text.substring(0, start(node)) + by + text.substring(end(node));
    }

    private String inserted(int at, String what) {
        return text.substring(0, at) + what + text.substring(at);
    }

    /** The end of a collection in block style is where the next thing begins; its last value ends before. */
    private int contentEnd(Node node) {
        if (node instanceof CollectionNode<?> collection && collection.getFlowStyle() == FlowStyle.BLOCK
                && !collection.getValue().isEmpty()) {
            Object last = collection.getValue().get(collection.getValue().size() - 1);
            return contentEnd(last instanceof NodeTuple tuple ? tuple.getValueNode() : (Node) last);
        }
        return end(node);
    }

    private int start(Node node) {
        return index(node.getStartMark().orElseThrow().getIndex());
    }

    private int end(Node node) {
        return index(node.getEndMark().orElseThrow().getIndex());
    }

    private static int column(Node node) {
        return node.getStartMark().orElseThrow().getColumn();
    }

    /** Marks count code points. */
    private int index(int codePoints) {
        return text.offsetByCodePoints(0, codePoints);
    }

    private static String scalar(String value) throws NotThere {
        if (!WRITABLE.matcher(value).matches()) {
            throw new NotThere("this is no version, name, address, role or state");
        }
        return PLAIN.matcher(value).matches() && !WORDS.matcher(value).matches() ? value : "\"" + value + "\"";
    }
}
