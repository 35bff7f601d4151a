package dev.caravan.network;

import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.spec.IpAddress;
import dev.caravan.spec.Proxy;
import dev.caravan.spec.Secret;
import java.net.URI;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The spec's proxy as the programs of a host take it: HTTP_PROXY, HTTPS_PROXY, and NO_PROXY, completed with what belongs to the cluster.
 * Nothing that nodes, pods and services say to each other may go through the proxy. Immutable.
 */
public final class HostProxy {
    private static final List<String> LOOPBACK = List.of("localhost", "127.0.0.1", "::1");
    private static final String USUAL_DOMAIN = "cluster.local";

    private final Proxy proxy;
    private final Set<String> exempt;

    private HostProxy(Proxy proxy, Set<String> exempt) {
        this.proxy = proxy;
        this.exempt = exempt;
    }

    /** Empty where the spec has no proxy. */
    public static Optional<HostProxy> of(Cluster cluster) {
        return cluster.proxy().map(proxy -> {
            Set<String> exempt = new LinkedHashSet<>(LOOPBACK);
            exempt.addAll(proxy.noProxy());
            cluster.everyHost().forEach(host -> exempt.addAll(names(host)));
            exempt.add(host(cluster.kubernetes().controlPlaneEndpoint()));
            for (String networks : List.of(cluster.kubernetes().podSubnet(), cluster.kubernetes().serviceSubnet())) {
                exempt.addAll(Arrays.asList(networks.split(",")));
            }
            exempt.add(".svc");
            exempt.add("." + cluster.kubernetes().override("ClusterConfiguration", "networking", "dnsDomain").map(Object::toString)
                    .filter(domain -> domain.matches("[A-Za-z0-9.-]+")).orElse(USUAL_DOMAIN));
            return new HostProxy(proxy, exempt);
        });
    }

    /** What a host is called by the others. */
    private static List<String> names(Host host) {
        return Stream.concat(Stream.of(host.name()), host.addresses().stream()).toList();
    }

    private static String host(String hostAndPort) {
        String host = hostAndPort.substring(0, hostAndPort.lastIndexOf(':'));
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    /**
     * The same with those of these addresses in NO_PROXY by name that a network there covers: package managers know no networks.
     *
     * @param addresses URLs of what is fetched; for apt, what follows deb in a sources line
     */
    public HostProxy naming(Stream<String> addresses) {
        Proxies proxies = new Proxies(variables());
        Set<String> named = new LinkedHashSet<>(exempt);
        addresses.map(address -> address.split(" ", 2)[0]).filter(address -> address.matches("https?://.*")).map(HostProxy::uri)
                .flatMap(Optional::stream).filter(proxies::exempts).map(uri -> uri.getHost().replaceAll("^\\[|]$", ""))
                .filter(host -> IpAddress.parse(host).isPresent()).forEach(named::add);
        return new HostProxy(proxy, named);
    }

    private static Optional<URI> uri(String address) {
        try {
            return Optional.of(URI.create(address)).filter(uri -> uri.getHost() != null);
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** By name, in upper case. The URLs may hold a password. */
    Map<String, String> variables() {
        Map<String, String> variables = new LinkedHashMap<>();
        proxy.http().ifPresent(url -> variables.put("HTTP_PROXY", url.reveal()));
        proxy.https().ifPresent(url -> variables.put("HTTPS_PROXY", url.reveal()));
        variables.put("NO_PROXY", String.join(",", exempt));
        return variables;
    }

    /** A line for each variable: what a unit of systemd takes as an EnvironmentFile. */
    public Secret lines() {
        return new Secret(variables().entrySet().stream().map(each -> each.getKey() + "=" + each.getValue() + "\n")
                .collect(Collectors.joining()));
    }
}
