package dev.caravan.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.InvalidSpec;
import dev.caravan.spec.SpecReader;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** By the parts of the released manifests that are changed. */
class HostInterfaceTest {
    private static final String FLANNEL = """
            spec:
              template:
                spec:
                  containers:
                  - args:
                    - --ip-masq
                    - --kube-subnet-mgr
                    command:
                    - /opt/bin/flanneld
                    env:
                    - name: POD_NAME
                      valueFrom:
                        fieldRef:
                          fieldPath: metadata.name
            """;
    private static final String CALICO = """
            spec:
              template:
                spec:
                  containers:
                    - name: calico-node
                      env:
                        # Auto-detect the BGP IP address.
                        - name: IP
                          value: "autodetect"
                        - name: CALICO_IPV4POOL_IPIP
                          value: "Always"
            """;

    @Test
    void flannelIsGivenTheInterfaceOfTheSpec() throws Exception {
        JsonNode container = container(HostInterface.put(FLANNEL, cluster("flannel, interface: eth0.5", "")));

        assertThat(container.get("args")).extracting(JsonNode::textValue)
                .containsExactly("--ip-masq", "--iface=eth0.5", "--kube-subnet-mgr");
        assertThat(container.get("env")).hasSize(1);
    }

    @Test
    void flannelFindsTheInterfaceByTheNodesAddressWhereThereAreInternalOnes() throws Exception {
        JsonNode container = container(HostInterface.put(FLANNEL, cluster("flannel", ", internalAddress: 10.0.0.11")));

        assertThat(container.get("args")).extracting(JsonNode::textValue).contains("--iface=$(NODE_ADDRESS)");
        assertThat(container.get("env")).extracting(each -> each.get("name").textValue()).containsExactly("NODE_ADDRESS", "POD_NAME");
        assertThat(container.at("/env/0/valueFrom/fieldRef/fieldPath").textValue()).isEqualTo("status.hostIP");
    }

    @Test
    void calicoIsGivenAnExpressionOrTheNodesAddress() throws Exception {
        assertThat(method(cluster("calico, interface: eth0.5", ""))).isEqualTo("interface=^eth0\\.5$");
        assertThat(method(cluster("calico", ", internalAddress: 10.0.0.11"))).isEqualTo("kubernetes-internal-ip");
    }

    @Test
    void otherwiseTheManifestIsAsReleased() throws Exception {
        assertThat(HostInterface.put(FLANNEL, cluster("flannel", ""))).isEqualTo(FLANNEL);
        assertThat(HostInterface.put(CALICO, cluster("calico", ""))).isEqualTo(CALICO);
    }

    @Test
    void aManifestWithoutThePlaceIsRefused() {
        assertThatThrownBy(() -> HostInterface.put("kind: List\n", cluster("flannel, interface: eth1", ""))).isInstanceOf(IOException.class)
                .hasMessageContaining("no place for the interface");
    }

    private static String method(Cluster cluster) throws Exception {
        JsonNode variables = container(HostInterface.put(CALICO, cluster)).get("env");
        assertThat(variables).extracting(each -> each.get("name").textValue())
                .containsExactly("IP_AUTODETECTION_METHOD", "IP", "CALICO_IPV4POOL_IPIP");
        return variables.get(0).get("value").textValue();
    }

    private static JsonNode container(String manifest) throws IOException {
        return new ObjectMapper(new YAMLFactory()).readTree(manifest).at("/spec/template/spec/containers/0");
    }

    private static Cluster cluster(String network, String host) throws InvalidSpec {
        return SpecReader.read("""
                apiVersion: caravan/v1
                kind: Cluster
                metadata: {name: demo}
                spec:
                  kubernetes: {version: 1.34.4}
                  network: {cni: %s}
                  hosts:
                    - {name: h1, address: 203.0.113.11%s, roles: [control-plane]}
                """.formatted(network, host), "test");
    }
}
