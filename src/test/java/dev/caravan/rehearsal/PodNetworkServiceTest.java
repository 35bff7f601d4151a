package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.Programs;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * The script of caravan-pod-network.service, with a kubectl that answers as the node authorizer of Kubernetes 1.32 and later does: a
 * node reads its own Node, and lists all of them only once a role allows it.
 */
class PodNetworkServiceTest {
    /** As API servers of 1.34 to 1.37 say it. */
    private static final String REFUSED = "Error from server (Forbidden): nodes is forbidden: User \"system:node:h2\" cannot list resource "
            + "\"nodes\" in API group \"\" at the cluster scope: node 'h2' cannot read all nodes, only its own Node object";

    private static final String KUBECTL = """
            echo "$*" >> "$STATE/calls"
            case " $* " in
              *" get nodes --watch "*)
                echo 'ADDED|h1|10.244.0.0/24|10.77.0.11'
                exec sleep 3600
                ;;
              *" get nodes "*)
                if [ ! -e "$STATE/role" ]; then cat "$STATE/refused" >&2; exit 1; fi
                printf 'h1|10.244.0.0/24|10.77.0.11\\nh2|%s|10.77.0.12\\n' "$(cat "$STATE/block" 2>/dev/null)"
                ;;
              *" get node h2 "*) printf 'h2|%s|10.77.0.12\\n' "$(cat "$STATE/block" 2>/dev/null)" ;;
              *" get csinode h2 "*) echo csinode/h2 ;;
              *" patch node h2 "*) printf 10.244.1.0/24 > "$STATE/block" ;;
              *) echo "unexpected: $*" >&2; exit 1 ;;
            esac
            """;

    @RegisterExtension
    final Scratch scratch = new Scratch();

    /** The same of a dual-stack cluster, which a node leaves. */
    private static final String KUBECTL_OF_BOTH = """
            case " $* " in
              *" get nodes --watch "*)
                echo 'ADDED|h1|10.244.0.0/24 10.244.0.0/24 fd00:244::/64|10.77.0.11 fd00:77::11'
                echo 'ADDED|h2| |10.77.0.12 fd00:77::12'
                echo 'DELETED|h3|10.244.2.0/24 10.244.2.0/24 fd00:244:0:2::/64|10.77.0.13 fd00:77::13'
                exec sleep 3600
                ;;
              *" get nodes "*) echo 'h2| |10.77.0.12 fd00:77::12' ;;
              *" get csinode h2 "*) echo csinode/h2 ;;
              *" patch node h2 "*) echo "$*" >> "$STATE/calls" ;;
              *) echo "unexpected: $*" >&2; exit 1 ;;
            esac
            """;

    private Path state;
    private Path bin;
    private Path log;

    @BeforeEach
    void start() throws IOException {
        state = Files.createDirectories(scratch.parent().resolve("state"));
        bin = Files.createDirectories(scratch.parent().resolve("bin"));
        Programs.script(bin.resolve("kubectl"), KUBECTL);
        for (String tables : List.of("iptables", "ip6tables")) {
            Programs.script(bin.resolve(tables),
                    "case \" $* \" in *' -C '*) exit 1 ;; *) echo \"$*\" >> \"$STATE/rules-of-" + tables + "\" ;; esac");
        }
        Programs.script(bin.resolve("ip"), "case \"$*\" in *replace* | *del*) echo \"$*\" >> \"$STATE/routes\" ;; "
                + "*show*' proto '*) case \"$*\" in *:2::/64*) echo there ;; esac ;; esac");
        Files.writeString(state.resolve("refused"), REFUSED + "\n");
        Files.writeString(state.resolve("kubelet.conf"), "");
        log = state.resolve("log");
        begin("10.244.1.0/24", "10.244.0.0/16", "10.96.0.0/12");
    }

    private void begin(String block, String pods, String services) throws IOException {
        ProcessBuilder builder = new ProcessBuilder("sh", "-c", script()).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().putAll(Map.of(
                "PATH", bin + ":" + System.getenv("PATH"), "STATE", state.toString(),
                "KUBELET_KUBECONFIG", state.resolve("kubelet.conf").toString(),
                "RUNTIME_DIRECTORY", state.toString(), "CARAVAN_ROOT", state.toString(),
                "NODE_NAME", "h2", "POD_CIDR", block, "POD_SUBNET", pods,
                "SERVICE_SUBNET", services));
        builder.start();
    }

    @AfterEach
    void stop() {
        Leftovers.end(state);
    }

    /** What network-prepare.sh writes to the host. */
    private static String script() throws IOException {
        String prepare = Files.readString(StepDriver.SCRIPTS.resolve("network-prepare.sh"));
        String begin = "<<'SCRIPT'\n";
        return prepare.substring(prepare.indexOf(begin) + begin.length(), prepare.indexOf("\nSCRIPT\n"));
    }

