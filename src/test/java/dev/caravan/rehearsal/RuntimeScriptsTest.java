package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The scripts of runtimes and images by themselves, on a scratch directory, with the words of the real tools: containerd 1.6.20
 * of Debian 12 and 2.4.2 of Docker, apt-cache, dpkg-query and kubeadm 1.37.
 */
class RuntimeScriptsTest {
    private static final String IMAGE = "registry.example/k8s/pause:3.10.2";

    @TempDir
    Path root;

    private Path config;

    private record Result(int status, String log, List<String> changes) {}

    @BeforeEach
    void host() throws IOException {
        config = root.resolve("etc/containerd/config.toml");
        Files.createDirectories(config.getParent());
        Files.createDirectories(root.resolve("bin"));
        Files.writeString(root.resolve("etc/os-release"), "ID=debian\nVERSION_ID=\"12\"\n");
        Files.writeString(root.resolve("etc/passwd"), "");
        Files.writeString(root.resolve("etc/group"), "");
        command("apt-get", "echo \"apt-get $*\" >> \"$CARAVAN_ROOT/calls\"");
        command("apt-cache", ":");
        command("apt-mark", "case $1 in showhold) cat \"$CARAVAN_ROOT/held\" 2>/dev/null ;; hold) echo \"$2\" >> \"$CARAVAN_ROOT/held\" ;; "
                + "esac; true");
        command("dpkg", ":");
        command("dpkg-query", "case \"$*\" in *Conffiles*) echo ' /etc/containerd/config.toml 773cf1c5a249197a8ef37a08ac168414' ;; "
                + "*Status*' containerd') echo 'ii 1.6.20~ds1-1+deb12u3' ;; esac");
        command("systemctl", "echo \"systemctl $*\" >> \"$CARAVAN_ROOT/calls\"");
        command("kubeadm",
                "[ \"$*\" = 'config images list --image-repository registry.example/k8s --kubernetes-version v1.37.2' ] || [ \"$4\" = "
                        + "--config ] || exit 1\n"
                + "printf 'registry.example/k8s/%s\\n' kube-apiserver:v1.37.2 kube-proxy:v1.37.2 coredns:v1.14.6 pause:3.10.2 "
                + "etcd:3.7.0-0");
    }

    @Test
    void theFileThatDebiansPackageBroughtIsReplacedOnce() throws Exception {
        containerd("1.6.20~ds1", resource("debian-1.6.20.toml"), resource("debian-1.6.20.toml"));

        Result first = run("runtime-install", Map.of());

        assertThat(first.status()).as(first.log()).isZero();
        assertThat(first.changes()).contains("update /etc/containerd/config.toml");
        assertThat(config).content().contains("version = 2", "sandbox_image = \"" + IMAGE + "\"", "bin_dir = \"/opt/cni/bin\"");
        assertThat(root.resolve("calls")).content().contains("systemctl restart containerd.service");
        assertThat(run("runtime-install", Map.of()).changes()).isEmpty();
    }

    @Test
    void theSameFileWithALineOfSomebodyElseIsCompletedOrRefusedByName() throws Exception {
        containerd("1.6.20~ds1", resource("debian-1.6.20.toml"), resource("debian-1.6.20.toml") + "oom_score = -999\n");

        Result refused = run("runtime-install", Map.of());

        assertThat(refused.status()).isEqualTo(1);
        assertThat(refused.log()).contains("config.toml is not ours to replace", "its sandbox image is not " + IMAGE,
                "SystemdCgroup is not true");
        assertThat(config).content().contains("oom_score = -999", "bin_dir = \"/opt/cni/bin\"");
    }

