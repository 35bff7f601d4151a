package dev.caravan.terminal;

import dev.caravan.history.Attempt;
import dev.caravan.history.Failure;
import dev.caravan.history.Finding;
import dev.caravan.history.Occurrence.CancelRequested;
import dev.caravan.history.Occurrence.HostRolledBack;
import dev.caravan.history.Occurrence.Note;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.Restored;
import dev.caravan.history.RunState;
import dev.caravan.history.StepState;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** Recorded runs of every kind, for tests and for the demo. */
final class SampleRuns {
    private static final List<String> THREE = List.of("h1", "h2", "h3");

    private SampleRuns() {}

    static SampleRun byName(String name) {
        return switch (name) {
            case "apply" -> apply(false);
            case "rehearsal" -> apply(true);
            case "again" -> again();
            case "failed" -> failed();
            case "partly" -> partly();
            case "rolled-back" -> rolledBack();
            case "alike" -> alike();
            case "refused" -> refused();
            case "plan" -> plan();
            case "many" -> many(200);
            case "cancelled" -> cancelled();
            default -> throw new IllegalArgumentException("no sample run " + name);
        };
    }

    /** Three bare hosts become a cluster; h3 is slow and its mirror stumbles once. */
    static SampleRun apply(boolean rehearsal) {
        SampleRun run = SampleRun.of("7f3a", "apply", rehearsal, THREE);
        prepare(run);
        run.note(0.3, "h2", "host key check is off, as the spec asks (hostKeyCheck: off)");
        run.step(35.0, 62.4, "h1", "kubeadm-init", StepState.CHANGED, "initialised the control plane of demo at 10.77.0.11:6443",
                "initialise the control plane");
        run.progress(36.0, "h1", "kubeadm-init", "generating certificates");
        run.progress(41.0, "h1", "kubeadm-init", "waiting for the API server at 10.77.0.11:6443");
        run.progress(58.2, "h1", "kubeadm-init", "marking the control plane");
        run.waiting(41.5, "h2", "waits for the control plane on h1");
        run.waiting(58.0, "h3", "waits for the control plane on h1");
        run.step(62.5, 63.3, "h1", "join-credentials", StepState.CHANGED, "minted a token for two hours", "mint a join token");
        run.step(63.3, 71.4, "h2", "kubeadm-join", StepState.CHANGED, "joined demo as a worker", "join demo as a worker");
        run.progress(64.0, "h2", "kubeadm-join", "starting the kubelet");
        run.step(63.3, 74.9, "h3", "kubeadm-join", StepState.CHANGED, "joined demo as a worker", "join demo as a worker");
        run.step(63.4, 66.0, "h1", "network", StepState.CHANGED, "wrote the bridge network's configuration",
                "write /etc/cni/net.d/10-caravan.conflist");
        run.step(75.0, 83.2, "", "verify", StepState.OK, "3 nodes are Ready at v1.20.2");
        run.progress(76.0, "", "verify", "1 of 3 nodes is Ready");
        return run.end(83.4, "/srv/caravan/data/demo/kubeconfig");
    }

