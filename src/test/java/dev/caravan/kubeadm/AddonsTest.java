package dev.caravan.kubeadm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.spec.Cluster;
import dev.caravan.tables.KubernetesTable;
import dev.caravan.tables.Minor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AddonsTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            textBlock =
                    """
    1.37.2 | {}                                                                             | configmap/kubeadm-config daemonset/kube-proxy
    1.37.2 | {ClusterConfiguration: {proxy: {disabled: true}}}                              | configmap/kubeadm-config deployment/coredns
    1.37.2 | {ClusterConfiguration: {proxy: {disabled: false}}}                             | configmap/kubeadm-config daemonset/kube-proxy
    1.37.2 | {ClusterConfiguration: {dns: {disabled: true}}}                                | configmap/kubeadm-config daemonset/kube-proxy
    1.37.2 | {ClusterConfiguration: {dns: {disabled: true}, proxy: {disabled: true}}}       | configmap/kubeadm-config
    1.37.2 | {InitConfiguration: {skipPhases: [addon]}}                                     | configmap/kubeadm-config
    1.24.1 | {InitConfiguration: {skipPhases: [addon/kube-proxy]}}                          | configmap/kubeadm-config deployment/coredns
    1.37.2 | {InitConfiguration: {skipPhases: [addon/coredns, upload-config]}}              | daemonset/kube-proxy
    1.37.2 | {InitConfiguration: {skipPhases: [addon, upload-config/kubeadm]}}              | ''
    1.37.2 | {ClusterConfiguration: {apiServer: {extraArgs: {feature-gates: addon=true}}}}  | configmap/kubeadm-config daemonset/kube-proxy
    1.28.2 | {ClusterConfiguration: {proxy: {disabled: true}}}                              | configmap/kubeadm-config daemonset/kube-proxy
    1.20.2 | {InitConfiguration: {skipPhases: [addon]}}                                     | configmap/kubeadm-config daemonset/kube-proxy
            """)
    void saysWhatInitMakesLast(String version, String documents, String objects) {
        Cluster cluster = KubeadmSpecs.single(version, "    kubeadm: " + documents);
        Minor minor = KubernetesTable.builtIn().minor(cluster.kubernetes().minor());

        assertThat(String.join(" ", Addons.of(cluster, minor).lastOfInit())).isEqualTo(objects);
    }
}
