package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.packages.Family;
import dev.caravan.spec.Cluster;
import dev.caravan.testkit.Clusters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Rehearsal: the real step scripts, in the workflow's order, on simulated hosts. */
class ScriptsRehearsalTest {
    @RegisterExtension
    final Scratch scratch = new Scratch();

    @Tag("long")
    @Test
    void bringsThreeBareHostsToReadyNodesAndThenFindsNothingToDo() throws IOException {
        Map<String, Family> families = Map.of("h1", Family.YUM, "h2", Family.APT, "h3", Family.YUM);
        try (Rehearsal rehearsal = Rehearsal.start(Clusters.of(1, 2, Cluster.RuntimeName.DOCKER, Clusters.root()), List.of(),
                scratch.directory(), new Rehearsal.Options(Family.YUM, families, 0))) {
            Sequence sequence = new Sequence(rehearsal, families);
            sequence.runAll();
            sequence.assertReady(Map.of("h1", true, "h2", false, "h3", false));
            List<String> changes = new Sequence(rehearsal, families).runAll();
            assertThat(changes).as("changes of the second run").isEmpty();
        }
    }

    /** kube-proxy's words are 1.37's in the lab, as containerd writes them, and as Docker does. */
    @Tag("long")
    @Test
    void aProbeNamesWhatItDoesNotReachAndWhatTheHostSaysOfIt() throws IOException {
        try (Rehearsal rehearsal = Rehearsal.start(Clusters.of(1, 2, Cluster.RuntimeName.CONTAINERD, Clusters.root()), List.of(),
                scratch.directory(), new Rehearsal.Options(Family.YUM, Map.of(), 0))) {
            new Sequence(rehearsal, Map.of()).runAll();
            StepDriver driver = new StepDriver(rehearsal, Map.of());
            Map<String, String> limits = Map.of("PROBE_SECONDS", "1", "PROBE_DNS_SECONDS", "1", "PROBE_PEERS", "3");

            StepDriver.Result started = driver.run("h1", "probe-start", limits, "h1\nh2\nh3\n");
            String table = started.outputs().get("probes");
            assertThat(table).as(started.log()).contains("service|10.96.33.44|30555\n", "pod|h2|", "|10.244.1.9|10.77.0.12|\n");
            assertThat(driver.run("h1", "probe-start", limits, "h1\nh2\nh3\n").outputs().get("probes")).as("pods that run are used again")
                    .isEqualTo(table);
            StepDriver.Result well = driver.run("h2", "probe", limits, table);
            assertThat(well.status()).as(well.log()).isZero();
            assertThat(well.changes()).isEmpty();

            Path log = Files.createDirectories(rehearsal.host("h2").root().resolve("var/log/pods/kube-system_kube-proxy-x_1/kube-proxy"))
                    .resolve("0.log");
            String words = "\"command failed\" err=\"could not set conntrack parameters from kube-proxy configuration: open "
                    + "/proc/sys/net/netfilter/nf_conntrack_max: permission denied\"";
            Files.writeString(log,
                    "2026-11-28T07:46:30.1Z stderr F E1128 07:46:30.1 1 server.go:231] \"Kube-proxy configuration may be incomplete or "
                            + "incorrect\" err=\"nodePortAddresses is unset\"\n"
                    + "2026-11-28T07:46:30.2Z stderr F E1128 07:46:30.222222 1 run.go:72] " + words + "\n");
            String noService = table.replace("service|10.96.33.44|30555", "service|10.96.33.45|30556")
                    .replace("|10.244.2.9|", "|10.244.2.8|");
            StepDriver.Result failed = driver.run("h2", "probe", limits, noService);
            assertThat(failed.status()).isEqualTo(1);
            assertThat(failed.log()).contains("a pod on h2 does not reach 4 of 5; kube-proxy says: " + words
                            + ": the pod on h3 at 10.244.2.8:8001 (Failed to connect",
                    "the Service at 10.96.33.45:80 (", "the NodePort at 10.77.0.12:30556 (",
                    "the name caravan-probe.kube-system.svc (it says 10.96.33.44)").doesNotContain("at 10.244.0.9");

            Files.writeString(log,
                    "{\"log\":\"E1128 07:46:30.222222       1 proxier.go:9] Failed to execute iptables-restore: exit status "
                            + "2\\n\",\"stream\":\"stderr\",\"time\":\"2026-11-28T07:46:30Z\"}\n");
            Files.writeString(rehearsal.host("h2").root().resolve("proc/sys/net/ipv4/ip_forward"), "0\n");
            assertThat(driver.run("h2", "probe", limits, noService).log())
                    .contains("; net.ipv4.ip_forward is 0; kube-proxy says: Failed to execute iptables-restore: exit status 2: ");
            assertThat(driver.run("h2", "probe",
                    Map.of("PROBE_SECONDS", "1", "PROBE_DNS_SECONDS", "1", "PROBE_PEERS", "1", "PROBE_LEAVE_OUT", "dns node-port service"),
                    table).log()).contains("answer");

            assertThat(driver.run("h1", "probe-stop", Map.of(), "").changes()).isEmpty();
            assertThat(rehearsal.host("h2").root().resolve("proc/4100")).doesNotExist();
            assertThat(driver.run("h1", "probe-stop", Map.of(), "").status()).isZero();
        }
    }

