package dev.caravan.rehearsal;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Faults of the step {@code verify}, which runs on no host: a node that would be Ready is shown as not ready, for as many
 * looks at the nodes as the fault says, or for good. Thread-safe.
 */
final class ReadinessFaults {
    private static final String STEP = "verify";

    private final Map<String, Integer> looksLeft = new ConcurrentHashMap<>();
    private final Set<String> met = ConcurrentHashMap.newKeySet();

    ReadinessFaults(List<Fault> faults) {
        faults.stream().filter(ReadinessFaults::concerns).forEach(fault -> looksLeft.put(fault.host(), fault.times()));
    }

    /** Whether a fault is for this class to see to. */
    static boolean concerns(Fault fault) {
        return fault.step().equals(STEP) && fault.kind() != Fault.Kind.DROP;
    }

    /** Somebody looks at the nodes, of which these would be Ready. */
    void look(Collection<String> ready) {
        for (String node : ready) {
            looksLeft.computeIfPresent(node, (name, left) -> {
                if (left == Fault.EVERY_TIME) {
                    met.add(name);
                    return left;
                }
                // One more than is left: the look that begins now is still held back.
                return met.add(name) ? left : left > 1 ? left - 1 : null;
            });
        }
    }

    boolean holdsBack(String node) {
        return looksLeft.containsKey(node);
    }

    boolean hasMet(Fault fault) {
        return met.contains(fault.host());
    }
}
