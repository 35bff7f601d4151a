package dev.caravan.spec;

import dev.caravan.spec.SpecNode.SpecList;
import dev.caravan.spec.SpecNode.SpecMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Where a confined spec names a file of the engine's that it may not: one whose content would come to others, or that would be
 * written to. Private keys are used and shown to nobody, and so are known hosts, but where new ones are added to them.
 */
final class Confinement {
    private static final Set<String> READ = Set.of("manifest", "caFile");
    private static final Set<String> READ_AND_WRITTEN = Set.of("manifest", "caFile", "knownHosts");
    /** kubeadm's own documents, whose paths are the host's. */
    private static final String OVERRIDES = "spec.kubernetes.kubeadm";

    private final Expansion expansion;
    private final Set<String> files;
    private final List<Problem> problems = new ArrayList<>();

    private Confinement(Expansion expansion, Set<String> files) {
        this.expansion = expansion;
        this.files = files;
    }

    static List<Problem> problems(SpecNode root, Expansion expansion) {
        Confinement confinement = new Confinement(expansion, addsHostKeys(root) ? READ_AND_WRITTEN : READ);
        confinement.look(root);
        return confinement.problems;
    }

    private static boolean addsHostKeys(SpecNode node) {
        if (node instanceof SpecMap map) {
            return map.entries().entrySet().stream().anyMatch(entry -> entry.getKey().equals("hostKeyCheck")
                    && entry.getValue().asText().filter("accept-new"::equals).isPresent() || addsHostKeys(entry.getValue()));
        }
        return node instanceof SpecList list && list.items().stream().anyMatch(Confinement::addsHostKeys);
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
        if (files.contains(key)) {
            value.asText().filter(text -> !text.isEmpty() && !expansion.mayName(key, text)).ifPresent(text -> problems.add(value.problem(
                    "a spec that comes this way may not name this file of the engine's", Expansion.CONFINED_REMEDY)));
        }
        look(value);
    }
}