    @Test
    void aPodThatDoesNotStartIsNamedWithKubeletsWordsAndAFullNodeIsLeftOut() throws IOException {
        try (Rehearsal rehearsal = Rehearsal.start(Clusters.of(1, 0, Cluster.RuntimeName.DOCKER, Clusters.root()), List.of(),
                scratch.directory(), new Rehearsal.Options(Family.YUM, Map.of(), 0))) {
            StepDriver driver = new StepDriver(rehearsal, Map.of());
            Map<String, String> limits = Map.of("PROBE_SECONDS", "1", "PROBE_DNS_SECONDS", "1", "PROBE_PEERS", "3");

            StepDriver.Result waiting = driver.run("h1", "probe", limits,
                    "service|10.96.0.9|30009\npod|h1|0-1||10.77.0.11|ErrImagePull not found\n");
            assertThat(waiting.status()).isEqualTo(1);
            assertThat(waiting.log()).contains("the pod that tries the cluster did not start on h1 within 1 s: ErrImagePull not found");
            StepDriver.Result full = driver.run("h1", "probe", limits,
                    "service|10.96.0.9|30009\npod|h1|0-1||10.77.0.11|OutOfpods Pod was rejected: Node didn't have enough resource: pods\n");
            assertThat(full.status()).isZero();
            assertThat(full.log()).contains("skipped: kubelet accepts no pod here: OutOfpods");
        }
    }

