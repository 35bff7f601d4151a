package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.caravan.packages.Family;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What stand-in commands answer, asked over SSH as scripts' commands are. */
class StandInsTest {
    private static final Path STANDINS = Path.of("src/main/resources/rehearsal/standins");
    private static final String KUBERNETES_REPO =
            "printf '[kubernetes]\\nbaseurl=https://mirror.example/kubernetes-el7\\nenabled=1\\ngpgcheck=1\\n"
            + "gpgkey=https://mirror.example/key\\nexclude=kubelet kubeadm kubectl\\n' > "
            + "\"$CARAVAN_ROOT/etc/yum.repos.d/kubernetes.repo\"; ";
    private static final String RUNTIME_REPO =
            "printf '[docker-ce-stable]\\nbaseurl=https://mirror.example/docker-ce\\nenabled=1\\ngpgcheck=0\\n' > "
            + "\"$CARAVAN_ROOT/etc/yum.repos.d/docker-ce.repo\"; ";

    @RegisterExtension
    final Scratch scratch = new Scratch();

    @Test
    void theListOfStandInsIsTheDirectorys() throws IOException {
        try (Stream<Path> files = Files.list(STANDINS)) {
            List<String> names = files.map(file -> file.getFileName().toString()).filter(name -> !name.equals("contents"))
                    .sorted().toList();
            assertThat(Files.readAllLines(STANDINS.resolve("contents")).stream().filter(line -> !line.startsWith("#")).sorted())
                    .isEqualTo(names);
        }
    }

