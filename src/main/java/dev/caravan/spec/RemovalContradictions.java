package dev.caravan.spec;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Hosts that a spec wants to leave the cluster, and without which there would be none. */
final class RemovalContradictions {
    private RemovalContradictions() {}

    static List<Problem> problems(SpecNode root) {
        List<SpecNode> hosts = root.list("spec", "hosts");
        List<SpecNode> leaving = hosts.stream().filter(RemovalContradictions::leaves).toList();
        List<Problem> problems = new ArrayList<>();
        List<SpecNode> controlPlanes = hosts.stream().filter(RemovalContradictions::isControlPlane).toList();
        if (!controlPlanes.isEmpty() && leaving.containsAll(controlPlanes)) {
            problems.add(state(controlPlanes.get(0)).problem("no control plane would stay in the cluster",
                    "leave one of them present; caravan reset takes the whole cluster off its hosts"));
        }
        Optional<String> endpoint = root.text("spec", "kubernetes", "controlPlaneEndpoint").map(RemovalContradictions::withoutPort);
        for (SpecNode host : leaving) {
            if (isControlPlane(host) && endpoint.filter(any -> isAt(host, any)).isPresent()) {
                problems.add(state(host).problem(
                        host.text("name").orElse("this host") + " cannot leave: its address is the cluster's controlPlaneEndpoint",
                        "without it no node would reach the API server. Leave it present: a host can leave if the endpoint of the cluster "
                                + "is a load balancer, a virtual address or a DNS name"));
            }
        }
        return problems;
    }

    private static boolean leaves(SpecNode host) {
        return host.text("state").filter(state -> state.equals("absent") || state.equals("lost")).isPresent();
    }

    private static boolean isAt(SpecNode host, String endpoint) {
        return Stream.concat(host.text("address").stream(), InternalAddresses.ofNode(host).stream().map(IpAddress::text))
                .anyMatch(own -> same(own, endpoint));
    }

    private static boolean isControlPlane(SpecNode host) {
        return host.list("roles").stream().anyMatch(role -> role.asText().filter("control-plane"::equals).isPresent());
    }

    private static SpecNode state(SpecNode host) {
        return host.at("state").orElse(host);
    }

    private static String withoutPort(String endpoint) {
        String host = endpoint.substring(0, Math.max(0, endpoint.lastIndexOf(':')));
        return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    }

    private static boolean same(String one, String other) {
        Optional<InetAddress> address = IpAddress.parse(one);
        return one.equalsIgnoreCase(other) || address.isPresent() && address.equals(IpAddress.parse(other));
    }
}
