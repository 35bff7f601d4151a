package dev.caravan.network;

import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;

/** The networks in flannel's net-conf.json (flannel, Documentation/configuration.md, "Dual-stack"). */
final class FlannelNetworks {
    private FlannelNetworks() {}

    /**
     * The manifest with the cluster's pod networks in place of the released one: {@code Network} for IPv4, {@code EnableIPv6} and
     * {@code IPv6Network} for IPv6, {@code EnableIPv4: false} where there is none of IPv4.
     *
     * @param released  the network in the manifest as it was released
     * @param podSubnet one network, or one of each family with a comma between them, in either order
     * @throws IOException if the manifest does not have the released network, so that pods would get addresses of another one
     */
    static String put(String manifest, String released, String podSubnet) throws IOException {
        String found = "\"Network\": \"" + released + "\",";
        if (!manifest.contains(found)) {
            throw new IOException("the network's manifest has no place for the pod subnet: it does not have '" + found + "'");
        }
        StringBuilder networks = new StringBuilder();
        Optional<String> ipv4 = of(podSubnet, false);
        networks.append(ipv4.map(network -> "\"Network\": \"" + network + "\",").orElse("\"EnableIPv4\": false,"));
        of(podSubnet, true).ifPresent(network -> networks.append(" \"EnableIPv6\": true, \"IPv6Network\": \"").append(network)
                .append("\","));
        return manifest.replace(found, networks);
    }

    private static Optional<String> of(String podSubnet, boolean ipv6) {
        return Arrays.stream(podSubnet.split(",")).map(String::strip).filter(network -> network.contains(":") == ipv6).findFirst();
    }
}