    /* A distribution's own containerd on hosts with dnf. rpm 4.18 prints a line for each file that differs: 5 is the content. */
    @ParameterizedTest
    @CsvSource({"0, '', true", "0, '.......T.  c /etc/containerd/config.toml', true", "0, 'S.5....T.  c /etc/containerd/other.toml', true",
        "0, 'S.5....T.  c /etc/containerd/config.toml', false", "1, '', false"})
    void onlyAFileThatIsAsItsRpmBroughtItIsReplaced(int owned, String differs, boolean replaced) throws Exception {
        containerd("1.6.20~ds1", resource("debian-1.6.20.toml"), resource("debian-1.6.20.toml"));
        Files.writeString(root.resolve("etc/os-release"), "ID=fedora\nVERSION_ID=42\n");
        command("yum", ":");
        command("rpm", "case $1 in -qf) exit " + owned + " ;; -Vf) echo '" + differs + "'; [ -z '" + differs + "' ] ;; esac");

        Result result = run("runtime-install", Map.of());

        assertThat(result.status()).as(result.log()).isEqualTo(replaced ? 0 : 1);
        assertThat(result.log().contains("config.toml is not ours to replace")).isEqualTo(!replaced);
        assertThat(Files.readString(config).contains("# Written by Caravan.")).isEqualTo(replaced);
    }

    @Test
    void containerdTwoGetsItsOwnTablesAndBothPluginDirectories() throws Exception {
        containerd("2.4.2", resource("dump-2.4.2.toml"), "disabled_plugins = [\"cri\"]\n");

        Result first = run("runtime-install", Map.of());

        assertThat(first.status()).as(first.log()).isZero();
        assertThat(config).content().contains("version = 3", "sandbox = '" + IMAGE + "'", "bin_dirs = ['/opt/cni/bin', '/usr/lib/cni']",
                "SystemdCgroup = true");
        assertThat(run("runtime-install", Map.of()).changes()).isEmpty();
    }

    @Test
    void whatOtherPluginsCallBinDirAndConfigPathIsNotTakenForTheCri() throws Exception {
        containerd("2.4.2", resource("dump-2.4.2.toml"), "version = 4\noom_score = 1\n");

        Result refused = run("runtime-install", Map.of());

        assertThat(refused.status()).isEqualTo(1);
        assertThat(refused.log()).contains("it does not look for CNI plugins in /opt/cni/bin", "it does not read /etc/containerd/certs.d",
                "its sandbox image is not " + IMAGE);
    }

    @Test
    void anExactVersionIsHeldOnce() throws Exception {
        containerd("1.6.20~ds1", "", resource("debian-1.6.20.toml"));

        assertThat(run("runtime-install", Map.of("RUNTIME_VERSION", "1.6.20")).changes()).contains("hold containerd at its version");
        assertThat(root.resolve("held")).hasContent("containerd");
        assertThat(run("runtime-install", Map.of("RUNTIME_VERSION", "1.6.20")).changes()).isEmpty();
        Files.delete(root.resolve("held"));
        assertThat(run("runtime-install", Map.of()).changes()).isEmpty();
    }

    @Test
    void anotherVersionIsInstalledOnADrainedNodeOnlyAndNeverAnOlderOne() throws Exception {
        containerd("1.6.20~ds1", "", resource("debian-1.6.20.toml"));

        Result running = run("runtime-install", Map.of("RUNTIME_VERSION", "2.4.2"));
        assertThat(running.status()).isEqualTo(1);
        assertThat(running.log()).contains("containerd 1.6.20 is installed, the spec asks for 2.4.2",
                "Caravan upgrades the runtime of nodes only");
        Result older = run("runtime-install", Map.of("RUNTIME_VERSION", "1.5.9", "NODE_DRAINED", "yes"));
        assertThat(older.status()).isEqualTo(1);
        assertThat(older.log()).contains("containerd 1.6.20 is installed, the spec asks for the older 1.5.9");
    }

    @Test
    void anOldKubernetesTakesADockerThatServesIt() throws Exception {
        madison(" docker-ce | 5:29.0.1-1~debian.12~bookworm | http://m bookworm/stable amd64 Packages",
                " docker-ce | 5:28.5.2-1~debian.12~bookworm | http://m bookworm/stable amd64 Packages",
                " docker-ce | 5:20.10.24~3-0~debian-bookworm | http://m bookworm/stable amd64 Packages");

        run("runtime-install", docker());

        assertThat(root.resolve("calls")).content().contains(" docker-ce=5:28.5.2-1~debian.12~bookworm").doesNotContain("29.0.1");
    }