    private List<String> lines(String name) throws IOException {
        Path file = state.resolve(name);
        return Files.exists(file) ? Files.readAllLines(file) : List.of();
    }

    @Test
    void theStepNetworkLetsEachNodeListTheOthersAndNothingMore() throws Exception {
        Path root = Files.createDirectories(scratch.parent().resolve("control-plane"));
        Path applied = root.resolve("applied.yaml");
        ScriptRun.controlPlane(root, Map.of("kubectl", """
                for last; do :; done
                case " $* " in *' diff '*) exit 1 ;; *' apply -f '*) cp "$last" '%s' ;; esac""".formatted(applied)));

        ScriptRun run = ScriptRun.of("network", root, Map.of("CNI", "bridge"));

        assertThat(run.status()).as(run.log()).isZero();
        String[] documents = Files.readString(applied).split("---\n");
        assertThat(documents).hasSize(2);
        KubernetesSerialization yaml = new KubernetesSerialization();
        ClusterRole role = yaml.unmarshal(documents[0], ClusterRole.class);
        ClusterRoleBinding binding = yaml.unmarshal(documents[1], ClusterRoleBinding.class);
        assertThat(role.getRules()).singleElement().satisfies(rule -> {
            assertThat(rule.getApiGroups()).containsExactly("");
            assertThat(rule.getResources()).containsExactly("nodes");
            assertThat(rule.getVerbs()).containsExactlyInAnyOrder("get", "list", "watch");
        });
        assertThat(binding.getRoleRef().getKind() + " " + binding.getRoleRef().getName()).isEqualTo("ClusterRole "
                + role.getMetadata().getName());
        assertThat(binding.getSubjects()).singleElement()
                .satisfies(subject -> assertThat(subject.getKind() + " " + subject.getName()).isEqualTo("Group system:nodes"));
    }

    @Test
    void aNodeGetsItsBlockBeforeItMayListTheOthers() {
        await().untilAsserted(() -> assertThat(lines("log")).contains("giving node h2 the block 10.244.1.0/24"));
        assertThat(state.resolve("role")).doesNotExist();
    }

    @Test
    void aPacketToAServiceThatIsNotReadyIsAnsweredRatherThanLetOut() {
        await().untilAsserted(() -> assertThat(lines("rules-of-iptables")).filteredOn(rule -> rule.contains("FORWARD")).hasSize(3)
                .first().asString().startsWith("-w -t filter -A FORWARD -i cni0 -d 10.96.0.0/12 ").endsWith("-j REJECT"));
    }

    @Test
    void routesComeOnceTheRoleIsThere() throws IOException {
        await().untilAsserted(() -> assertThat(lines("block")).containsExactly("10.244.1.0/24"));
        assertThat(lines("routes")).isEmpty();

        Files.writeString(state.resolve("role"), "");
        await().untilAsserted(() -> assertThat(lines("routes")).containsExactly("-4 route replace 10.244.0.0/24 via 10.77.0.11 proto 202"));
    }

    @Test
    void bothFamiliesHaveBlocksRoutesAndRules() throws Exception {
        stop();
        Files.deleteIfExists(state.resolve("rules-of-iptables"));
        Programs.script(bin.resolve("kubectl"), KUBECTL_OF_BOTH);
        begin("10.244.1.0/24,fd00:244:0:1::/64", "10.244.0.0/16,fd00:244::/48", "10.96.0.0/12,fd00:96::/112");

        await().untilAsserted(() -> assertThat(lines("routes")).containsExactly(
                "-4 route replace 10.244.0.0/24 via 10.77.0.11 proto 202", "-6 route replace fd00:244::/64 via fd00:77::11 proto 202",
                "-6 route del fd00:244:0:2::/64 proto 202"));
        for (String tables : List.of("iptables", "ip6tables")) {
            assertThat(lines("rules-of-" + tables)).hasSize(4);
        }
        assertThat(lines("rules-of-ip6tables")).first().asString()
                .startsWith("-w -t nat -A POSTROUTING -s fd00:244:0:1::/64 ! -d fd00:244::/48 ");
        assertThat(lines("rules-of-ip6tables")).anyMatch(rule -> rule.contains("-d fd00:96::/112 "));
        assertThat(lines("calls")).anyMatch(call -> call.contains(
                "{\"spec\":{\"podCIDR\":\"10.244.1.0/24\",\"podCIDRs\":[\"10.244.1.0/24\",\"fd00:244:0:1::/64\"]}}"));
    }

    @Test
    void whyTheListIsRefusedIsLoggedOnce() {
        await().untilAsserted(() -> assertThat(lines("calls")).filteredOn(call -> call.contains("get nodes -o")).hasSizeGreaterThan(2));
        assertThat(log).content().containsOnlyOnce("cannot list the nodes: " + REFUSED);
    }
}
