package dev.caravan.workflow;

import dev.caravan.facts.Facts;
import dev.caravan.facts.Finding;
import dev.caravan.facts.Preflight;
import dev.caravan.facts.Severity;
import dev.caravan.run.PreflightRefused;
import dev.caravan.run.Run;
import dev.caravan.run.RunCancelled;
import dev.caravan.run.Variables;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Cluster.OnFailure;
import dev.caravan.spec.Cluster.RuntimeName;
import dev.caravan.spec.Host;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.camel.Variable;

/** Which nodes move from Docker to containerd: bean {@code migration}. */
public final class RuntimeMigration extends DrainedNodes {
    private static final String RULE = "migrate-runtime";
    private static final String DOCKER = "docker";
    private static final String CRI_DOCKERD = "cri-dockerd";
    /** The first minor whose kubelet has no dockershim. */
    private static final int WITHOUT_DOCKER = 24;

    /** @throws PreflightRefused with everything that is in the way, before anything is changed */
    public void check(@Variable(Variables.RUN) Run run) throws PreflightRefused, RunCancelled {
        if (run.isCancelled()) {
            throw new RunCancelled();
        }
        List<Finding> findings = new ArrayList<>();
        Cluster cluster = run.cluster();
        run.failures().forEach((host, failure) -> findings.add(PreflightCheck.unseen(host, failure)));
        if (cluster.runtime().name() != RuntimeName.CONTAINERD) {
            findings.add(finding(List.of(), "the spec says runtime.name: " + cluster.runtime().name().word()
                    + ", and nodes are moved to containerd", "Write runtime: {name: containerd} in the spec."));
        }
        if (findings.isEmpty() && !run.facts(cluster.firstControlPlane().name()).map(Facts::initialised).orElse(false)) {
            findings.add(finding(List.of(cluster.firstControlPlane().name()), "there is no cluster on this host",
                    "A new cluster has the runtime of the spec from the beginning: caravan apply."));
        }
        findings.addAll(ofNodes(run, name -> name.equals(CRI_DOCKERD),
                "its pods run on cri-dockerd, which Caravan neither installs nor moves",
                "Replace the nodes one by one: remove each from the cluster, and add it again. See docs/runtime.md."));
        findings.addAll(ofNodes(run, name -> !List.of(DOCKER, CRI_DOCKERD, RuntimeName.CONTAINERD.word()).contains(name),
                "its pods run on another runtime than Docker, and only from Docker nodes are moved",
                "Replace the nodes one by one: remove each from the cluster, and add it again."));
        List<String> due = due(run, any -> true).stream().map(Host::name).toList();
        if (!due.isEmpty() && cluster.kubernetes().minor() >= WITHOUT_DOCKER) {
            findings.add(finding(due, "the spec asks for Kubernetes " + cluster.kubernetes().version()
                    + ", whose kubelet does not run on Docker (1.24 and later need cri-dockerd for that, which Caravan does not install)",
                    "Write the version that the nodes run now, 1.23 or older, move them, and upgrade then."));
        }
        findings.addAll(hosts(due, host -> run.facts(host).map(Facts::kubeletVersion)
                        .filter(version -> !version.equals(cluster.kubernetes().version())).isPresent(),
                "its kubelet is of another version than the " + cluster.kubernetes().version() + " of the spec",
                "Write the version that the nodes run now, and upgrade before or after that."));
        findings.addAll(hosts(due, cluster.adopted()::contains, "was a node before Caravan knew the cluster, and is not prepared by it",
                "Move this node by hand, or replace it. See docs/runtime.md."));
        if (!findings.isEmpty()) {
            throw new PreflightRefused(Preflight.merged(findings, cluster));
        }
        if (due.isEmpty()) {
            run.note(null, "all nodes run on containerd: nothing to do");
        }
    }

    /* A node is still on Docker. */
    @Override
    boolean isDueOn(Run run, Host host) {
        return runtime(run, host.name()).equals(DOCKER);
    }

    /** Whether a node that could not be moved goes back to Docker; for routes that users copied from earlier versions. */
    public boolean isRolledBack(@Variable(Variables.RUN) Run run) {
        return run.cluster().onFailure() == OnFailure.ROLLBACK && !run.isCancelled();
    }

    /** What a node runs its pods with; empty if it is none, or does not say. */
    private static String runtime(Run run, String host) {
        return run.facts(host).flatMap(facts -> facts.runtimes().ofNode()).orElse("");
    }

    private static List<Finding> ofNodes(Run run, Predicate<String> runtime, String problem, String remedy) {
        return hosts(run.cluster().hosts().stream().map(Host::name).toList(),
                host -> Optional.of(runtime(run, host)).filter(name -> !name.isEmpty()).filter(runtime).isPresent(), problem, remedy);
    }

    private static List<Finding> hosts(List<String> among, Predicate<String> which, String problem, String remedy) {
        List<String> hosts = among.stream().filter(which).collect(Collectors.toList());
        return hosts.isEmpty() ? List.of() : List.of(finding(hosts, problem, remedy));
    }

    private static Finding finding(List<String> hosts, String problem, String remedy) {
        return new Finding(hosts, RULE, Severity.REFUSES, problem, remedy);
    }
}
