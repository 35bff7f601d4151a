package dev.caravan.facts;

import dev.caravan.spec.IpAddress;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The addresses of a host by the interface that has them, bridges and tunnels among them, and where its IPv6 default route
 * comes from. Immutable.
 *
 * @param links      addresses without prefix lengths; those that end by themselves (temporary, deprecated) come last
 * @param advertised interfaces whose IPv6 default route comes from router advertisements
 * @param node       the addresses with which the kubelet runs (--node-ip); empty where it chooses by itself, or there is none
 */
public record AddressFamilies(Map<String, List<String>> links, List<Advertised> advertised, List<String> node) {

    /** @param acceptRa the kernel's setting of that name: 0 never, 1 unless the host forwards, 2 also where it forwards */
    public record Advertised(String link, int acceptRa) {}

    /** All addresses; empty where they could not be seen. */
    public List<String> all() {
        return links.values().stream().flatMap(List::stream).toList();
    }

    /** Whether an interface has this address, in whichever notation. */
    public boolean has(String address) {
        return links.values().stream().anyMatch(addresses -> holds(addresses, address));
    }

    /** The address of the other family on the interface that has this one; empty where there is none, or no such interface. */
    public Optional<String> besides(String address) {
        boolean ipv6 = address.contains(":");
        return links.values().stream()
                .filter(addresses -> holds(addresses, address))
                .flatMap(List::stream)
                .filter(other -> other.contains(":") != ipv6)
                .findFirst();
    }

    private static boolean holds(List<String> addresses, String wanted) {
        Optional<InetAddress> address = IpAddress.parse(wanted);
        return address.isPresent() && addresses.stream().map(IpAddress::parse).anyMatch(address::equals);
    }
}
