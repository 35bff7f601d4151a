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

/** When api-server-restart restarts the API server. The log's lines are those of 1.20.2 whose etcd waited for its second member. */
class ApiServerRestartScriptTest {
    private static final String NO_LEADER = """
            I1130 18:21:23.516058       1 tlsconfig.go:240] Starting DynamicServingCertificateController
            E1130 18:21:48.971219       1 watcher.go:218] watch chan error: etcdserver: no leader
            W1130 18:21:48.974015       1 reflector.go:436] storage/cacher.go:/storageclasses: watch of *storage.StorageClass ended with: \
            Internal error occurred: etcdserver: no leader
            """;
    private static final String CALM = "I1130 18:21:23.516058       1 tlsconfig.go:240] Starting DynamicServingCertificateController\n";

    /** Both clients of runtimes: a container that was stopped is followed by another one, as a kubelet does. */
    private static final String RUNTIME = """
            number=$(cat "$CARAVAN_ROOT/container")
            case " $* " in
              *" ps "*) echo "$number" ;;
              *" logs "*) if [ -f "$CARAVAN_ROOT/log" ]; then cat "$CARAVAN_ROOT/log" >&2; else echo 'no such log' >&2; exit 1; fi ;;
              *" stop "*) echo "stop $number" >> "$CARAVAN_ROOT/calls"; echo "$((number + 1))" > "$CARAVAN_ROOT/container" ;;
              *) echo "unexpected: $*" >&2; exit 1 ;;
            esac""";

    @TempDir
    Path root;

    @BeforeEach
    void host() throws IOException {
        ScriptRun.controlPlane(root, Map.of("docker", RUNTIME, "crictl", RUNTIME,
                "kubectl", "case \" $* \" in *\" /readyz \"*) ;; *) exit 1 ;; esac"));
        Files.writeString(root.resolve("container"), "1\n");
        Files.writeString(root.resolve("calls"), "");
    }

    @Test
    void anApiServerWhoseEtcdHadNoLeaderIsRestarted() throws Exception {
        ScriptRun restarted = restart("docker", NO_LEADER);

        assertThat(restarted.status()).as(restarted.log()).isZero();
        assertThat(calls()).containsExactly("stop 1");
        assertThat(restarted.log()).contains("restart kube-apiserver, because its etcd had no leader");
    }

    @Test
    void withContainerdAsWell() throws Exception {
        assertThat(restart("containerd", NO_LEADER).status()).isZero();
        assertThat(calls()).containsExactly("stop 1");
    }

    @Test
    void anApiServerWhoseEtcdAlwaysHadALeaderRunsOn() throws Exception {
        assertThat(restart("docker", CALM).status()).isZero();
        assertThat(calls()).isEmpty();
    }

    @Test
    void aLogThatCannotBeReadIsNamedAndNothingIsRestarted() throws Exception {
        ScriptRun looked = restart("containerd", null);

        assertThat(looked.status()).as(looked.log()).isZero();
        assertThat(looked.log()).contains("the log of kube-apiserver cannot be read: no such log");
        assertThat(calls()).isEmpty();
    }

    @Test
    void aPlanRestartsNothing() throws Exception {
        assertThat(restart("docker", NO_LEADER, Map.of("CARAVAN_PLAN", "1")).status()).isZero();
        assertThat(calls()).isEmpty();
    }

    private List<String> calls() throws IOException {
        return Files.readAllLines(root.resolve("calls"));
    }

    private ScriptRun restart(String runtime, String log) throws Exception {
        return restart(runtime, log, Map.of());
    }

    private ScriptRun restart(String runtime, String log, Map<String, String> more) throws Exception {
        if (log != null) {
            Files.writeString(root.resolve("log"), log);
        }
        Map<String, String> environment = new HashMap<>(Map.of("RUNTIME", runtime, "CRI_SOCKET", "unix:///run/containerd/containerd.sock",
                "NODE_NAME", "h1", "KUBERNETES_MINOR", "20", "RESTART_SECONDS", "10"));
        environment.putAll(more);
        return ScriptRun.of("api-server-restart", root, environment);
    }
}
