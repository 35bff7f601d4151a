package dev.caravan.kubeadm;

import dev.caravan.spec.Host;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The taints that a node registers with. */
final class Taints {
    /** kubeadm tainted control planes as master up to 1.24, as control-plane from 1.24 on. */
    private static final int BOTH_TAINTS = 24;

    private Taints() {}

    /**
     * What goes into nodeRegistration.taints; empty to leave the choice to kubeadm, which taints a control plane and nothing
     * else. A list replaces kubeadm's own taint, so a control plane with taints of its own lists that one, too.
     */
    static Optional<List<Object>> of(Host host, KubernetesVersion version) {
        List<Object> taints = new ArrayList<>();
        host.taints().forEach(taint -> taints.add(parse(taint)));
        boolean forControlPlaneOnly = host.isControlPlane() && !host.isWorker();
        if (taints.isEmpty()) {
            return host.isControlPlane() && host.isWorker() ? Optional.of(taints) : Optional.empty();
        }
        if (forControlPlaneOnly) {
            taints.addAll(0, byDefault(version));
        }
        return Optional.of(taints);
    }

    private static List<Object> byDefault(KubernetesVersion version) {
        List<Object> taints = new ArrayList<>();
        if (version.isAtLeast(BOTH_TAINTS)) {
            taints.add(parse("node-role.kubernetes.io/control-plane:NoSchedule"));
        }
        if (!version.isAtLeast(BOTH_TAINTS + 1)) {
            taints.add(parse("node-role.kubernetes.io/master:NoSchedule"));
        }
        return taints;
    }

    /** @param taint KEY=VALUE:EFFECT or KEY:EFFECT */
    private static Map<String, Object> parse(String taint) {
        int colon = taint.lastIndexOf(':');
        String[] keyAndValue = taint.substring(0, colon).split("=", 2);
        Map<String, Object> parsed = new LinkedHashMap<>();
        parsed.put("key", keyAndValue[0]);
        if (keyAndValue.length == 2 && !keyAndValue[1].isEmpty()) {
            parsed.put("value", keyAndValue[1]);
        }
        parsed.put("effect", taint.substring(colon + 1));
        return parsed;
    }
}
