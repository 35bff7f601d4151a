package dev.caravan.facts;

import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.spec.KeptEndpoint;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The TCP ports that Kubernetes takes on a host, and who is expected to hold them, after "Ports and Protocols" of its reference.
 * The insecure 10251 and 10252 of older control planes are not among them: kubeadm keeps them closed.
 *
 * @param apiServer   6443 unless the spec's InitConfiguration says otherwise
 * @param stackedEtcd whether etcd runs on the control planes
 * @param kept        the endpoint that Caravan keeps, if it does
 */
record Ports(int apiServer, boolean stackedEtcd, Optional<KeptEndpoint> kept) {
    static final int API_SERVER = 6443;
    static final int KUBELET = 10250;
    static final List<Integer> ETCD = List.of(2379, 2380);

    static Ports of(Cluster cluster) {
        boolean externalEtcd = cluster.kubernetes().override("ClusterConfiguration", "etcd", "external").isPresent();
        return new Ports(cluster.apiServerPort(), !externalEtcd, cluster.kubernetes().endpoint());
    }

    /**
     * Ports that must be free on this host, each with the process that takes it; kubeadm checks most of them itself, later.
     *
     * @param kubeProxy whether kube-proxy runs on all; what replaces it answers for its health on the same port (Cilium's agent)
     */
    Map<Integer, String> required(Host host, boolean kubeProxy) {
        Map<Integer, String> required = new LinkedHashMap<>();
        if (host.isControlPlane()) {
            required.put(apiServer, "kube-apiserver");
            if (stackedEtcd) {
                ETCD.forEach(port -> required.put(port, "etcd"));
            }
            // The kernel cuts this one's name after 15 characters.
            required.put(10257, "kube-controller");
            required.put(10259, "kube-scheduler");
        }
        kept.filter(endpoint -> endpoint.isOn(host)).ifPresent(endpoint -> required.put(endpoint.port(), "haproxy"));
        required.put(KUBELET, "kubelet");
        // kubeadm waits for the kubelet there.
        required.put(10248, "kubelet");
        if (kubeProxy) {
            required.put(10256, "kube-proxy");
        }
        return required;
    }
}
