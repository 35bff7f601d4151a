package dev.caravan.facts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.spec.Cluster;
import dev.caravan.testkit.Clusters;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What preflight says of the nodes of a running cluster. */
class PreflightClusterTest extends PreflightFindings {
    @Test
    void nothingIsSaidOfTheClusterItself() {
        assertThat(said(cluster, nodes(3))).isEmpty();
    }

    @Test
    void aHostIsAddedToARunningCluster() {
        Map<String, Map<String, String>> hosts = nodes(2);
        hosts.put("h3", RecordedFacts.bareHost(3));

        assertThat(said(cluster, hosts)).isEmpty();
    }

    /** What is changed on three nodes of a running cluster, and what is then said. */
    static Stream<Arguments> runningCluster() {
        return Stream.of(
                change("certificates that expire soon", hosts -> {
                    hosts.get("h1").put("certificate", expires(23, "/etc/kubernetes/pki/apiserver.crt"));
                    hosts.get("h2").put("certificate", expires(-2, "/var/lib/kubelet/pki/kubelet-client-current.pem"));
                    hosts.get("h3").put("certificate", expires(59, "/etc/kubernetes/pki/ca.crt"));
                },
                        "warns certificates [h1]: a certificate expires in 23 days: /etc/kubernetes/pki/apiserver.crt",
                        "warns certificates [h2]: a certificate has expired: /var/lib/kubelet/pki/kubelet-client-current.pem",
                        "warns certificates [h3]: a certificate expires in 59 days: /etc/kubernetes/pki/ca.crt"),
                change("certificates that do not expire soon",
                        hosts -> hosts.values().forEach(host -> host.put("certificate", expires(60, "/etc/kubernetes/admin.conf")))),
                change("a worker of another cluster", hosts -> {
                    hosts.get("h3").put("caHash", "sha256:00");
                    hosts.get("h3").put("apiServer", "https://192.0.2.9:6443");
                }, "refuses other-cluster [h3]: part of another cluster, whose API server is https://192.0.2.9:6443"),
                change("the first control plane of another cluster", hosts -> {
                    hosts.get("h1").put("apiServer", "https://192.0.2.9:6443");
                    hosts.put("h2", RecordedFacts.bareHost(2));
                    hosts.put("h3", RecordedFacts.bareHost(3));
                }, "refuses other-cluster [h1]: part of another cluster, whose API server is https://192.0.2.9:6443"),
                change("nodes on the runtime of the spec", hosts -> both(hosts, "nodeRuntime", "docker")),
                change("nodes on another runtime", hosts -> both(hosts, "nodeRuntime", "containerd"), "refuses node-runtime [h1, h2]: "
                        + "the node's pods run on containerd, and the spec says runtime.name: docker"),
                change("workers of a cluster whose control plane is gone", hosts -> hosts.put("h1", RecordedFacts.bareHost(1)),
                        "refuses other-cluster [h2]: part of another cluster, whose API server is https://10.77.0.11:6443",
                        "refuses other-cluster [h3]: part of another cluster, whose API server is https://10.77.0.11:6443"),
                change("a foreign process where kube-proxy should be",
                        hosts -> hosts.get("h2").put("listening", "* 10250 876 kubelet\n* 10256 91 nginx"),
                        "refuses port-in-use [h2]: port 10256 is held by nginx (pid 91)"),
                change("a join that was cut short", hosts -> {
                    hosts.get("h3").remove("kubernetes");
                    hosts.get("h3").remove("apiServer");
                }),
                change("an init that was cut short", hosts -> {
                    hosts.get("h1").put("kubernetes", "admin.conf\nkubelet.conf");
                    hosts.put("h2", RecordedFacts.bareHost(2));
                    hosts.put("h3", RecordedFacts.bareHost(3));
                }),
                change("another node name", hosts -> hosts.get("h2").put("nodeName", "worker-2"),
                        "refuses node-name [h2]: in this cluster already, under the name worker-2"),
                change("a control plane that the spec calls a worker",
                        hosts -> hosts.get("h2").put("kubernetes", "kubelet.conf\nkube-apiserver.yaml"),
                        "refuses role [h2]: a control plane of this cluster already, and a worker in the spec"),
                change("a kubelet that apply upgrades", hosts -> hosts.get("h2").put("kubeletVersion", "1.20.1")),
                change("a control plane that apply upgrades", hosts -> hosts.get("h1").put("apiServerVersion", "1.19.16")),
                change("a newer control plane", hosts -> hosts.get("h1").put("apiServerVersion", "1.21.0"),
                        "refuses kubernetes-version [h1]: its control plane runs Kubernetes 1.21.0, newer than the 1.20.2 of the spec"),
                change("newer nodes, named together", hosts -> {
                    hosts.get("h2").put("kubeletVersion", "1.20.10");
                    hosts.get("h3").put("kubeletVersion", "1.20.10");
                }, "refuses kubelet-version [h2, h3]: the node's kubelet 1.20.10 is newer than the 1.20.2 of the spec"),
                change("a kubelet that was left behind", hosts -> {
                    hosts.get("h2").put("kubeletVersion", "1.17.3");
                    hosts.get("h1").put("apiServerVersion", "1.20.2");
                }, "refuses version-skew [h2]: its kubelet 1.17.3 is more than 2 minors older than the API server 1.20.2"),
                change("little space on a node", hosts -> hosts.get("h2").put("disk", "/var/lib / 900 20000"),
                        "warns disk [h2]: too little space on /: 900 MiB free, 2000 needed"),
                change("the endpoint lost", hosts -> hosts.get("h2").put("reach", "10.77.0.100 6443 @endpoint timeout"),
                        "refuses reach [h2]: cannot reach the control plane's endpoint 10.77.0.100 on TCP 6443: no answer within "
                                + "3 seconds"),
                change("a firewall that evidently lets things through", hosts -> hosts.get("h1").put("firewall", "firewalld")),
                change("two nodes with one block", hosts -> hosts.get("h3").put("podCidr", "10.244.1.0/24"),
                        "refuses pod-subnet [h3]: its pods' block is 10.244.1.0/24, which is outside the pod subnet or another host's; "
                                + "it would become 10.244.2.0/24"),
                change("openssl missing on a worker", hosts -> hosts.get("h3").remove("caHash")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void runningCluster(String what, Consumer<Map<String, Map<String, String>>> change, List<String> expected) {
        Map<String, Map<String, String>> hosts = nodes(3);
        change.accept(hosts);

        assertThat(said(cluster, hosts)).containsExactlyElementsOf(expected);
    }

    @Test
    void aControlPlaneThatIsAheadOfTheFirstInTheSpec() {
        Cluster wanted = Clusters.of(2, 0);
        Map<String, Map<String, String>> hosts = bare(1);
        Map<String, String> second = RecordedFacts.node(1);
        second.put("hostname", "h2");
        second.put("machine", "machine-id 01");
        second.put("interface", "eth0 02:1a:b0:00:00:12 up - 10.77.0.12/24");
        second.put("apiServer", "https://10.77.0.12:6443");
        hosts.put("h2", second);

        assertThat(said(wanted, hosts)).contains("refuses other-cluster [h2]: a control plane of a cluster already "
                + "(https://10.77.0.12:6443), "
                + "while h1, which would be initialised, is in none");
    }
}
