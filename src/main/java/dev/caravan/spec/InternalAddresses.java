package dev.caravan.spec;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The addresses of hosts that the cluster uses among its own hosts: {@code hosts[].internalAddress}. */
final class InternalAddresses {
    static final String KEY = "internalAddress";

    private InternalAddresses() {}

    /**
     * Those of a host, in the form of {@link IpAddress#text}; that of the cluster's first Service network comes first, because it is the
     * node's primary one.
     */
    static List<String> of(SpecNode root, SpecNode host) {
        boolean ipv6First = root.text("spec", "kubernetes", "serviceSubnet").orElseGet(() -> Defaults.serviceSubnet(root))
                .split(",")[0].contains(":");
        return parsed(host).stream()
                .sorted(Comparator.comparing(address -> address instanceof Inet6Address != ipv6First))
                .map(IpAddress::text)
                .toList();
    }

    /** The addresses of a host that the cluster uses: its internal ones, or the one of SSH; without what is no IP address. */
    static List<InetAddress> ofNode(SpecNode host) {
        return host.at(KEY).isPresent() ? parsed(host) : host.text("address").flatMap(IpAddress::parse).stream().toList();
    }

    /** Where the spec says it. */
    static SpecNode place(SpecNode host) {
        return host.at(KEY).or(() -> host.at("address")).orElse(host);
    }

    private static List<InetAddress> parsed(SpecNode host) {
        return texts(host).stream().flatMap(text -> IpAddress.parse(text).stream()).toList();
    }

    private static List<String> texts(SpecNode host) {
        return host.text(KEY).map(text -> Arrays.stream(text.split(",", -1)).map(String::strip).toList()).orElse(List.of());
    }

    static List<Problem> problems(SpecNode root) {
        List<Problem> problems = new ArrayList<>();
        List<SpecNode> hosts = root.list("spec", "hosts");
        Map<InetAddress, SpecNode> seen = new HashMap<>();
        for (SpecNode host : hosts) {
            host.at(KEY).ifPresent(node -> form(node, texts(host), problems));
            for (InetAddress address : parsed(host)) {
                Optional<SpecNode> other = Optional.ofNullable(seen.putIfAbsent(address, host))
                        .or(() -> hosts.stream().filter(any -> any != host && isExternal(any, address)).findFirst());
                other.filter(any -> any != host).ifPresent(any -> problems.add(host.at(KEY).orElseThrow().problem(
                        "two hosts have the address " + IpAddress.text(address),
                        "the other one is on line " + any.line() + "; each host has an internalAddress of its own")));
            }
        }
        return problems;
    }

    private static boolean isExternal(SpecNode host, InetAddress address) {
        return host.text("address").flatMap(IpAddress::parse).filter(address::equals).isPresent();
    }

    private static void form(SpecNode node, List<String> texts, List<Problem> problems) {
        List<InetAddress> addresses = texts.stream().flatMap(text -> IpAddress.parse(text).stream()).toList();
        if (addresses.size() < texts.size()) {
            problems.add(node.problem("not an IP address, or one of each family: \"" + String.join(",", texts) + "\"",
                    "for example 10.0.0.11, or 10.0.0.11,fd00::11 for dual stack; a name does not tell which interface it is on"));
        } else if (addresses.size() > 2
                || addresses.size() == 2 && addresses.get(0) instanceof Inet6Address == addresses.get(1) instanceof Inet6Address) {
            problems.add(node.problem("takes one address, or an IPv4 and an IPv6 one", "for example 10.0.0.11,fd00::11"));
        }
        addresses.stream().filter(InternalAddresses::isOfNoHost).findFirst().ifPresent(address -> problems.add(node.problem(
                IpAddress.text(address) + " is no address by which other hosts reach this one",
                "write the address of the interface that leads to the other hosts")));
    }

    private static boolean isOfNoHost(InetAddress address) {
        return address.isAnyLocalAddress() || address.isLoopbackAddress() || address.isLinkLocalAddress() || address.isMulticastAddress();
    }
}
