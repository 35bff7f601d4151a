package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.Programs;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What lib.sh quotes of kubeadm's output in a message: the cause, by old and new programs' words, and nothing beside it. */
class KubeadmWordsTest {
    private static final String CONNECTION_REFUSED = "failed while waiting for the control plane to start: [kube-scheduler check failed at";

    @TempDir
    Path scratch;

    @BeforeEach
    void commands() throws IOException {
        command("systemctl", "echo activating");
        command("journalctl",
                "echo 'I1128 10:00:00.000000 1 server.go:1] starting'; echo 'E1128 10:00:01.000000 1 run.go:72] \"command failed\" "
                        + "err=\"swap is on\"'");
    }

    private void command(String name, String text) throws IOException {
        Programs.script(Files.createDirectories(scratch.resolve("bin")).resolve(name), text);
    }

    /** @param message a file of the words of real programs; its first line tells where it comes from */
    private String words(String message) throws Exception {
        String printed;
        try (InputStream in = KubeadmWordsTest.class.getResourceAsStream("/dev/caravan/step/messages/" + message)) {
            printed = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
        return quoted(printed.substring(printed.indexOf('\n') + 1));
    }

    private String quoted(String printed) throws Exception {
        Files.writeString(scratch.resolve("printed"), printed);
        ProcessBuilder builder = new ProcessBuilder(
                "sh", "-c",
                ". \"$CARAVAN_LIB/lib.sh\"; cp \"$S/printed\" \"$WORK/output\"; printf '%s%s' \"$(kubeadm_words)\" \"$(kubelet_words)\"");
        builder.environment().put("CARAVAN_LIB", StepDriver.SCRIPTS.toString());
        builder.environment().put("S", scratch.toString());
        builder.environment().put("CARAVAN_RESULT", scratch.resolve("result").toString());
        builder.environment().put("PATH", scratch.resolve("bin") + ":" + System.getenv("PATH"));
        Process process = builder.redirectErrorStream(true).start();
        String quoted = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        return quoted;
    }

    @Test
    void aControlPlaneThatDoesNotComeUpIsReportedWithKubeletsLastError() throws Exception {
        assertThat(words("control-plane/kubeadm-init-1.34-timeout.txt")).startsWith(CONNECTION_REFUSED)
                .endsWith("connect: connection refused]; kubelet: activating; E1128 10:00:01.000000 1 run.go:72] \"command failed\" "
                        + "err=\"swap is on\"");
        assertThat(words("control-plane/kubeadm-init-1.35-kubelet.txt")).startsWith("failed while waiting for the kubelet to start: ")
                .endsWith("err=\"swap is on\"");
        assertThat(words("control-plane/kubeadm-init-timeout.txt")).startsWith("couldn't initialize a Kubernetes cluster; kubelet: ");
    }

    @Test
    void aProgramThatDoesNotPrintItsErrorIsQuotedByItsChecks() throws Exception {
        String printed = "[control-plane-check] Checking kube-apiserver at https://192.0.2.19:6443/livez\n"
                + "[control-plane-check] kube-apiserver is not healthy after 4m0.000427342s\n\n"
                + "To troubleshoot, list all containers using your preferred container runtimes CLI.\n";

        assertThat(quoted(printed)).startsWith("kube-apiserver is not healthy after 4m0.000427342s; kubelet: activating; ");
    }

    /** As kubeadm 1.37.2 printed it on a host whose new API server did not know a feature gate. */
    @Test
    void theStaticPodIsNamedThatDoesNotComeUpInAnUpgrade() throws Exception {
        String etcd = "[upgrade/staticpods] Moving new manifest to \"/etc/kubernetes/manifests/etcd.yaml\" and backing up old manifest to "
                + "\"/etc/kubernetes/tmp/kubeadm-backup-manifests-2026-11-30-03-25-52/etcd.yaml\"\n"
                + "[upgrade/staticpods] Waiting for the kubelet to restart the component\n[upgrade/staticpods] This can take up to 5m0s\n"
                + "[apiclient] Found 1 Pods for label selector component=etcd\n"
                + "[upgrade/staticpods] Component \"etcd\" upgraded successfully!\n";
        String apiServer = "[upgrade/staticpods] Moving new manifest to \"/etc/kubernetes/manifests/kube-apiserver.yaml\" and backing up "
                + "old manifest to \"/etc/kubernetes/tmp/kubeadm-backup-manifests-2026-11-30-03-25-52/kube-apiserver.yaml\"\n"
                + "[upgrade/staticpods] Waiting for the kubelet to restart the component\n[upgrade/staticpods] This can take up to 5m0s\n";

        assertThat(quoted(etcd + apiServer)).isEqualTo("kube-apiserver did not come up with its new manifest");
    }

    @Test
    void checksAreReportedWithoutKubelet() throws Exception {
        assertThat(words("kubeadm-checks/kubeadm-init-1.35.txt")).isEqualTo("[ERROR FileAvailable--etc-kubernetes-manifests-etcd.yaml]:"
                + " /etc/kubernetes/manifests/etcd.yaml already exists [ERROR DirAvailable--var-lib-etcd]: /var/lib/etcd is not empty");
    }
}