    private static void prepare(SampleRun run) {
        double slowness = 1;
        for (String host : THREE) {
            run.step(0.2, 1.4 * slowness, host, "facts", StepState.OK, "CentOS Linux 7.9, 2 CPUs, 3789 MiB");
            run.step(2.4, 3.1, host, "preflight", StepState.OK, "");
            run.step(3.2, 3.2 + 1.1 * slowness, host, "os-prepare", StepState.CHANGED, "",
                    "turn swap off", "load the module br_netfilter", "set net.bridge.bridge-nf-call-iptables to 1");
            run.step(5.5, 5.5 + 0.4 * slowness, host, "package-repository", StepState.CHANGED, "",
                    "write /etc/yum.repos.d/kubernetes.repo");
        }
        run.step(6.2, 22.8, "h1", "runtime-install", StepState.CHANGED, "docker-ce 20.10.24", "install docker-ce 20.10.24",
                "write /etc/docker/daemon.json");
        run.step(6.2, 24.1, "h2", "runtime-install", StepState.CHANGED, "docker-ce 20.10.24", "install docker-ce 20.10.24",
                "write /etc/docker/daemon.json");
        run.progress(8.0, "h1", "runtime-install", "downloading docker-ce");
        run.progress(17.0, "h1", "runtime-install", "starting docker");
        run.started(6.4, "h3", "runtime-install", 1)
                .retry(9.8, "h3", "runtime-install", 1, 4000, "the mirror answered 503 for repodata/primary.xml.gz")
                .started(13.8, "h3", "runtime-install", 2)
                .ended(13.8, 38.2, "h3", "runtime-install", 2, StepState.CHANGED, "docker-ce 20.10.24", "install docker-ce 20.10.24",
                        "write /etc/docker/daemon.json");
        run.step(22.9, 29.0, "h1", "kube-install", StepState.CHANGED, "kubelet, kubeadm and kubectl 1.20.2",
                "install kubelet, kubeadm and kubectl 1.20.2");
        run.step(24.2, 31.5, "h2", "kube-install", StepState.CHANGED, "kubelet, kubeadm and kubectl 1.20.2",
                "install kubelet, kubeadm and kubectl 1.20.2");
        run.step(38.3, 46.0, "h3", "kube-install", StepState.CHANGED, "kubelet, kubeadm and kubectl 1.20.2",
                "install kubelet, kubeadm and kubectl 1.20.2");
        run.step(29.1, 34.8, "h1", "images-pull", StepState.CHANGED, "pulled 7 images", "pull 7 images");
        run.step(31.6, 41.4, "h2", "images-pull", StepState.CHANGED, "pulled 2 images", "pull 2 images");
        run.step(46.1, 57.9, "h3", "images-pull", StepState.CHANGED, "pulled 2 images", "pull 2 images");
    }

    /** The same spec a second time. */
    static SampleRun again() {
        SampleRun run = SampleRun.of("7f3b", "apply", false, THREE);
        List<String> steps = List.of("facts", "preflight", "os-prepare", "package-repository", "runtime-install",
                "kube-install", "images-pull", "kubeadm-init", "kubeadm-join", "network");
        for (int s = 0; s < steps.size(); s++) {
            for (int h = 0; h < THREE.size(); h++) {
                boolean elsewhere = steps.get(s).equals("kubeadm-init") && h > 0 || steps.get(s).equals("kubeadm-join") && h == 0;
                if (!elsewhere) {
                    double from = 0.2 + s * 0.5;
                    run.step(from, from + 0.3 + h * 0.05, THREE.get(h), steps.get(s), StepState.OK, "");
                }
            }
        }
        run.step(5.3, 6.1, "", "verify", StepState.OK, "3 nodes are Ready at v1.20.2");
        return run.end(6.2, "/srv/caravan/data/demo/kubeconfig");
    }

    /** h2 cannot join, however often it tries; h3 fails without a second attempt. */
    static SampleRun failed() {
        SampleRun run = SampleRun.of("9c01", "apply", false, THREE);
        prepare(run);
        run.step(35.0, 62.4, "h1", "kubeadm-init", StepState.CHANGED, "initialised the control plane of demo at 10.77.0.11:6443",
                "initialise the control plane");
        run.step(62.5, 63.3, "h1", "join-credentials", StepState.CHANGED, "minted a token for two hours", "mint a join token");
        String refused = "could not reach 10.77.0.11:6443 from h2: connection refused";
        run.started(63.3, "h2", "kubeadm-join", 1).retry(78.0, "h2", "kubeadm-join", 1, 8000, refused);
        run.started(86.0, "h2", "kubeadm-join", 2).retry(103.0, "h2", "kubeadm-join", 2, 16000, refused);
        run.started(119.0, "h2", "kubeadm-join", 3)
                .failed(119.0, 135.3, "h2", "kubeadm-join", 3, refused,
                        "Is the API server up on h1? `caravan logs 9c01 --host h1 --step kubeadm-init`",
                        "[preflight] Running pre-flight checks",
                        "error execution phase preflight: couldn't validate the identity of the API Server",
                        "\u001b[31mdial tcp 10.77.0.11:6443: connect: connection refused\u001b[0m\r",
                        "To see the stack trace of this error execute with --v=5 or higher");
        run.started(63.3, "h3", "kubeadm-join", 1)
                .failed(63.3, 64.1, "h3", "kubeadm-join", 1, "port 10250 of h3 is taken by kubelet of another cluster (pid 811)",
                        "Take h3 out of that cluster first: `caravan reset -f OLD-SPEC`.");
        return run.end(135.5, RunState.FAILED);
    }

