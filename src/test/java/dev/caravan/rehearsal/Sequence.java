package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.packages.Family;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The workflow's order, one host after the other. */
final class Sequence {
    static final List<String> PREPARATION =
            List.of("facts", "os-prepare", "package-repository", "kube-install", "runtime-install");

    private static final String CERTIFICATE_KEY = "0123456789abcdef".repeat(4);
    private final Rehearsal rehearsal;
    private final StepDriver driver;
    private final List<String> changes = new ArrayList<>();
    private Map<String, String> outputs = Map.of();
    private String kubeconfig;

    Sequence(Rehearsal rehearsal, Map<String, Family> families) {
        this.rehearsal = rehearsal;
        this.driver = new StepDriver(rehearsal, families);
    }

    List<String> runAll() throws IOException {
        for (Host host : rehearsal.cluster().hosts()) {
            for (String step : PREPARATION) {
                run(host.name(), step, Map.of(), "");
            }
            run(host.name(), "images-pull", Map.of(), initDocuments());
            run(host.name(), "network-prepare", Map.of(), "");
        }
        run("h1", "kubeadm-init", Map.of(), initDocuments());
        run("h1", "join-credentials", Map.of(), initDocuments());
        String hash = outputs.get("caCertHash");
        String certificate = outputs.get("caCertificate");
        String token = outputs.get("token");
        String tokenId = outputs.get("tokenId");
        for (Host host : rehearsal.cluster().hosts().subList(1, rehearsal.cluster().hosts().size())) {
            run(host.name(), "kubeadm-join", Map.of("CA_CERT_HASH", hash, "CA_CERT", certificate), joinDocument(host, token));
        }
        run("h1", "credentials-revoke", Map.of("TOKEN_ID", tokenId), "");
        run("h1", "network", Map.of(), "");
        run("h1", "network-ready", Map.of(), "");
        run("h1", "label-nodes", Map.of(), "h2 label site=north\nh3 taint dedicated=batch:NoSchedule\n");
        run("h1", "kubeconfig-fetch", Map.of(), "");
        kubeconfig = outputs.get("kubeconfig");
        return changes;
    }

    private void run(String host, String step, Map<String, String> environment, String input) throws IOException {
        StepDriver.Result result = driver.run(host, step, environment, input);
        assertThat(result.status()).as("%s on %s:%n%s", step, host, result.log()).isZero();
        assertThat(result.log()).doesNotContain("does not know", "not found\n");
        result.changes().forEach(change -> changes.add(host + " " + step + ": " + change));
        outputs = result.outputs();
    }

    void assertReady(Map<String, Boolean> controlPlanes) {
        try (KubernetesClient client = new KubernetesClientBuilder().withConfig(Config.fromKubeconfig(kubeconfig)).build()) {
            Map<String, Node> nodes = client.nodes().list().getItems().stream()
                    .collect(Collectors.toMap(node -> node.getMetadata().getName(), Function.identity()));
            assertThat(nodes.keySet()).isEqualTo(controlPlanes.keySet());
            nodes.forEach((name, node) -> {
                assertThat(node.getStatus().getConditions())
                        .anySatisfy(condition -> assertThat(condition.getType() + "=" + condition.getStatus()).isEqualTo("Ready=True"));
                assertThat(node.getStatus().getNodeInfo().getKubeletVersion()).isEqualTo("v1.20.2");
                assertThat(node.getMetadata().getLabels().containsKey("node-role.kubernetes.io/master"))
                        .isEqualTo(controlPlanes.get(name));
                assertThat(node.getSpec().getPodCIDR()).isEqualTo("10.244." + (name.charAt(1) - '1') + ".0/24");
            });
            assertThat(nodes.get("h2").getMetadata().getLabels()).containsEntry("site", "north");
            assertThat(nodes.get("h3").getSpec().getTaints()).anySatisfy(taint -> assertThat(taint.getKey()).isEqualTo("dedicated"));
            List<Pod> pods = client.pods().inNamespace("kube-system").list().getItems();
            assertThat(pods).hasSizeGreaterThanOrEqualTo(9)
                    .allSatisfy(pod -> assertThat(pod.getStatus().getPhase()).isEqualTo("Running"));
            assertThat(client.getKubernetesVersion().getGitVersion()).isEqualTo("v1.20.2");
        }
    }

    String initDocuments() {
        return """
                apiVersion: kubeadm.k8s.io/v1beta2
                kind: InitConfiguration
                certificateKey: "%s"
                localAPIEndpoint:
                  advertiseAddress: 10.77.0.11
                  bindPort: 6443
                nodeRegistration:
                  name: h1
                  criSocket: %s
                ---
                apiVersion: kubeadm.k8s.io/v1beta2
                kind: ClusterConfiguration
                kubernetesVersion: v1.20.2
                imageRepository: registry.example/google_containers
                controlPlaneEndpoint: 10.77.0.11:6443
                networking:
                  podSubnet: 10.244.0.0/16
                controllerManager:
                  extraArgs:
                    allocate-node-cidrs: "false"
                """.formatted(CERTIFICATE_KEY, criSocket());
    }

    private String joinDocument(Host host, String token) {
        return """
                apiVersion: kubeadm.k8s.io/v1beta2
                kind: JoinConfiguration
                discovery:
                  file:
                    kubeConfigPath: /run/caravan-discovery.conf
                  tlsBootstrapToken: %s
                nodeRegistration:
                  name: %s
                  criSocket: %s
                %s""".formatted(token, host.name(), criSocket(),
                host.isControlPlane() ? "controlPlane:\n  certificateKey: " + CERTIFICATE_KEY + "\n" : "");
    }

    private String criSocket() {
        return rehearsal.cluster().runtime().name() == Cluster.RuntimeName.DOCKER
                ? "/var/run/dockershim.sock"
                : "/run/containerd/containerd.sock";
    }
}