    @Test
    void whatTheNextBootWouldUndoIsCorrected() throws IOException {
        try (Rehearsal rehearsal = Rehearsal.start(Clusters.of(1, 0, Cluster.RuntimeName.DOCKER, Clusters.root()), List.of(),
                scratch.directory(), new Rehearsal.Options(Family.YUM, Map.of(), 0))) {
            StepDriver driver = new StepDriver(rehearsal, Map.of());
            Path etc = rehearsal.host("h1").root().resolve("etc");
            Path files = Files.createDirectories(etc.resolve("sysctl.d"));
            Path own = files.resolve("90-caravan.conf");
            Files.writeString(files.resolve("10-site.conf"), "net.ipv4.ip_forward=1\n");
            Files.writeString(files.resolve("50-later.conf"), "net.ipv4.ip_forward = 0\n");
            Files.writeString(files.resolve("99-hardened.conf"), "kernel.sysrq = 0\n-net/ipv4/ip_forward = 0\n#net.ipv4.ip_forward = 0");
            Files.createSymbolicLink(files.resolve("99-sysctl.conf"), Path.of("../sysctl.conf"));
            Files.writeString(etc.resolve("sysctl.conf"),
                    "vm.swappiness = 10\nnet.bridge.bridge-nf-call-iptables = 1\nnet.ipv4.ip_forward = 0\n");

            List<String> changes = driver.run("h1", "os-prepare", Map.of(), "").changes();

            assertThat(changes).contains("update /etc/sysctl.conf", "update /etc/sysctl.d/99-hardened.conf",
                    "write /etc/sysctl.d/90-caravan.conf");
            assertThat(etc.resolve("sysctl.conf"))
                    .hasContent("vm.swappiness = 10\nnet.bridge.bridge-nf-call-iptables = 1\n"
                            + "# Kubernetes needs 1: net.ipv4.ip_forward = 0\n");
            assertThat(files.resolve("99-hardened.conf"))
                    .hasContent("kernel.sysrq = 0\n# Kubernetes needs 1: -net/ipv4/ip_forward = 0\n#net.ipv4.ip_forward = 0\n");
            assertThat(files.resolve("50-later.conf")).as("read before Caravan's own").hasContent("net.ipv4.ip_forward = 0\n");
            String written = Files.readString(own);
            assertThat(written).contains("net.ipv4.ip_forward = 1", "net.bridge.bridge-nf-call-ip6tables = 1")
                    .doesNotContain("call-iptables");
            assertThat(driver.run("h1", "os-prepare", Map.of(), "").changes()).isEmpty();

            Files.writeString(own, written.replace("ip_forward = 1", "ip_forward = 0"));
            assertThat(driver.run("h1", "os-prepare", Map.of(), "").changes()).containsExactly("update /etc/sysctl.d/90-caravan.conf");
            assertThat(own).as("all of it, not only what was changed").hasContent(written);
        }
    }

    @Test
    void swapIsLeftAloneForAKubeletThatRunsWithIt() throws IOException {
        try (Rehearsal rehearsal = Rehearsal.start(Clusters.of(1, 0, Cluster.RuntimeName.DOCKER, Clusters.root()), List.of(),
                scratch.directory(), new Rehearsal.Options(Family.YUM, Map.of(), 0))) {
            StepDriver driver = new StepDriver(rehearsal, Map.of());
            Path root = rehearsal.host("h1").root();
            String swaps = Files.readString(root.resolve("proc/swaps"));

            assertThat(driver.run("h1", "os-prepare", Map.of("SWAP", "keep"), "").changes())
                    .noneMatch(change -> change.contains("swap") || change.contains("fstab"));
            assertThat(root.resolve("proc/swaps")).hasContent(swaps);
            assertThat(driver.run("h1", "os-prepare", Map.of(), "").changes()).contains("turn swap off (/dev/dm-1)", "update /etc/fstab");
        }
    }

    @Test
    void whatTheHostHasIsInItsFacts() throws IOException {
        try (Rehearsal rehearsal = Rehearsal.start(Clusters.of(1, 0, Cluster.RuntimeName.DOCKER, Clusters.root()), List.of(),
                scratch.directory(), new Rehearsal.Options(Family.YUM, Map.of(), 0))) {
            StepDriver driver = new StepDriver(rehearsal, Map.of());
            Path root = rehearsal.host("h1").root();
            // As Linux 6.18 has it (columns apart by tabs), with cpuset left out and one that is disabled.
            Files.writeString(root.resolve("proc/cgroups"),
                    "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t2\t11\t1\nmemory\t4\t30\t0\npids\t11\t40\t1\n");
            Files.writeString(root.resolve("etc/machine-id"), "0fd7e79f4a4c4dbc99b8b502e2d00794\n");

            Map<String, String> outputs = driver.run("h1", "facts", Map.of(), "").outputs();

            assertThat(outputs).containsEntry("cgroupController", "cpu\npids")
                    .containsEntry("machineId", "0fd7e79f4a4c4dbc99b8b502e2d00794")
                    .doesNotContainKey("moduleMissing");
        }
    }

