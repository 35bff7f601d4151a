package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * When drain-node begins: a kubectl gives the leases of the controller manager one after the other, the last of them again and again. The
 * times are those of a cluster whose controller manager was restarted with its kubelet.
 */
class DrainNodeScriptTest {
    private static final String ENDED = "2026-11-29T22:44:11.100000Z 2026-11-29T22:44:24.200000Z";
    private static final String ELECTED = "2026-11-29T22:44:41.300000Z 2026-11-29T22:44:41.300000Z";
    private static final String RENEWED = "2026-11-29T22:44:41.300000Z 2026-11-29T22:44:49.400000Z";
    private static final String AT_WORK = "2026-11-29T22:44:41.300000Z 2026-11-29T22:44:51.500000Z";

    private static final String KUBECTL = """
            case " $* " in
              *" /readyz "*) ;;
              *" get node h2 "*" name "*) echo node/h2 ;;
              *" get node h2 "*) ;;
              *" get pods "*) echo 'default/whoami Running ReplicaSet' ;;
              *" get lease kube-controller-manager "*)
                lease=$(head -n 1 "$CARAVAN_ROOT/leases")
                if [ "$(wc -l < "$CARAVAN_ROOT/leases")" -gt 1 ]; then sed -i 1d "$CARAVAN_ROOT/leases"; fi
                printf %s "$lease"
                echo "lease $lease" >> "$CARAVAN_ROOT/calls"
                ;;
              *" annotate node h2 "*) echo annotate >> "$CARAVAN_ROOT/calls" ;;
              *" drain h2 "*) echo drain >> "$CARAVAN_ROOT/calls" ;;
              *) echo "unexpected: $*" >&2; exit 1 ;;
            esac""";

    @TempDir
    Path root;

    @BeforeEach
    void host() throws IOException {
        ScriptRun.controlPlane(root, Map.of("kubectl", KUBECTL));
    }

    @Test
    void aDrainWaitsUntilTheControllerManagerThatTookOverIsAtWork() throws Exception {
        ScriptRun drained = drain(Map.of(), ENDED, ENDED, ENDED, ELECTED, RENEWED, AT_WORK);

        assertThat(drained.status()).as(drained.log()).isZero();
        assertThat(calls()).containsExactly("lease " + ENDED, "lease " + ENDED, "lease " + ENDED, "lease " + ELECTED, "lease " + RENEWED,
                "lease " + AT_WORK, "annotate", "drain");
    }

    @Test
    void withoutAControllerManagerNothingIsEvictedAndTheNodeIsAsBefore() throws Exception {
        ScriptRun refused = drain(Map.of("CONTROLLERS_SECONDS", "1"), ENDED);

        assertThat(refused.status()).isEqualTo(75);
        assertThat(refused.log()).contains("no controller manager has led the cluster for 1 s", "pods of h2",
                "kubectl -n kube-system get lease");
        assertThat(calls()).containsOnly("lease " + ENDED);
    }

    @Test
    void byForceItIsDrainedAllTheSame() throws Exception {
        ScriptRun drained = drain(Map.of("CONTROLLERS_SECONDS", "1", "ON_BLOCKED", "force"), ENDED);

        assertThat(drained.status()).as(drained.log()).isZero();
        assertThat(calls()).endsWith("annotate", "drain");
    }

    @Test
    void aClusterWithoutThatLeaseIsNotWaitedFor() throws Exception {
        ScriptRun drained = drain(Map.of(), "");

        assertThat(drained.status()).as(drained.log()).isZero();
        assertThat(calls()).containsExactly("lease ", "annotate", "drain");
    }

    private List<String> calls() throws IOException {
        return Files.readAllLines(root.resolve("calls"));
    }

    private ScriptRun drain(Map<String, String> more, String... leases) throws Exception {
        Files.writeString(root.resolve("leases"), String.join("\n", leases) + "\n");
        Map<String, String> environment = new HashMap<>(Map.of("NODE", "h2", "NODE_NAME", "h1", "KUBERNETES_MINOR", "37"));
        environment.putAll(more);
        return ScriptRun.of("drain-node", root, environment);
    }
}
