package dev.caravan.kubeadm;

import dev.caravan.spec.Host;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The taints that a node registers with. */
final class Taints {
    private Taints() {}

    /**
     * What goes into nodeRegistration.taints; empty to leave the choice to kubeadm, which taints a control plane and nothing
     * else. A list replaces kubeadm's own taint, so a control plane with taints of its own lists that one, too.
     *
     * @param byDefault the keys of kubeadm's own taints
     */
    static Optional<List<Object>> of(Host host, List<String> byDefault) {
        List<Object> taints = new ArrayList<>();
        host.taints().forEach(taint -> taints.add(parse(taint)));
        boolean forControlPlaneOnly = host.isControlPlane() && !host.isWorker();
        if (taints.isEmpty()) {
            return host.isControlPlane() && host.isWorker() ? Optional.of(taints) : Optional.empty();
        }
        if (forControlPlaneOnly) {
            taints.addAll(0, byDefault.stream().map(key -> parse(key + ":NoSchedule")).toList());
        }
        return Optional.of(taints);
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