    /** A kernel without some of the modules, as EL10 has it; modprobe -n says nothing and fails. */
    @Test
    void modulesThatTheKernelLacksAreInstalled() throws IOException {
        try (Rehearsal rehearsal = Rehearsal.start(Clusters.of(1, 0, Cluster.RuntimeName.DOCKER, Clusters.root()), List.of(),
                scratch.directory(), new Rehearsal.Options(Family.YUM, Map.of(), 0))) {
            StepDriver driver = new StepDriver(rehearsal, Map.of());
            Path modprobe = rehearsal.host("h1").root().resolve("usr/bin/modprobe");
            Files.delete(modprobe);
            Files.writeString(modprobe, "#!/bin/sh\necho \"modprobe: FATAL: Module $1 not found\" >&2\nexit 1\n");
            modprobe.toFile().setExecutable(true);

            assertThat(driver.run("h1", "facts", Map.of(), "").outputs())
                    .containsEntry("moduleMissing", "overlay\nbr_netfilter\nnf_conntrack");
            StepDriver.Result result = driver.run("h1", "os-prepare", Map.of("CARAVAN_PLAN", "1"), "");
            assertThat(result.changes())
                    .contains("install kernel-modules-extra-3.10.0-1160.el7.x86_64, as the kernel has no overlay br_netfilter "
                            + "nf_conntrack");
        }
    }

    @Test
    void ipv6IsForwardedWhereTheClusterUsesIt() throws IOException {
        try (Rehearsal rehearsal = Rehearsal.start(Clusters.of(1, 0, Cluster.RuntimeName.DOCKER, Clusters.root()), List.of(),
                scratch.directory(), new Rehearsal.Options(Family.YUM, Map.of(), 0))) {
            StepDriver driver = new StepDriver(rehearsal, Map.of());
            Path root = rehearsal.host("h1").root();
            Path forwarding = root.resolve("proc/sys/net/ipv6/conf/all/forwarding");
            driver.run("h1", "os-prepare", Map.of(), "");
            assertThat(forwarding).as("IPv4 alone").hasContent("0");

            StepDriver.Result result = driver.run("h1", "os-prepare", Map.of("POD_SUBNET", "10.244.0.0/16,fd00:10:244::/56"), "");

            assertThat(result.status()).as(result.log()).isZero();
            assertThat(result.changes()).contains("set net.ipv6.conf.all.forwarding = 1", "set net.ipv6.conf.default.forwarding = 1");
            assertThat(result.log()).as("for the undo, each before the first is set")
                    .contains("caravan-found\tsysctl\tnet.ipv6.conf.all.forwarding\t0",
                    "caravan-found\tsysctl\tnet/ipv6/conf/eth0/forwarding\t0",
                    "caravan-found\tsysctl\tnet/ipv6/conf/default/forwarding\t0");
            assertThat(forwarding).hasContent("1");
            assertThat(root.resolve("proc/sys/net/ipv6/conf/default/forwarding")).hasContent("1");
            assertThat(root.resolve("etc/sysctl.d/90-caravan.conf")).content()
                    .contains("net.ipv6.conf.all.forwarding = 1", "net.ipv6.conf.default.forwarding = 1");
            for (Map<String, String> ipv6 : List.of(Map.of("NODE_ADDRESS", "2001:db8::11"),
                    Map.of("CONTROL_PLANE_ENDPOINT", "[2001:db8::11]:6443"))) {
                assertThat(driver.run("h1", "os-prepare", ipv6, "").changes()).isEmpty();
            }
        }
    }

    @Test
    void factsNameEachInterfacesAddresses() throws IOException {
        try (Rehearsal rehearsal = Rehearsal.start(Clusters.of(1, 0, Cluster.RuntimeName.DOCKER, Clusters.root()), List.of(),
                scratch.directory(), new Rehearsal.Options(Family.YUM, Map.of(), 0))) {
            assertThat(new StepDriver(rehearsal, Map.of()).run("h1", "facts", Map.of(), "").outputs().get("linkAddresses"))
                    .startsWith("eth0 10.77.0.11,2001:db8:77::");
        }
    }

