package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * When upgrade-control-plane calls kubeadm: its first check is a Job, which needs a controller manager and a scheduler. After some time
 * without an API server both are in the kubelet's back-off. A kubectl gives the leases in order, and the last one again and again.
 */
class UpgradeControlPlaneScriptTest {
    private static final String ENDED = "2026-11-30T09:52:11.100000Z 2026-11-30T09:52:24.200000Z";
    private static final String ELECTED = "2026-11-30T09:58:41.300000Z 2026-11-30T09:58:41.300000Z";
    private static final String AT_WORK = "2026-11-30T09:58:41.300000Z 2026-11-30T09:58:51.500000Z";

    private static final String KUBECTL = """
            case " $* " in
              *" /readyz "*) ;;
              *" get configmap kubeadm-config "*) echo 'kubernetesVersion: v1.36.3' ;;
              *" get lease "*)
                component=${*#*get lease }
                component=${component%% *}
                leases=$CARAVAN_ROOT/$component
                lease=$(head -n 1 "$leases")
                if [ "$(wc -l < "$leases")" -gt 1 ]; then sed -i 1d "$leases"; fi
                printf %s "$lease"
                echo "$component $lease" >> "$CARAVAN_ROOT/calls"
                ;;
              *) echo "unexpected: $*" >&2; exit 1 ;;
            esac""";

    @TempDir
    Path root;

    @BeforeEach
    void host() throws IOException {
        ScriptRun.controlPlane(root, Map.of("kubectl", KUBECTL, "kubeadm", "echo \"kubeadm $*\" >> \"$CARAVAN_ROOT/calls\""));
        Path manifests = Files.createDirectories(root.resolve("etc/kubernetes/manifests"));
        for (String component : List.of("kube-apiserver", "kube-controller-manager", "kube-scheduler")) {
            Files.writeString(manifests.resolve(component + ".yaml"),
                    "    image: registry.k8s.io/" + component + ":v1.36.3\n");
        }
        Files.writeString(manifests.resolve("etcd.yaml"), "    image: registry.k8s.io/etcd:3.6.8-0\n");
    }

    @Test
    void kubeadmIsCalledOnceBothComponentsLead() throws Exception {
        ScriptRun upgraded = upgrade("360", List.of(ENDED, ENDED, ELECTED, AT_WORK), List.of(AT_WORK, ELECTED, AT_WORK));

        assertThat(upgraded.status()).as(upgraded.log()).isZero();
        assertThat(calls()).containsExactly("kube-controller-manager " + ENDED, "kube-controller-manager " + ENDED,
                "kube-controller-manager " + ELECTED, "kube-controller-manager " + AT_WORK, "kube-scheduler " + AT_WORK,
                "kube-scheduler " + ELECTED, "kube-scheduler " + AT_WORK, "kubeadm upgrade apply v1.37.2 --yes");
    }

    @Test
    void withoutASchedulerKubeadmIsNotCalledAndTheMessageNamesIt() throws Exception {
        ScriptRun refused = upgrade("1", List.of(ELECTED, AT_WORK), List.of(ENDED));

        assertThat(refused.status()).isEqualTo(75);
        assertThat(refused.log()).contains("no kube-scheduler has led the cluster for 1 s",
                "kubectl -n kube-system get lease kube-scheduler");
        assertThat(calls()).noneMatch(call -> call.startsWith("kubeadm"));
    }

    private List<String> calls() throws IOException {
        return Files.readAllLines(root.resolve("calls"));
    }

    private ScriptRun upgrade(String seconds, List<String> controllers, List<String> schedulers) throws Exception {
        Files.writeString(root.resolve("kube-controller-manager"), String.join("\n", controllers) + "\n");
        Files.writeString(root.resolve("kube-scheduler"), String.join("\n", schedulers) + "\n");
        return ScriptRun.of("upgrade-control-plane", root, Map.of("KUBERNETES_VERSION", "1.37.2", "UPGRADE_FROM", "1.36.3", "UPGRADE_TO",
                "1.37.2", "CLUSTER_NAME", "lab", "LEADERS_SECONDS", seconds, "KUBERNETES_MINOR", "37"));
    }
}
