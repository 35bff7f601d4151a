package dev.caravan.spec;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Networks and addresses whose families (IPv4, IPv6) cannot go together in one cluster. */
final class FamilyContradictions {
    /** Dual stack is on without a feature gate from this minor on (kubernetes.io, "Dual-stack support with kubeadm"). */
    private static final int DUAL_STACK_FROM = 21;

    private final SpecNode root;
    private final List<Subnet> pods;
    private final List<Subnet> services;
    private final List<Problem> problems = new ArrayList<>();

    private FamilyContradictions(SpecNode root, List<Subnet> pods, List<Subnet> services) {
        this.root = root;
        this.pods = pods;
        this.services = services;
    }

    /**
     * @param minor    the Kubernetes version's; as large as can be where it is not known
     * @param pods     the pod networks; empty where they could not be read
     * @param services the service networks; the same
     */
    static List<Problem> problems(SpecNode root, int minor, List<Subnet> pods, List<Subnet> services) {
        if (pods.isEmpty() || services.isEmpty()) {
            return List.of();
        }
        FamilyContradictions families = new FamilyContradictions(root, pods, services);
        families.dualStack(minor);
        families.network();
        families.servicesWithoutPods();
        if (families.problems.isEmpty()) {
            families.hosts();
        }
        return families.problems;
    }

    private void dualStack(int minor) {
        if (minor < DUAL_STACK_FROM) {
            if (pods.size() > 1) {
                twoNetworks("podSubnet");
            }
            if (services.size() > 1) {
                twoNetworks("serviceSubnet");
            }
        }
    }

    private void twoNetworks(String key) {
        problems.add(place(key).problem(
                "two networks need Kubernetes 1." + DUAL_STACK_FROM + " or later: before that, dual stack is an alpha feature",
                "write one network, or take a later version"));
    }

    /** The networks whose own manifests, or whose scripts here, are for IPv4 alone. */
    private void network() {
        String cni = root.text("spec", "network", "cni").orElse("");
        boolean ipv6 = pods.stream().anyMatch(Subnet::isIpv6);
        boolean flannel = cni.equals("flannel") || cni.isEmpty() && root.text("spec", "network", "manifest").isEmpty();
        boolean internal = root.list("spec", "hosts").stream().anyMatch(host -> host.at(InternalAddresses.KEY).isPresent());
        if (flannel && pods.size() > 1 && internal && root.text("spec", "network", "interface").isEmpty()) {
            problems.add(place("podSubnet").problem(
                    "with two pod networks and an internalAddress, flannel must be told the hosts' interface",
                    "write network: {cni: flannel, interface: NAME}; the interface has an address of each family"));
        }
        if (cni.equals("calico") && ipv6 && root.text("spec", "network", "manifest").isEmpty()) {
            problems.add(place("podSubnet").problem(
                    "calico's released manifest is for IPv4 alone, and podSubnet has an IPv6 network",
                    "put IPv6 into Calico's manifest (docs.tigera.io, \"Configure dual stack or IPv6 only\") and name the file in "
                            + "network.manifest"));
        }
    }

    /** A Service's address would lead to no pod. */
    private void servicesWithoutPods() {
        for (Subnet service : services) {
            if (pods.stream().noneMatch(pod -> pod.isIpv6() == service.isIpv6())) {
                problems.add(place("serviceSubnet").problem(
                        "serviceSubnet " + service + " is " + family(service.isIpv6()) + ", and podSubnet has no "
                                + family(service.isIpv6()) + " network",
                        "write networks of the same families, for example serviceSubnet: " + example(!service.isIpv6())));
            }
        }
    }

    private void hosts() {
        boolean first = true;
        for (SpecNode host : root.list("spec", "hosts")) {
            boolean controlPlane = host.list("roles").stream().anyMatch(role -> role.asText().filter("control-plane"::equals).isPresent());
            if (controlPlane) {
                advertised(host, first);
                first = false;
            } else {
                worker(host);
            }
        }
    }

    /** kube-apiserver ends at once otherwise: "service IP family ... must match public address family ...". */
    private void advertised(SpecNode host, boolean first) {
        Optional<String> override = first
                ? root.text("spec", "kubernetes", "kubeadm", "InitConfiguration", "localAPIEndpoint", "advertiseAddress")
                : root.text("spec", "kubernetes", "kubeadm", "JoinConfiguration", "controlPlane", "localAPIEndpoint", "advertiseAddress");
        List<InetAddress> addresses = override.map(text -> IpAddress.parse(text).stream().toList())
                .orElseGet(() -> InternalAddresses.ofNode(host));
        boolean ipv6 = services.get(0).isIpv6();
        if (!addresses.isEmpty() && addresses.stream().allMatch(address -> isIpv6(address) != ipv6)) {
            problems.add(InternalAddresses.place(host).problem(
                    "the API server would be at an " + family(!ipv6) + " address, and serviceSubnet " + services.get(0) + " is "
                            + family(ipv6),
                    "write an " + family(!ipv6) + " network first in serviceSubnet and podSubnet, or give the control plane's "
                            + family(ipv6) + " address as internalAddress"));
        }
    }

    /** Unless the spec says by itself which address a node has. */
    private void worker(SpecNode host) {
        List<InetAddress> addresses = InternalAddresses.ofNode(host);
        if (!addresses.isEmpty() && !KubeadmOverrides.setsNodeIp(root)
                && pods.stream().noneMatch(pod -> addresses.stream().anyMatch(address -> pod.isIpv6() == isIpv6(address)))) {
            boolean ipv6 = isIpv6(addresses.get(0));
            problems.add(InternalAddresses.place(host).problem(
                    "the address is " + family(ipv6) + ", and podSubnet has no " + family(ipv6) + " network",
                    "give the host's " + family(!ipv6) + " address as internalAddress, or take networks of both families"));
        }
    }

    private SpecNode place(String key) {
        return root.at("spec", "kubernetes", key)
                .or(() -> root.at("spec", "kubernetes", key.equals("podSubnet") ? "serviceSubnet" : "podSubnet"))
                .or(() -> root.at("spec", "kubernetes"))
                .orElse(root);
    }

    private static boolean isIpv6(InetAddress address) {
        return address instanceof Inet6Address;
    }

    private static String family(boolean ipv6) {
        return ipv6 ? "IPv6" : "IPv4";
    }

    private static String example(boolean ipv6) {
        return ipv6 ? Defaults.SERVICE_SUBNET_IPV6 : Defaults.SERVICE_SUBNET;
    }
}