    @Test
    void anInitWithoutKubeProxyIsKnownByWhatItsDocumentsLeaveIn() throws IOException {
        try (Rehearsal rehearsal = Rehearsal.start(Clusters.of(1, 0, Cluster.RuntimeName.DOCKER, Clusters.root()), List.of(),
                scratch.directory(), new Rehearsal.Options(Family.YUM, Map.of(), 0))) {
            StepDriver driver = new StepDriver(rehearsal, Map.of());
            for (String step : Sequence.PREPARATION) {
                driver.run("h1", step, Map.of(), "");
            }
            // "addon" is no word to search for
            String documents = new Sequence(rehearsal, Map.of()).initDocuments() + "clusterName: addon\nproxy:\n  disabled: true\n";
            Map<String, String> coredns = Map.of("INIT_MAKES", "configmap/kubeadm-config deployment/coredns");

            StepDriver.Result init = driver.run("h1", "kubeadm-init", coredns, documents);

            assertThat(init.status()).as(init.log()).isZero();
            assertThat(init.log()).contains("essential addon: CoreDNS").doesNotContain("essential addon: kube-proxy");
            assertThat(driver.run("h1", "kubeadm-init", coredns, documents).changes()).isEmpty();
            assertThat(driver.run("h1", "kubeadm-init", Map.of("INIT_MAKES", ""), documents).changes()).isEmpty();
            StepDriver.Result waiting = driver.run("h1", "kubeadm-init",
                    Map.of("INIT_MAKES", "configmap/kubeadm-config daemonset/kube-proxy"), documents);
            assertThat(waiting.status()).isEqualTo(1);
            assertThat(waiting.log())
                    .contains("the cluster lacks one of these in kube-system: configmap/kubeadm-config daemonset/kube-proxy");
        }
    }

    @Test
    void aJoinThatWasCutShortIsNoJoin() throws IOException {
        try (Rehearsal rehearsal = Rehearsal.start(Clusters.of(1, 1, Cluster.RuntimeName.DOCKER, Clusters.root()), List.of(),
                scratch.directory(), new Rehearsal.Options(Family.YUM, Map.of(), 0))) {
            Path kubernetes = Files.createDirectories(rehearsal.host("h2").root().resolve("etc/kubernetes"));
            Files.writeString(kubernetes.resolve("kubelet.conf"),
                    "clusters:\n- cluster:\n    server: https://192.0.2.11:6443\nusers:\n- name: system:node:h2\n");
            StepDriver driver = new StepDriver(rehearsal, Map.of());

            Map<String, String> joined = driver.run("h2", "facts", Map.of(), "").outputs();
            Files.createFile(kubernetes.resolve(".caravan-join-unfinished"));
            Map<String, String> cutShort = driver.run("h2", "facts", Map.of(), "").outputs();

            assertThat(joined).containsEntry("kubernetes", "kubelet.conf").containsEntry("apiServer", "https://192.0.2.11:6443");
            assertThat(cutShort).doesNotContainKeys("kubernetes", "apiServer", "nodeName").containsKeys("hostname", "selinux");
        }
    }

    @Test
    void aRuntimeThatARepositoryLacksIsNotReplacedByAnother() throws IOException {
        try (Rehearsal rehearsal = Rehearsal.start(Clusters.of(1, 0, Cluster.RuntimeName.DOCKER, Clusters.root()), List.of(),
                scratch.directory(), new Rehearsal.Options(Family.YUM, Map.of(), 0))) {
            StepDriver driver = new StepDriver(rehearsal, Map.of());
            driver.run("h1", "package-repository", Map.of(), "");

            StepDriver.Result result = driver.run("h1", "runtime-install", Map.of("RUNTIME_VERSION", "1.2.3"), "");

            assertThat(result.status()).isEqualTo(1);
            assertThat(result.log()).contains("could not install docker-ce-1.2.3: ").containsIgnoringCase("unable to find a match")
                    .contains("runtime.version");
        }
    }
}