    @Test
    void whereOnlyNewerDockersAreThatIsSaid() throws Exception {
        madison(" docker-ce | 5:29.0.1-1~debian.12~bookworm | http://m bookworm/stable amd64 Packages");

        Result refused = run("runtime-install", docker());

        assertThat(refused.status()).isEqualTo(1);
        assertThat(refused.log()).contains("have Docker 29.0.1, and none up to 28", "Kubernetes 1.20", "runtime.version: 29.0.1");
        assertThat(root.resolve("calls")).satisfiesAnyOf(calls -> assertThat(calls).doesNotExist(),
                calls -> assertThat(calls).content().doesNotContain("install"));
    }

    @Test
    void theDropInOfCriOIsReadAfterItsPackagesOwn() throws Exception {
        command("crio", ":");
        Path directory = Files.createDirectories(root.resolve("etc/crio/crio.conf.d"));
        Files.writeString(directory.resolve("10-crio.conf"), "[crio.image]\npause_image = \"registry.k8s.io/pause:3.10\"\n");
        Files.writeString(directory.resolve("10-caravan.conf"), "[crio.image]\n");
        Map<String, String> crio = Map.of("RUNTIME", "cri-o", "CRI_SOCKET", "unix:///var/run/crio/crio.sock");

        Result first = run("runtime-install", crio);

        assertThat(first.status()).as(first.log()).isZero();
        assertThat(directory.resolve("20-caravan.conf")).content()
                .contains("pause_image = \"" + IMAGE + "\"", "cgroup_manager = \"systemd\"");
        assertThat(directory.resolve("10-caravan.conf")).doesNotExist();
        assertThat(first.log()).contains("found file /etc/crio/crio.conf.d/10-caravan.conf");
        assertThat(run("runtime-install", crio).changes()).isEmpty();
    }

    @Test
    void withoutCrictlContainerdsOwnClientPullsAndAWorkerTakesItsOwn() throws Exception {
        command("ctr", "case $4 in pull) echo \"$*\" >> \"$CARAVAN_ROOT/pulled\" ;; esac");

        Result pulled = run("images-pull", Map.of("NODE_ROLES", "worker"));

        assertThat(pulled.status()).as(pulled.log()).isZero();
        assertThat(Files.readAllLines(root.resolve("pulled"))).hasSize(3).allSatisfy(call ->
                assertThat(call).startsWith("--namespace k8s.io images pull --hosts-dir " + root
                        + "/etc/containerd/certs.d registry.example/k8s/"));
        assertThat(pulled.changes()).contains("pull " + IMAGE).noneMatch(change -> change.contains("etcd"));
    }

    @Test
    void withNothingThatAsksTheRuntimeTheRemedyIsCriToolsAndNotTheRegistry() throws Exception {
        Result refused = run("images-pull", Map.of("RUNTIME", "cri-o", "NODE_ROLES", "control-plane"));

        assertThat(refused.status()).isEqualTo(1);
        assertThat(refused.log()).contains("there is no crictl on this host", "Install cri-tools").doesNotContain("reach the registry");
    }

    @Test
    void theDirectoryThatDpkgTakesAwayWithItsLastPackageIsThereAgainAndOthersFilesStay() throws Exception {
        Path opt = Files.createDirectories(root.resolve("opt"));
        String lib = ". routes/scripts/lib.sh; ";
        Process recorded = shell(lib + "keep_tree \"$R/opt\" 0");
        String found = new String(recorded.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8)
                .replace("caravan-found\t", "");
        Files.writeString(root.resolve("undo-stdin"), found);
        Files.delete(opt);

        assertThat(shell("sh routes/scripts/undo.sh < \"$CARAVAN_ROOT/undo-stdin\"").waitFor()).isZero();
        assertThat(opt).isEmptyDirectory();

        Files.writeString(opt.resolve("somebody"), "else's");
        assertThat(shell("sh routes/scripts/undo.sh < \"$CARAVAN_ROOT/undo-stdin\"").waitFor()).isZero();
        assertThat(opt.resolve("somebody")).exists();
    }

