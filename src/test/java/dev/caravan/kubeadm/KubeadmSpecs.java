package dev.caravan.kubeadm;

import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.spec.Secret;
import dev.caravan.tables.KubernetesTable;
import dev.caravan.testkit.TestClusters;
import java.util.Optional;

/** KubeadmSpecs and credentials for the tests of kubeadm's documents. The credentials are placeholders in the right form. */
final class KubeadmSpecs {
    static final Secret CERTIFICATE_KEY =
            new Secret("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
    static final String CA_CERTIFICATE = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==";
    private static final Secret TOKEN = new Secret("abcdef.0123456789abcdef");

    private KubeadmSpecs() {}

    static JoinCredentials worker() {
        return new JoinCredentials(TOKEN, CA_CERTIFICATE, Optional.empty());
    }

    static JoinCredentials controlPlane() {
        return new JoinCredentials(TOKEN, CA_CERTIFICATE, Optional.of(CERTIFICATE_KEY));
    }

    /** One control plane and one worker. */
    static Cluster single(String version, String more) {
        return TestClusters.read(
                """
                apiVersion: caravan/v1
                kind: Cluster
                metadata: {name: demo}
                spec:
                  kubernetes:
                    version: %s
                %s
                  hosts:
                    - {name: h1, address: 192.0.2.11, roles: [control-plane]}
                    - {name: h2, address: 192.0.2.12, roles: [worker]}
                """
                        .formatted(version, more));
    }

    static Cluster single(String version) {
        return single(version, "    podSubnet: 10.244.0.0/16");
    }

    /**
     * Three control planes behind an endpoint, the last two also workers or with a taint of its own, a worker with a DNS name;
     * bridge; overrides of every kind that is generated.
     */
    static Cluster highlyAvailable(String version) {
        return TestClusters.read(
                """
                apiVersion: caravan/v1
                kind: Cluster
                metadata: {name: ha}
                spec:
                  kubernetes:
                    version: %s
                    controlPlaneEndpoint: api.example.org:6443
                    kubeadm:
                      ClusterConfiguration:
                        apiServer: {extraArgs: {profiling: "false"}, certSANs: [api.example.org]}
                        controllerManager: {extraArgs: [{name: node-cidr-mask-size, value: "26"}]}
                      InitConfiguration: {nodeRegistration: {kubeletExtraArgs: {v: "2"}}}
                      JoinConfiguration: {nodeRegistration: {ignorePreflightErrors: [Mem]}}
                      KubeletConfiguration: {maxPods: 200, evictionHard: {memory.available: 5%%}}
                      KubeProxyConfiguration: {conntrack: {maxPerCore: 0, tcpEstablishedTimeout: 0s}}
                  runtime: {name: containerd}
                  network: {cni: bridge}
                  hosts:
                    - {name: c1, address: 192.0.2.11, roles: [control-plane]}
                    - {name: c2, address: 192.0.2.12, roles: [control-plane, worker]}
                    - {name: c3, address: 192.0.2.13, roles: [control-plane], taints: ["dedicated=infra:NoExecute"]}
                    - {name: w1, address: w1.example.org, roles: [worker], taints: ["gpu:NoSchedule"]}
                """
                        .formatted(version));
    }

    /** Three control planes with addresses of both families, of which the spec gives one; the services' IPv6 network comes first. */
    static Cluster dualStack(String version) {
        return TestClusters.read(
                """
                apiVersion: caravan/v1
                kind: Cluster
                metadata: {name: dual}
                spec:
                  kubernetes:
                    version: %s
                    controlPlaneEndpoint: "[2001:db8::10]:6443"
                    podSubnet: "fd00:10:244::/56,10.244.0.0/16"
                    serviceSubnet: "fd00:10:96::/112,10.96.0.0/16"
                  runtime: {name: containerd}
                  hosts:
                    - {name: c1, address: "2001:db8::11", roles: [control-plane]}
                    - {name: c2, address: "2001:db8::12", roles: [control-plane]}
                    - {name: c3, address: "2001:db8::13", roles: [control-plane, worker]}
                    - {name: w1, address: 192.0.2.14, roles: [worker]}
                """
                        .formatted(version));
    }

    /** Two control planes and a worker that SSH reaches at other addresses than the cluster does; the spec's documents add a name. */
    static Cluster internal(String version) {
        return TestClusters.read(
                """
                apiVersion: caravan/v1
                kind: Cluster
                metadata: {name: internal}
                spec:
                  kubernetes:
                    version: %s
                    controlPlaneEndpoint: api.example.org:6443
                    podSubnet: "10.244.0.0/16,fd00:10:244::/56"
                    serviceSubnet: "10.96.0.0/16,fd00:10:96::/112"
                    kubeadm: {ClusterConfiguration: {apiServer: {certSANs: [api.example.net]}}}
                  runtime: {name: containerd}
                  network: {cni: bridge}
                  hosts:
                    - {name: c1, address: 203.0.113.11, internalAddress: "fd00::11,10.0.0.11", roles: [control-plane]}
                    - {name: c2, address: c2.example.org, internalAddress: 10.0.0.12, roles: [control-plane]}
                    - {name: w1, address: 203.0.113.13, internalAddress: 10.0.0.13, roles: [worker]}
                """
                        .formatted(version));
    }

    /** IPv6 alone, by the hosts' addresses and nothing else; without kube-proxy, as for Cilium in its place. */
    static Cluster withoutKubeProxy(String version) {
        return TestClusters.read(
                """
                apiVersion: caravan/v1
                kind: Cluster
                metadata: {name: six}
                spec:
                  kubernetes:
                    version: %s
                    kubeadm:
                      InitConfiguration: {skipPhases: [addon/kube-proxy]}
                      ClusterConfiguration: {proxy: {disabled: true}}
                  runtime: {name: containerd}
                  network: {cni: cilium, manifest: cilium.yaml}
                  hosts:
                    - {name: h1, address: "2001:db8::11", roles: [control-plane]}
                    - {name: h2, address: "2001:db8::12", roles: [worker]}
                """
                        .formatted(version));
    }

    /** The settings of a host whose other address the facts know: the same number in the other family. */
    static NodeSettings settings(Cluster cluster, int number) {
        Host host = cluster.hosts().get(number);
        String other = host.address().contains(":") ? "192.0.2.1" + (number + 1) : "2001:db8::1" + (number + 1);
        return NodeSettings.of(cluster, host, KubernetesTable.builtIn()).withOtherFamily(cluster, host, Optional.of(other));
    }
}
