package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.packages.Family;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** If a runtime's lists of images and pods cannot be read, no script takes them for empty. */
class UnreadableRuntimeTest extends PackageScripts {
    /* keep_node is the record that an undo compares with: an empty list would make it remove every image of the host. */
    @Test
    void anImageListThatCannotBeReadIsNoEmptyList() throws IOException {
        try (Host host = withoutCrictl()) {
            Path probe = host.root().resolve("run/probe.sh");
            Files.writeString(probe, "CARAVAN_LIB='" + StepDriver.SCRIPTS.toAbsolutePath()
                    + "'\n. \"$CARAVAN_LIB/lib.sh\"\nRUNTIME=containerd CRI_SOCKET=/run/containerd/containerd.sock\nkeep_node\n");
            try (Connection connection = new Connection(host.rehearsal.host("h1"))) {
                Connection.Answer answer = connection.run("sh '" + probe + "'");

                assertThat(answer.status()).isEqualTo(1);
                assertThat(answer.out()).contains("failed: could not list the images of containerd").contains("crictl: not found")
                        .doesNotContain("found images");
            }
        }
    }

    @Test
    void anUndoSaysThatItCouldNotSeeTheImages() throws IOException {
        try (Host host = withoutCrictl()) {

            Connection.Answer answer = host.undo("undo-images-pull", "image\tregistry.example/pause:3.10\tabsent\n");

            assertThat(answer.status()).as(answer.out()).isEqualTo(75);
            assertThat(answer.out())
                    .contains("left: images that were pulled: the images of containerd could not be listed: crictl: not found");
        }
    }

    /** A reset without records removes the cluster's files all the same; pods that still run must not be forgotten. */
    @Test
    void aResetNamesThePodsThatItCouldNotSeeUnlessNoRuntimeRuns() throws IOException {
        try (Host host = withoutCrictl()) {
            Path member = Files.createDirectories(host.root().resolve("etc/kubernetes")).resolve("kubelet.conf");
            Files.writeString(member, "");

            Connection.Answer answer = host.undo("reset-host", "");

            assertThat(answer.status()).as(answer.out()).isEqualTo(75);
            assertThat(answer.out()).contains("left: pods of containerd, if there are any: they could not be listed: crictl: not found");
            try (Connection connection = new Connection(host.rehearsal.host("h1"))) {
                assertThat(connection.run("systemctl stop containerd.service").status()).isZero();
            }
            Files.writeString(Files.createDirectories(member.getParent()).resolve("kubelet.conf"), "");
            Connection.Answer stopped = host.undo("reset-host", "");
            assertThat(stopped.status()).as(stopped.out()).isZero();
            assertThat(stopped.out()).doesNotContain("left: ");
        }
    }

    private Host withoutCrictl() throws IOException {
        Host host = start("1.37.2", Family.YUM);
        for (String step : List.of("package-repository", "kube-install", "runtime-install")) {
            host.run(step);
        }
        host.command("crictl", "echo 'crictl: not found' >&2; exit 127");
        return host;
    }
}