    /** The cluster comes up without h3, which is rolled back. */
    static SampleRun partly() {
        SampleRun run = SampleRun.of("5e21", "apply", false, THREE);
        prepare(run);
        run.step(35.0, 62.4, "h1", "kubeadm-init", StepState.CHANGED, "initialised the control plane of demo at 10.77.0.11:6443",
                "initialise the control plane");
        run.step(63.3, 71.4, "h2", "kubeadm-join", StepState.CHANGED, "joined demo as a worker", "join demo as a worker");
        run.started(63.3, "h3", "kubeadm-join", 1)
                .failed(63.3, 64.1, "h3", "kubeadm-join", 1, "port 10250 of h3 is taken by kubelet of another cluster (pid 811)",
                        "Take h3 out of that cluster first: `caravan reset -f OLD-SPEC`.");
        run.add(66.0, new HostRolledBack(Optional.of("h3"), "2 steps undone"));
        run.step(72.0, 83.2, "", "verify", StepState.OK, "2 nodes are Ready at v1.20.2");
        return run.add(83.4, new RunEnded(RunState.PARTLY, "failed: kubeadm-join on h3: port 10250 of h3 is taken by kubelet of another "
                + "cluster (pid 811). Rolled back: h3", Optional.of("/srv/caravan/data/demo/kubeconfig"), List.of(), Map.of(),
                Optional.empty()));
    }

    /** The first control plane fails, and the run is rolled back; hosts have a long note in common. */
    static SampleRun rolledBack() {
        SampleRun run = SampleRun.of("15e3", "apply", false, THREE);
        prepare(run);
        String cause = "kubeadm init: the port 10257 is in use";
        run.started(35.0, "h1", "kubeadm-init", 1).failed(35.0, 36.0, "h1", "kubeadm-init", 1, cause, "Stop what listens there.",
                "initialise the control plane of demo", "failed: " + cause, "Stop what listens there.");
        run.add(36.1, new Note(Optional.of("h1"), "failed, and the run is rolled back"));
        for (String host : THREE) {
            run.add(60.0, new Note(Optional.of(host), "this host has no nft: if the network or kube-proxy made tables of nftables, "
                    + "they stay until the next boot"));
            run.add(61.0, new HostRolledBack(Optional.of(host), "the host is as it was found"));
        }
        return run.add(62.0, RunEnded.of(RunState.ROLLED_BACK, "h1  kubeadm-init: " + cause + Restored.ALL));
    }

    /** Of 65 hosts 64 fail of the same, in words that have the host's name and address and figures in them. */
    static SampleRun alike() {
        List<String> hosts = IntStream.rangeClosed(1, 65).mapToObj(number -> "h" + number).toList();
        SampleRun run = SampleRun.of("6a40", "apply", false, hosts);
        for (int i = 1; i < hosts.size(); i++) {
            run.started(1.0, hosts.get(i), "package-repository", 1).failed(1.0, 31.0 + i, hosts.get(i), "package-repository", 1,
                    hosts.get(i) + " at 10.77.0." + (11 + i) + " had no answer from mirror.example.com after " + (30_000 + i) + " ms",
                    "Check the mirror.", "curl: (28) Operation timed out");
        }
        return run.end(99.0, RunState.FAILED);
    }

