package dev.caravan.spec;

import dev.caravan.spec.SpecNode.SpecList;
import dev.caravan.spec.SpecNode.SpecMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Where a confined spec names a file of the engine's that it may not: one that would be read, or written to, in its stead. */
final class Confinement {
    private static final Set<String> FILES = Set.of("privateKey", "knownHosts", "manifest");
    /** kubeadm's own documents, whose paths are the host's. */
    private static final String OVERRIDES = "spec.kubernetes.kubeadm";

    private final Expansion expansion;
    private final List<Problem> problems = new ArrayList<>();

    private Confinement(Expansion expansion) {
        this.expansion = expansion;
    }

    static List<Problem> problems(SpecNode root, Expansion expansion) {
        Confinement confinement = new Confinement(expansion);
        confinement.look(root);
        return confinement.problems;
    }

    private void look(SpecNode node) {
        if (node.path().equals(OVERRIDES)) {
            return;
        }
        if (node instanceof SpecMap map) {
            map.entries().forEach(this::look);
        } else if (node instanceof SpecList list) {
            list.items().forEach(this::look);
        }
    }

    private void look(String key, SpecNode value) {
        if (FILES.contains(key)) {
            value.asText().filter(text -> !text.isEmpty() && !expansion.mayName(key, text)).ifPresent(text -> problems.add(value.problem(
                    "a spec that comes this way may not name this file of the engine's", Expansion.CONFINED_REMEDY)));
        }
        look(value);
    }
}
