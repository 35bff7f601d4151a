package dev.caravan.spec;

import java.math.BigInteger;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Networks of pods, services and hosts that are none, or that get in each other's way. */
final class SubnetContradictions {
    private final SpecNode root;
    private final List<Problem> problems = new ArrayList<>();

    private final int minor;

    private SubnetContradictions(SpecNode root, int minor) {
        this.root = root;
        this.minor = minor;
    }

    /** @param minor the Kubernetes version's; as large as can be where it is not known */
    static List<Problem> problems(SpecNode root, int minor) {
        SubnetContradictions contradictions = new SubnetContradictions(root, minor);
        contradictions.check();
        return contradictions.problems;
    }

    private void check() {
        List<Subnet> pods = subnets("podSubnet", Defaults.podSubnet(root));
        List<Subnet> services = subnets("serviceSubnet", Defaults.serviceSubnet(root));
        for (Subnet pod : pods) {
            services.stream()
                    .filter(pod::overlaps)
                    .findFirst()
                    .ifPresent(service -> problems.add(subnetPlace()
                            .problem(
                                    "podSubnet " + pod + " and serviceSubnet " + service + " overlap",
                                    "take networks that share no address")));
        }
        sizes(pods, services);
        problems.addAll(FamilyContradictions.problems(root, minor, pods, services));
        for (SpecNode host : root.list("spec", "hosts")) {
            Optional<InetAddress> address = host.text("address").flatMap(IpAddress::parse);
            address.ifPresent(ip -> outside(host, ip, pods, "podSubnet"));
            address.ifPresent(ip -> outside(host, ip, services, "serviceSubnet"));
            if (host.at(InternalAddresses.KEY).isPresent()) {
                for (InetAddress internal : InternalAddresses.ofNode(host)) {
                    outside(host, internal, pods, "podSubnet");
                    outside(host, internal, services, "serviceSubnet");
                }
            }
        }
    }

    private void outside(SpecNode host, InetAddress address, List<Subnet> subnets, String key) {
        subnets.stream()
                .filter(subnet -> subnet.contains(address))
                .findFirst()
                .ifPresent(subnet -> problems.add(host.text("address").flatMap(IpAddress::parse)
                        .filter(address::equals)
                        .map(any -> host.at("address").orElseThrow())
                        .orElseGet(() -> InternalAddresses.place(host))
                        .problem(
                                "the address lies inside " + key + " " + subnet,
                                "take another " + key + ": hosts and the cluster must not share addresses")));
    }

    /**
     * The limits are those of kubeadm's own validation: node blocks of /24 and /64, services of at most 2^20
     * addresses.
     */
    private void sizes(List<Subnet> pods, List<Subnet> services) {
        int hosts = root.list("spec", "hosts").size();
        for (Subnet pod : pods) {
            int block = pod.isIpv6() ? 64 : 24;
            if (!KubeadmOverrides.setsNodeMask(root) && pod.blocks(block).compareTo(BigInteger.valueOf(hosts)) < 0) {
                problems.add(subnetPlace()
                        .problem(
                                "podSubnet " + pod + " has room for " + Counted.of(pod.blocks(block), "host") + ", at a /" + block
                                        + " for each",
                                "take a larger network"));
            }
        }
        for (Subnet service : services) {
            int bits = (service.isIpv6() ? 128 : 32) - service.prefix();
            if (bits > 20 || bits < 4) {
                add(
                        "serviceSubnet " + service
                                + (bits > 20 ? " is too large: kubeadm takes at most 2^20 addresses" : " is too small"),
                        "for example 10.96.0.0/12",
                        "spec",
                        "kubernetes",
                        "serviceSubnet");
            }
        }
    }

    private SpecNode subnetPlace() {
        return root.at("spec", "kubernetes", "podSubnet")
                .or(() -> root.at("spec", "kubernetes", "serviceSubnet"))
                .or(() -> root.at("spec", "kubernetes"))
                .orElse(root);
    }

    private List<Subnet> subnets(String key, String byDefault) {
        Optional<SpecNode> node = root.at("spec", "kubernetes", key);
        String text = root.text("spec", "kubernetes", key).orElse(byDefault);
        try {
            List<Subnet> subnets = Subnet.parseList(text);
            for (Subnet subnet : subnets) {
                if (!subnet.equals(subnet.canonical())) {
                    node.ifPresent(at -> problems.add(at.problem(
                            "the address has bits behind the prefix: \"" + shown(at) + "\"",
                            "write " + subnet.canonical())));
                }
            }
            if (subnets.size() > 2
                    || subnets.size() == 2
                            && subnets.get(0).isIpv6() == subnets.get(1).isIpv6()) {
                node.ifPresent(at -> problems.add(
                        at.problem("takes one network, or an IPv4 and an IPv6 one", "for example " + byDefault)));
            }
            return subnets;
        } catch (IllegalArgumentException e) {
            node.ifPresent(at ->
                    problems.add(at.problem(e.getMessage() + ": \"" + shown(at) + "\"", "for example " + byDefault)));
            return List.of();
        }
    }

    private static String shown(SpecNode node) {
        return node instanceof SpecNode.SpecScalar scalar ? scalar.shown() : node.kind();
    }

    private void add(String message, String remedy, String... keys) {
        problems.add(root.at(keys).orElse(root).problem(message, remedy));
    }
}