    static SampleRun refused() {
        SampleRun run = SampleRun.of("11aa", "apply", false, THREE);
        for (String host : THREE) {
            run.step(0.2, 1.5, host, "facts", StepState.OK, "");
        }
        run.add(3.9, StepEnded.failed(Attempt.of(null, "preflight", 1), "3 findings", new Failure("refused", "", List.of()),
                Optional.of(Duration.ofMillis(2300))));
        List<Finding> findings = List.of(
                new Finding(List.of("h1", "h3"), "have the same MAC address, 52:54:00:12:34:56 (eth0)",
                        "Give each machine an address of its own; cloned virtual machines often share one."),
                new Finding(List.of("h1"), "port 6443 is held by nginx (pid 812)", "Stop it, or move it: `systemctl stop nginx`."),
                new Finding(List.of(), "Kubernetes 1.24.0 does not take Docker any more", "Set spec.runtime.name to containerd or cri-o."));
        return run.add(4.1, new RunEnded(RunState.REFUSED, "", Optional.empty(), findings, Map.of(), Optional.empty()));
    }

    static SampleRun plan() {
        SampleRun run = SampleRun.of("44d0", "plan", false, THREE);
        for (String host : THREE) {
            run.step(0.2, 1.5, host, "facts", StepState.OK, "");
            run.step(1.6, 2.0, host, "preflight", StepState.OK, "");
        }
        run.step(2.1, 2.6, "h1", "os-prepare", StepState.OK, "");
        run.step(2.1, 2.7, "h2", "os-prepare", StepState.CHANGED, "", "turn swap off", "load the module br_netfilter");
        run.step(2.1, 2.8, "h3", "os-prepare", StepState.CHANGED, "", "turn swap off", "load the module br_netfilter");
        run.step(2.8, 3.0, "h2", "kubeadm-join", StepState.CHANGED, "", "join demo as the worker h2");
        run.step(2.9, 3.1, "h3", "kubeadm-join", StepState.CHANGED, "", "join demo as the worker h3");
        return run.end(3.3, RunState.SUCCEEDED);
    }

    static SampleRun cancelled() {
        SampleRun run = SampleRun.of("5e5e", "apply", false, THREE);
        for (String host : THREE) {
            run.step(0.2, 1.5, host, "facts", StepState.OK, "");
            run.step(2.0, 3.1, host, "os-prepare", StepState.CHANGED, "", "turn swap off");
        }
        run.started(3.2, "h1", "runtime-install", 1);
        run.add(7.0, new CancelRequested("asked to stop; waiting for the steps under way", Optional.empty()));
        return run.end(9.5, RunState.CANCELLED);
    }

    /** Many hosts, at most fifty at a time, of which one fails early and one late. */
    static SampleRun many(int count) {
        List<String> hosts = IntStream.rangeClosed(1, count).mapToObj(i -> String.format("node-%03d", i)).toList();
        SampleRun run = SampleRun.of("b0b0", "apply", false, hosts);
        List<String> steps = List.of("facts", "os-prepare", "package-repository", "runtime-install", "kube-install", "images-pull");
        for (int i = 0; i < count; i++) {
            String host = hosts.get(i);
            double at = 0.2 + i / 50 * 21.0 + i % 50 * 0.11;
            for (int s = 0; s < steps.size(); s++) {
                double took = 0.4 + (i * 7 + s * 13) % 17 * 0.25;
                if (i == 17 && s == 3 || i == 120 && s == 4) {
                    run.started(at, host, steps.get(s), 1).failed(at, at + took, host, steps.get(s), 1,
                            "no space left on /var of " + host, "Make room on " + host + ", then apply again.",
                            "error: unpacking of archive failed: No space left on device");
                    at = -1;
                    break;
                }
                if (s == 0) {
                    run.step(at, at + took, host, steps.get(s), StepState.OK, "");
                } else {
                    run.step(at, at + took, host, steps.get(s), StepState.CHANGED, "", steps.get(s) + " of " + host);
                }
                at += took + 0.1;
            }
            if (i == 0) {
                run.step(at, at + 27.0, host, "kubeadm-init", StepState.CHANGED, "initialised the control plane",
                        "initialise the control plane");
            } else if (at > 0) {
                if (at < 45) {
                    run.waiting(at, host, "waits for the control plane on node-001");
                }
                double from = Math.max(45, at);
                run.step(from, from + 6 + i % 9, host, "kubeadm-join", StepState.CHANGED, "joined demo as a worker",
                        "join demo as a worker");
            }
        }
        return run.end(125, RunState.FAILED);
    }
}
