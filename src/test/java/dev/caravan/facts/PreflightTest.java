package dev.caravan.facts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.spec.Cluster;
import dev.caravan.spec.Cluster.RuntimeName;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What preflight says of bare hosts and of specs. */
class PreflightTest extends PreflightFindings {
    @Test
    void nothingIsSaidOfBareHosts() {
        assertThat(said(cluster, bare(3))).isEmpty();
    }

    /** What is changed on three bare hosts, and what is then said. */
    static Stream<Arguments> bareHosts() {
        return Stream.of(
                change("one MAC address", hosts -> hosts.get("h3").put("interface", "ens3 02:1A:b0:00:00:11 up - 10.77.0.13/24"),
                        "refuses mac-address [h1, h3]: one MAC address, 02:1a:b0:00:00:11 (eth0 on h1, ens3 on h3)"),
                change("a service processor's interface is the same on all hosts",
                        hosts -> hosts.values()
                                .forEach(host -> host.merge("interface", "usb0 02:00:00:00:00:01 down - -",
                                        (own, more) -> own + "\n" + more))),
                change("bond and its parts share one address",
                        hosts -> hosts.get("h2").put("interface",
                                "eno1 02:1a:b0:00:00:77 up bond0 -\nbond0 02:1a:b0:00:00:77 up - 10.77.0.12/24")),
                change("one MAC address, and one of the two could not be looked at", hosts -> {
                    hosts.remove("h3");
                    hosts.get("h2").put("neighbour", "10.77.0.11 02:1a:b0:00:00:11\n10.77.0.13 02:1A:b0:00:00:11");
                }, "refuses mac-address [h1, h3]: one MAC address, 02:1a:b0:00:00:11 (eth0 on h1, seen for h3 by its neighbours)"),
                change("one MAC address, and neither could be looked at", hosts -> {
                    hosts.remove("h2");
                    hosts.remove("h3");
                    hosts.get("h1").put("neighbour", "10.77.0.12 02:1a:b0:00:00:99\n10.77.0.13 02:1a:b0:00:00:99");
                }, "refuses mac-address [h2, h3]: one MAC address, 02:1a:b0:00:00:99 (seen for h2 by its neighbours, seen for h3 by its "
                + "neighbours)"),
                change("a router that answers for all", hosts -> {
                    hosts.remove("h3");
                    hosts.get("h2").put("neighbour", "10.77.0.11 02:00:00:00:00:fe\n10.77.0.13 02:00:00:00:00:fe");
                    hosts.get("h1").put("neighbour", "10.77.0.12 02:00:00:00:00:fe\n10.77.0.13 02:00:00:00:00:fe");
                }),
                change("a neighbour's port that is closed to a worker",
                        hosts -> hosts.get("h2").put("reach", "10.77.0.13 10250 @neighbour timeout")),
                change("one product_uuid", hosts -> both(hosts, "machine", "product_uuid 4C4C4544-0042-3510-8052-B4C04F4E3732"),
                        "refuses product-uuid [h1, h2]: one product_uuid, 4c4c4544-0042-3510-8052-b4c04f4e3732"),
                change("one machine-id", hosts -> both(hosts, "machine", "machine-id 0fd7e79f4a4c4dbc99b8b502e2d00794"),
                        "refuses product-uuid [h1, h2]: one machine-id, 0fd7e79f4a4c4dbc99b8b502e2d00794"),
                change("no identity at all", hosts -> hosts.values().forEach(host -> host.remove("machine"))),
                change("one host name", hosts -> hosts.get("h2").put("hostname", "H3"),
                        "refuses hostname [h2, h3]: one host name, h3",
                        "warns hostname-differs [h2]: the host name is not the node's name: H3 is to be node h2"),
                change("one machine listed twice", hosts -> hosts.put("h3", new LinkedHashMap<>(hosts.get("h2"))),
                        "refuses one-machine [h2, h3]: one and the same machine under several names (h2)",
                        "warns hostname-differs [h3]: the host name is not the node's name: h2 is to be node h3"),
                change("a full domain name", hosts -> hosts.get("h2").put("hostname", "h2.example.org")),
                change("a foreign process on 6443", hosts -> listen(hosts, "h1", "0.0.0.0 6443 812 python3"),
                        "refuses port-in-use [h1]: port 6443 is held by python3 (pid 812)"),
                change("the same on a worker, which needs no 6443", hosts -> listen(hosts, "h2", "0.0.0.0 6443 812 python3")),
                change("several ports by one process", hosts -> listen(hosts, "h1", "127.0.0.1 2379 77 etcd\n10.77.0.11 2380 77 etcd"),
                        "refuses port-in-use [h1]: ports 2379, 2380 are held by etcd (pid 77)"),
                change("a process that was not seen", hosts -> listen(hosts, "h2", "* 10250 - -"),
                        "refuses port-in-use [h2]: port 10250 is held by a process that could not be seen"),
                change("too little memory", hosts -> hosts.values().forEach(host -> host.put("memoryMib", "1699")),
                        "refuses memory [h1]: too little memory: 1699 MiB, and a control plane needs 1700"),
                change("too little memory on a worker", hosts -> hosts.get("h2").put("memoryMib", "490"),
                        "refuses memory [h2]: too little memory: 490 MiB, and a worker needs 700"),
                change("one CPU", hosts -> hosts.values().forEach(host -> host.put("cpus", "1")),
                        "refuses cpus [h1]: 1 CPU, and a control plane needs 2"),
                change("no space", hosts -> hosts.get("h2").put("disk", "/ / 900 20000\n/var/lib / 900 20000\n/run /run 8 100"),
                        "refuses disk [h2]: too little space on /: 900 MiB free, 2000 needed",
                        "refuses disk [h2]: too little space on /run: 8 MiB free, 16 needed"),
                change("a large disk nearly full", hosts -> hosts.get("h2").put("disk", "/var/lib /data 9000 100000"),
                        "warns disk [h2]: only 9 % of /data is free"),
                change("a port out of reach", hosts -> both(hosts, "reach", "10.77.0.13 6443 h3 timeout\n10.77.0.13 10250 h3 timeout"),
                        "refuses reach [h1, h2]: cannot reach h3 (10.77.0.13) on TCP 6443, 10250: no answer within 3 seconds"),
                change("nobody listens yet", hosts -> hosts.get("h2").put("reach", "10.77.0.11 6443 h1 refused\n10.77.0.13 22 h3 open")),
                change("a host off", hosts -> hosts.get("h2").put("reach", "10.77.0.11 6443 h1 no-route"),
                        "refuses reach [h2]: cannot reach h1 (10.77.0.11) on TCP 6443: no route to host"),
                change("an endpoint with nobody behind it yet",
                        hosts -> hosts.get("h2").put("reach", "10.77.0.100 6443 @endpoint no-route"),
                        "warns reach [h2]: cannot reach the control plane's endpoint 10.77.0.100 on TCP 6443: no route to host"),
                change("another init", hosts -> hosts.get("h2").put("init", "runit"),
                        "refuses init-system [h2]: systemd does not run this host; runit does"),
                change("another package manager", hosts -> other(hosts.get("h2"), "alpine", "3.20", ""),
                        "refuses operating-system [h2]: neither yum nor apt on this operating system (alpine 3.20)"),
                change("an old system", hosts -> other(hosts.get("h2"), "centos", "6.10", "yum"),
                        "refuses operating-system [h2]: centos 6.10 is too old for Kubernetes"),
                change("a derivative", hosts -> other(hosts.get("h2"), "anolis", "8.9", "yum"),
                        "warns operating-system [h2]: anolis 8.9 is not a system that Caravan knows"),
                change("32-bit ARM", hosts -> hosts.get("h2").put("architecture", "armv7l"),
                        "refuses architecture [h2]: no Kubernetes packages for armv7l"),
                change("the kernel of CentOS 7", hosts -> hosts.get("h2").put("kernel", "3.10.0-1160.el7.x86_64")),
                change("an old kernel", hosts -> hosts.get("h2").put("kernel", "2.6.32-754.el6.x86_64"),
                        "refuses kernel [h2]: kernel 2.6.32-754.el6.x86_64 is too old for Kubernetes 1.20.2"),
                change("a newer kubelet", hosts -> hosts.get("h2").put("kubeletVersion", "1.20.10"),
                        "refuses kubelet-version [h2]: kubelet 1.20.10 is installed, newer than the 1.20.2 of the spec"),
                change("an older kubelet, not in use, which kube-install would not replace", hosts -> {
                    hosts.get("h2").put("kubeletVersion", "1.19.16");
                    hosts.get("h2").put("kubeadmVersion", "1.19.16");
                }, "refuses kubelet-version [h2]: kubelet 1.19.16 is installed, and the spec asks for 1.20.2"),
                change("a kubectl of somebody else's", hosts -> hosts.get("h2").put("kubectlVersion", "528.0.0"),
                        "refuses program-version [h2]: kubectl 528.0.0 is installed, and the spec asks for 1.20.2"),
                change("the right kubectl", hosts -> hosts.get("h2").put("kubectlVersion", "1.20.2")),
                change("a floating address", hosts -> hosts.get("h2").put("linkAddresses", "eth0 192.0.2.2"),
                        "refuses address [h2]: the address 10.77.0.12 is on no interface of this host; it has 192.0.2.2"),
                change("an address on a bridge", hosts -> hosts.get("h2").put("linkAddresses", "eth0 192.0.2.2\nbr0 10.77.0.12")),
                change("clones with their own product_uuid", hosts -> {
                    hosts.get("h1").put("machine", "product_uuid 4c4c4544-0042-3510-8052-b4c04f4e3731");
                    hosts.get("h2").put("machine", "product_uuid 4c4c4544-0042-3510-8052-b4c04f4e3732");
                    both(hosts, "machineId", "0fd7e79f4a4c4dbc99b8b502e2d00794");
                }, "warns machine-id [h1, h2]: one machine-id, 0fd7e79f4a4c4dbc99b8b502e2d00794, though they are different machines"),
                change("an endpoint that no name server knows",
                        hosts -> hosts.get("h2").put("reach", "api.does-not-exist.invalid 6443 @endpoint unresolved"),
                        "refuses reach [h2]: the control plane's endpoint api.does-not-exist.invalid resolves to no address"),
                change("a kernel without the packet filter's modules", hosts -> {
                    hosts.get("h2").put("kernel", "6.12.0-124.8.1.el10_1.x86_64");
                    hosts.get("h2").put("moduleMissing", "br_netfilter\nnf_conntrack");
                }, "warns kernel-modules [h2]: the kernel 6.12.0-124.8.1.el10_1.x86_64 has no module br_netfilter, nf_conntrack"),
                change("the same where nothing installs them", hosts -> {
                    other(hosts.get("h2"), "ubuntu", "24.04", "apt");
                    hosts.get("h2").put("kernel", "6.8.0-79-generic");
                    hosts.get("h2").put("moduleMissing", "br_netfilter");
                }, "refuses kernel-modules [h2]: the kernel 6.8.0-79-generic has no module br_netfilter"),
                change("the same of those for rules of iptables alone", hosts -> {
                    other(hosts.get("h2"), "ubuntu", "24.04", "apt");
                    hosts.get("h2").put("kernel", "6.8.0-79-generic");
                    hosts.get("h2").put("moduleMissing", "xt_comment\nnft_compat");
                }, "warns kernel-modules [h2]: the kernel 6.8.0-79-generic has no module xt_comment, nft_compat"),
                change("cgroup v1 without cpuset", hosts -> hosts.get("h2").put("cgroupController", "cpu\nmemory\npids"),
                        "refuses cgroups [h2]: cgroup v1 without the controller cpuset, which kubeadm requires (missing required "
                                + "cgroups: cpuset)"),
                change("cgroup v1 with cpuset", hosts -> hosts.get("h2").put("cgroupController", "cpuset\ncpu\nmemory\npids")),
                change("swap, several sockets", hosts -> {
                    hosts.get("h2").put("swap", "/dev/sda2");
                    hosts.get("h2").put("socket", "/run/docker.sock\n/run/containerd/containerd.sock\n/run/crio/crio.sock");
                }),
                change("a firewall", hosts -> hosts.get("h1").put("firewall", "firewalld"),
                        "warns firewall [h1]: firewalld is on, and has to let TCP 6443, TCP 2379-2380, TCP 10250, TCP 30000-32767, "
                                + "pods' addresses in 10.244.0.0/16 through between the nodes"),
                change("a pod network left behind",
                        hosts -> hosts.get("h2").put("cniConfig", "10-flannel.conflist\n87-podman-bridge.conflist"),
                        "warns leftover-network [h2]: a pod network's configuration is in /etc/cni/net.d already: 10-flannel.conflist"),
                change("a clock that is behind", hosts -> clock(hosts.get("h3"), -95),
                        "refuses clock [h3]: the clock is 95 s behind the engine's, and hosts' clocks may be 30 s apart"),
                change("the engine's clock is wrong", hosts -> hosts.values().forEach(host -> clock(host, 7300)),
                        "warns clock [h1, h2, h3]: the clock is 2 h ahead of that of the machine that Caravan runs on"),
                change("clocks on either side of the engine's", hosts -> {
                    clock(hosts.get("h1"), -20);
                    clock(hosts.get("h3"), 20);
                },
                        "refuses clock [h1]: the clock is 20 s behind the engine's, and hosts' clocks may be 30 s apart",
                        "refuses clock [h3]: the clock is 20 s ahead of the engine's, and hosts' clocks may be 30 s apart"),
                change("30 seconds and what the round trip leaves open", hosts -> clock(hosts.get("h3"), 31)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void bareHosts(String what, Consumer<Map<String, Map<String, String>>> change, List<String> expected) {
        Map<String, Map<String, String>> hosts = bare(3);
        change.accept(hosts);

        assertThat(said(cluster, hosts)).containsExactlyElementsOf(expected);
    }

    /** A spec over two bare hosts, and what is then said. */
    static Stream<Arguments> specs() {
        Map<String, Map<String, Object>> ignored =
                Map.of("InitConfiguration", Map.of("nodeRegistration", Map.of("ignorePreflightErrors", List.of("NumCPU", "mem"))));
        return Stream.of(
                Arguments.of("Docker up to 1.23", spec("1.23.17", RuntimeName.DOCKER, Map.of()), List.of()),
                Arguments.of("containerd with 1.24", spec("1.24.0", RuntimeName.CONTAINERD, Map.of()), List.of()),
                Arguments.of("Docker with 1.24", spec("1.24.0", RuntimeName.DOCKER, Map.of()), List.of("runtime")),
                Arguments.of("rkt with any", spec("1.20.2", RuntimeName.RKT, Map.of()), List.of("runtime")),
                Arguments.of("frakti with any", spec("1.20.2", RuntimeName.FRAKTI, Map.of()), List.of("runtime")),
                Arguments.of("kubeadm's own checks ignored", spec("1.20.2", RuntimeName.DOCKER, ignored), List.of()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void specs(String what, Cluster wanted, List<String> expected) {
        assertThat(RecordedFacts.preflight(Limits.defaults()).check(wanted, parse(bare(2)))).extracting(Finding::rule)
                .containsExactlyElementsOf(expected);
    }

    @Test
    void whatKubeadmIgnoresIsOnlyAWarning() {
        Cluster wanted = spec("1.20.2", RuntimeName.DOCKER,
                Map.of("InitConfiguration", Map.of("nodeRegistration", Map.of("ignorePreflightErrors", List.of("NumCPU", "Mem")))));
        Map<String, Map<String, String>> hosts = bare(2);
        hosts.get("h1").put("cpus", "1");
        hosts.get("h1").put("memoryMib", "900");

        assertThat(said(wanted, hosts)).containsExactly(
                "warns cpus [h1]: 1 CPU, and a control plane needs 2",
                "warns memory [h1]: too little memory: 900 MiB, and a control plane needs 1700");
    }

    @Test
    void anotherApiServerPortIsLookedAtInstead() {
        Cluster wanted = spec("1.20.2", RuntimeName.DOCKER,
                Map.of("InitConfiguration", Map.of("localAPIEndpoint", Map.of("bindPort", 8443))));
        Map<String, Map<String, String>> hosts = bare(2);
        listen(hosts, "h1", "* 6443 5 haproxy\n* 8443 6 tomcat");

        assertThat(said(wanted, hosts)).containsExactly("refuses port-in-use [h1]: port 8443 is held by tomcat (pid 6)");
    }

    @Test
    void limitsCanBeSet() {
        Map<String, String> properties = Map.of(
                "caravan.preflight.min-memory-mib.control-plane", "30000", "caravan.preflight.max-clock-skew-seconds", "300");
        Limits limits = Limits.from(name -> Optional.ofNullable(properties.get(name)));

        assertThat(limits.clockSkew()).isEqualTo(Duration.ofMinutes(5));
        assertThat(RecordedFacts.preflight(limits).check(cluster, parse(bare(3)))).extracting(Finding::problem)
                .containsExactly("too little memory: 24105 MiB, and a control plane needs 30000");
    }

    @Test
    void rendersInAlignedColumns() {
        List<Finding> findings = List.of(
                new Finding(List.of("h1", "h2"), "mac-address", Severity.REFUSES,
                        "one MAC address, 02:1a:b0:00:00:0b (eth0 on h1, eth0 on h2)",
                        "Give each machine its own; cloned virtual machines often share one."),
                new Finding(List.of(), "runtime", Severity.REFUSES, "Kubernetes 1.24.0 does not take Docker",
                        "Write runtime.name: containerd."),
                new Finding(List.of("h1", "h2", "h3", "h4", "h5", "h6", "h7", "h8", "h9", "h10"), "firewall", Severity.WARNS,
                        "firewalld is on", "Look at it."));

        assertThat(Preflight.render(findings)).isEqualTo("""
                h1, h2  one MAC address, 02:1a:b0:00:00:0b (eth0 on h1, eth0 on h2)
                        Give each machine its own; cloned virtual machines often share one.
                spec    Kubernetes 1.24.0 does not take Docker
                        Write runtime.name: containerd.
                h1, h2, h3, h4, h5, h6, h7, h8 and 2 more
                        warning: firewalld is on
                        Look at it.
                """);
    }
}