    @Tag("long")
    @Test
    void shellcheckHasNothingToSay() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/shellcheck")), "shellcheck is not installed here");
        try (Stream<Path> files = Files.list(STANDINS)) {
            List<String> command = new java.util.ArrayList<>(List.of("/usr/bin/shellcheck", "-x", "../bare-host.sh"));
            files.map(file -> file.getFileName().toString()).filter(name -> !name.equals("contents")).forEach(command::add);
            Process process = new ProcessBuilder(command).directory(STANDINS.toFile()).redirectErrorStream(true).start();
            String said = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
            assertThat(process.waitFor()).as(said).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "yum frobnicate", "yum install --frobnicate x", "rpm --frobnicate", "rpm -q --qf %{FROBNICATE} curl", "systemctl frobnicate",
        "systemctl --frobnicate start x", "sysctl --frobnicate",
        "modprobe --frobnicate x", "swapoff --frobnicate", "ip frobnicate", "ip route frobnicate", "hostname --frobnicate",
        "curl --frobnicate http://x/", "gpg --frobnicate", "sudo --frobnicate true"
    })
    void whatAStandInDoesNotKnowIsSeen(String command) throws IOException {
        try (SimulatedHost host = start(Family.YUM); Connection connection = new Connection(host)) {
            Connection.Answer answer = connection.run(command);
            assertThat(answer.status()).isEqualTo(64);
            assertThat(answer.err()).startsWith("rehearsal: " + command.split(" ")[0] + " stand-in does not know ");
        }
    }

    @Test
    void yumInstallsOnlyWhatARepositoryHasAndDoesNotExclude() throws IOException {
        try (SimulatedHost host = start(Family.YUM); Connection connection = new Connection(host)) {
            assertThat(connection.run("yum install -y -q kubelet-1.20.2").err()).contains("Unable to find a match: kubelet-1.20.2");
            assertThat(connection.run(KUBERNETES_REPO + "yum install -y -q kubelet-1.20.2").status()).as("excluded").isEqualTo(1);
            assertThat(connection.run("yum install -y -q --disableexcludes=kubernetes kubelet-9.9.9").status()).as("no such version")
                    .isEqualTo(1);
            assertThat(connection.run("yum install -y -q --disableexcludes=kubernetes kubelet-1.20.2 kubeadm-1.20.2 kubectl-1.20.2")
                    .status()).isZero();
            assertThat(connection.run("kubeadm version -o short; kubelet --version; rpm -q --qf '%{VERSION}\\n' kubectl; "
                    + "rpm -q --qf '%{NAME}=%|EPOCH?{%{EPOCH}}:{0}|:%{VERSION}-%{RELEASE}.%{ARCH}\n' kubeadm; rpm -q nothing").out())
                    .isEqualTo("v1.20.2\nKubernetes v1.20.2\n1.20.2\nkubeadm=0:1.20.2-0.x86_64\npackage nothing is not installed\n");
            assertThat(connection.run("yum remove -y -q kubelet; command -v kubeadm || command -v kubelet || echo gone").out())
                    .isEqualTo("gone\n");
        }
    }

    @Test
    void yumTakesNoSignedRepositoryWithoutItsKey() throws IOException {
        try (SimulatedHost host = start(Family.YUM); Connection connection = new Connection(host)) {
            Connection.Answer answer = connection.run(KUBERNETES_REPO.replace("gpgkey=https://mirror.example/key\\n", "")
                    + "yum install -y --disableexcludes=all kubectl");
            assertThat(answer.status()).isEqualTo(1);
            assertThat(answer.err()).contains("GPG check FAILED");
        }
    }

    @Test
    void aptNeedsAnUpdateASignedSourceAndHoldsPackages() throws IOException {
        String source = "echo 'deb [signed-by=/etc/apt/keyrings/k.asc] https://mirror.example/kubernetes/apt kubernetes-xenial main' > "
                + "\"$CARAVAN_ROOT/etc/apt/sources.list.d/k.list\"; ";
        try (SimulatedHost host = start(Family.APT); Connection connection = new Connection(host)) {
            assertThat(connection.run(source + "apt-get update").err()).contains("NO_PUBKEY");
            assertThat(connection.run("apt-get install -y kubelet").err()).contains("Unable to locate package kubelet");
            assertThat(connection.run("echo key > \"$CARAVAN_ROOT/etc/apt/keyrings/k.asc\"; apt-get update -q").status()).isZero();
            assertThat(connection.run("apt-cache madison kubelet").out()).contains("1.20.2-00").contains("1.20.1-00");
            assertThat(connection.run("apt-get install -y -q kubelet=1.20.2-00").status()).isZero();
            assertThat(connection.run("dpkg-query -W -f '${db:Status-Abbrev}${Version}\\n' kubelet; systemctl is-enabled kubelet").out())
                    .isEqualTo("ii 1.20.2-00\nenabled\n");
            assertThat(connection.run("apt-mark hold kubelet >/dev/null; apt-mark showhold; apt-get remove -y kubelet").err())
                    .contains("Held packages");
        }
    }

    @Test
    void aRuntimeRunsAsItsConfigurationSaysAndKubeletWaitsForKubeadm() throws IOException {
        try (SimulatedHost host = start(Family.YUM); Connection connection = new Connection(host)) {
            connection.run(KUBERNETES_REPO + RUNTIME_REPO
                    + "yum install -y -q docker-ce; yum install -y -q --disableexcludes=all kubelet kubeadm");
            assertThat(connection.run("docker info").err()).contains("Is the docker daemon running?");
            String configure = "mkdir -p \"$CARAVAN_ROOT/etc/docker\"; echo '{\"exec-opts\": [\"native.cgroupdriver=systemd\"]}' > "
                    + "\"$CARAVAN_ROOT/etc/docker/daemon.json\"; ";
            assertThat(connection.run("systemctl enable --now docker 2>/dev/null; docker info -f '{{.CgroupDriver}}'").out())
                    .isEqualTo("cgroupfs\n");
            assertThat(connection.run(configure + "docker info -f '{{.CgroupDriver}}'").out()).as("before a restart")
                    .isEqualTo("cgroupfs\n");
            assertThat(connection.run("systemctl restart docker; docker info -f '{{.CgroupDriver}}'").out()).isEqualTo("systemd\n");
            assertThat(connection.run("systemctl enable --now -q kubelet; systemctl is-active kubelet").out()).isEqualTo("activating\n");
            assertThat(connection.run("crictl --runtime-endpoint unix:///run/containerd/containerd.sock version").err())
                    .as("containerd.io ships with CRI switched off").contains("unknown service");
        }
    }

    @Test
    void kubeadmRefusesAHostThatIsNotReadyForIt() throws IOException {
        try (SimulatedHost host = start(Family.YUM); Connection connection = new Connection(host)) {
            connection.run(KUBERNETES_REPO
                    + "yum install -y -q --disableexcludes=all kubeadm; echo '0.0.0.0 6443 77 nginx' > "
                    + "\"$CARAVAN_ROOT/.rehearsal/listening\"");
            Connection.Answer answer = connection.run("kubeadm init");
            assertThat(answer.status()).isEqualTo(1);
            assertThat(answer.err()).contains("[ERROR Swap]", "[ERROR Port-6443]", "[ERROR CRI]", "bridge-nf-call-iptables");
            assertThat(connection.run("ss -ltnp").out()).contains("0.0.0.0:6443").contains("users:((\"nginx\",pid=77,fd=3))");
            assertThat(connection.run("kubectl get nodes").err()).contains("was refused");
        }
    }

    @ParameterizedTest
    @EnumSource(Family.class)
    void nothingOutsideTheScratchDirectoryIsWritten(Family family) throws IOException {
        Path canary = Files.createDirectories(scratch.parent().resolve("canary"));
        Files.writeString(canary.resolve("file"), "as it was");
        try (SimulatedHost host = start(family); Connection connection = new Connection(host, "../../canary")) {
            Connection.Answer answer = connection.run("cd; pwd; touch here; mktemp; swapoff -a; modprobe br_netfilter; "
                    + "sysctl -w net.ipv4.ip_forward=1; echo end");
            assertThat(answer.out()).startsWith(host.root().toString()).endsWith("end\n");
            try (Stream<Path> beside = Files.walk(scratch.parent())) {
                assertThat(beside.filter(path -> !path.startsWith(scratch.directory()) && !path.equals(scratch.parent())))
                        .containsExactlyInAnyOrder(canary, canary.resolve("file"));
            }
        }
    }

    private SimulatedHost start(Family family) throws IOException {
        return SimulatedHost.start("h1", family, scratch.directory());
    }
}
