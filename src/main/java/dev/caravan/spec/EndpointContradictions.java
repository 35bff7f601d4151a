package dev.caravan.spec;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What a spec says about an endpoint that Caravan keeps, where a schema cannot tell that it is wrong. */
final class EndpointContradictions {
    private EndpointContradictions() {}

    static List<Problem> problems(SpecNode root) {
        Optional<SpecNode> endpoint = root.at("spec", "kubernetes", "endpoint").filter(node -> !node.map().isEmpty());
        if (endpoint.isEmpty()) {
            return List.of();
        }
        List<Problem> problems = new ArrayList<>();
        Optional<String> vip = endpoint.get().text("vip");
        boolean nodeLocal = isNodeLocal(endpoint.get());
        if (root.text("spec", "kubernetes", "controlPlaneEndpoint").isPresent()) {
            problems.add(endpoint.get().problem("there is a controlPlaneEndpoint as well", "keep one of the two"));
        }
        if (vip.isPresent() == nodeLocal) {
            problems.add(endpoint.get().problem("an endpoint is a vip or nodeLocal", "write {vip: ADDRESS} or {nodeLocal: true}"));
        }
        port(root, endpoint.get()).ifPresent(problems::add);
        vip.ifPresent(text -> addresses(root, endpoint.get().at("vip").orElseThrow(), text, problems));
        return problems;
    }

    static boolean isNodeLocal(SpecNode endpoint) {
        return endpoint.at("nodeLocal").filter(node -> Boolean.TRUE.equals(node.plain())).isPresent();
    }

    /** The API server listens on all addresses of a control plane, so haproxy cannot have its port on any of them. */
    private static Optional<Problem> port(SpecNode root, SpecNode endpoint) {
        Optional<SpecNode> written = endpoint.at("port");
        int port = written.flatMap(EndpointContradictions::number).orElse(KeptEndpoint.PORT);
        int taken = root.at("spec", "kubernetes", "kubeadm", "InitConfiguration", "localAPIEndpoint", "bindPort")
                .flatMap(EndpointContradictions::number).orElse(Defaults.API_SERVER_PORT);
        return port != taken ? Optional.empty() : Optional.of(written.orElse(endpoint).problem(
                "the API server itself listens on port " + port, "write another port for haproxy, such as " + free(taken)));
    }

    private static int free(int taken) {
        return taken == KeptEndpoint.PORT ? taken + 1 : KeptEndpoint.PORT;
    }

    private static Optional<Integer> number(SpecNode node) {
        return node.plain() instanceof Number number ? Optional.of(number.intValue()) : Optional.empty();
    }

    private static void addresses(SpecNode root, SpecNode place, String text, List<Problem> problems) {
        Optional<InetAddress> vip = IpAddress.parse(text);
        if (vip.isEmpty()) {
            problems.add(place.problem("vip is not an IP address", "write a free address of the hosts' network, without a port"));
            return;
        }
        for (SpecNode host : root.list("spec", "hosts")) {
            List<InetAddress> addresses = InternalAddresses.ofNode(host);
            if (addresses.contains(vip.get()) || host.text("address").flatMap(IpAddress::parse).equals(vip)) {
                problems.add(place.problem("vip is the address of a host", "write a free address of the hosts' network"));
            } else if (addresses.isEmpty() && host.text("address").isPresent()) {
                problems.add(InternalAddresses.place(host).problem("with a vip, the address of each host must be an IP address",
                        "keepalived reaches the other control planes by address; a name may stay if there is an internalAddress"));
            }
        }
    }
}