    /** A configuration that is piped to what installs the service, for example: that part of the pipeline is a shell of its own. */
    @Test
    void whatIsInstalledInAPipelineIsRecordedOnceAndAsComplete() throws Exception {
        Files.writeString(root.resolve("installed"), "ii one:amd64=1\n");
        command("dpkg-query", "cat \"$CARAVAN_ROOT/installed\"");
        String install = "FAMILY=apt; keep_packages; echo 'ii two:amd64=1' >> \"$R/installed\"";
        for (String part : List.of(install, "echo | { " + install + "; }; ended=$?", "echo | { " + install + "; exit 3; }; ended=$?")) {
            Files.writeString(root.resolve("installed"), "ii one:amd64=1\n");
            Process process = shell(". routes/scripts/lib.sh; set +e; ended=0; " + part + "; exit $ended");
            String said = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);

            assertThat(process.waitFor()).as(said).isEqualTo(part.contains("exit 3") ? 3 : 0);
            assertThat(said.lines().filter(line -> line.startsWith("caravan-found\tpackage\t")))
                    .containsExactly("caravan-found\tpackage\ttwo:amd64=1\tcame");
            assertThat(said.lines().filter(line -> line.startsWith("caravan-found\tpackages-done"))).hasSize(1);
        }
    }

    private Process shell(String text) throws IOException {
        ProcessBuilder builder = new ProcessBuilder("sh", "-c", text).redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().putAll(Map.of("CARAVAN_ROOT", root.toString(), "CARAVAN_RESULT", root.resolve("result").toString(),
                "CARAVAN_LIB", "routes/scripts", "PATH", root.resolve("bin") + ":/usr/bin:/bin"));
        return builder.start();
    }

    private static Map<String, String> docker() {
        return Map.of("RUNTIME", "docker", "CRI_SOCKET", "/var/run/dockershim.sock", "KUBERNETES_VERSION", "1.20.2",
                "KUBERNETES_MINOR", "20");
    }

    /* What containerd makes of a file of Caravan's holds that file's settings; of another it is the dump. */
    private void containerd(String version, String dump, String configuration) throws IOException {
        Files.writeString(config, configuration);
        Files.writeString(root.resolve("dump"), dump);
        command("containerd", "case \"$*\" in --version) echo 'containerd github.com/containerd/containerd " + version + " 0' ;;\n"
                + "'config dump') if grep -q '^# Written by Caravan' \"$CARAVAN_ROOT/etc/containerd/config.toml\"; "
                + "then cat \"$CARAVAN_ROOT/etc/containerd/config.toml\"; else cat \"$CARAVAN_ROOT/dump\"; fi ;; esac");
    }

    private void madison(String... lines) throws IOException {
        Files.writeString(root.resolve("madison"), String.join("\n", lines) + "\n");
        command("apt-cache", "if [ \"$2\" = docker-ce ]; then cat \"$CARAVAN_ROOT/madison\"; fi");
    }

    private void command(String name, String body) throws IOException {
        Programs.script(root.resolve("bin").resolve(name), body);
    }

    private static String resource(String name) throws IOException {
        return Files.readString(Path.of("src/test/resources/containerd", name));
    }

    private Result run(String script, Map<String, String> more) throws Exception {
        Path result = root.resolve("result");
        Files.deleteIfExists(result);
        Files.deleteIfExists(root.resolve("found"));
        Map<String, String> environment = new HashMap<>(Map.of("RUNTIME", "containerd", "RUNTIME_VERSION", "",
                "CRI_SOCKET", "unix:///run/containerd/containerd.sock",
                "CGROUP_DRIVER", "systemd", "INSECURE_REGISTRIES", "registry.example:5000", "KUBERNETES_VERSION", "1.37.2",
                "KUBERNETES_MINOR", "37", "IMAGE_REPOSITORY", "registry.example/k8s"));
        environment.putAll(more);
        ScriptRun ran = ScriptRun.of(script, root, environment);
        List<String> changes = Files.exists(result)
                ? Files.readAllLines(result).stream().filter(line -> line.startsWith("change\t")).map(line -> line.substring(7)).toList()
                : List.of();
        return new Result(ran.status(), ran.log().replace("caravan-found\t", "found ").replace('\t', ' '), changes);
    }
}
