package dev.caravan.workflow;

import dev.caravan.facts.Facts;
import dev.caravan.facts.UpgradePath;
import dev.caravan.facts.UpgradePath.Hop;
import dev.caravan.kubeadm.KubernetesVersion;
import dev.caravan.run.Run;
import dev.caravan.run.Variables;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.step.StepResult;
import dev.caravan.tables.KubernetesTable;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.camel.Exchange;
import org.apache.camel.Variable;

/** Which versions an upgrade goes through, and which hosts take part: bean {@code upgrade}. The order of the work is in the routes. */
public final class Upgrades {
    /** The exchange variable that holds the present {@link Hop}. */
    private static final String HOP = "hop";

    private final KubernetesTable versions;
    private final ScriptEnvironment environment;

    public Upgrades(KubernetesTable versions, ScriptEnvironment environment) {
        this.versions = versions;
        this.environment = environment;
    }

    /** Whether the cluster runs an older version than the spec's. */
    public boolean isDue(@Variable(Variables.RUN) Run run) {
        return !hops(run).isEmpty();
    }

    /** The versions on the way, in their order. */
    public List<Hop> hops(@Variable(Variables.RUN) Run run) {
        return UpgradePath.of(run.cluster(), run.allFacts(), versions).hops();
    }

    /** Begins the hop that is the body. */
    public void begin(Exchange exchange) {
        exchange.setVariable(HOP, exchange.getMessage().getBody(Hop.class));
    }

    /** Keeps the version that the first control plane's repository gave, if the spec names none; in a plan it may be unknown. */
    public void keepVersion(Exchange exchange) {
        String version = exchange.getMessage().getBody(StepResult.class).output("version");
        if (!version.isEmpty()) {
            exchange.setVariable(HOP, hop(exchange).at(version));
        }
    }

    /** The first control plane, for the body: its repository decides on the version. */
    public Host first(@Variable(Variables.RUN) Run run) {
        return run.cluster().firstControlPlane();
    }

    /** All nodes of the running cluster. */
    public List<Host> all(@Variable(Variables.RUN) Run run) {
        return nodes(run, any -> true);
    }

    /** All control planes, the first one first. */
    public List<Host> controlPlanes(@Variable(Variables.RUN) Run run) {
        return nodes(run, Host::isControlPlane);
    }

    /** The control planes but the first one. */
    public List<Host> otherControlPlanes(@Variable(Variables.RUN) Run run) {
        return controlPlanes(run).stream().filter(host -> !host.equals(first(run))).toList();
    }

    /** The control planes whose kubelets are behind the hop. */
    public List<Host> kubeletsOfControlPlanes(Exchange exchange) {
        Run run = run(exchange);
        return controlPlanes(run).stream().filter(host -> isBehind(run, host, hop(exchange))).toList();
    }

    /** The workers of the hop, in groups of as many as may be drained at a time. */
    public List<List<Host>> workers(Exchange exchange) {
        Run run = run(exchange);
        Hop hop = hop(exchange);
        return run.cluster().inGroups(nodes(run, host -> hop.workers().contains(host.name()) && isBehind(run, host, hop)));
    }

    /** The script's environment for the exchange's host at the hop's version instead of the spec's. */
    public void environment(Exchange exchange) {
        Run run = run(exchange);
        Hop hop = hop(exchange);
        Host host = exchange.getVariable(Variables.HOST, Host.class);
        Cluster cluster = run.cluster().at(hop.version().orElse("1." + hop.minor() + ".0"));
        // Only what the version changes: steps on another host have this exchange's variables, too.
        Map<String, String> plain = environment.of(run, host);
        environment.of(run, cluster, host).forEach((name, value) -> {
            if (value.equals(plain.get(name))) {
                exchange.removeVariable(Variables.ENVIRONMENT_PREFIX + name);
            } else {
                Variables.setEnvironment(exchange, name, value);
            }
        });
        String kind = run.cluster().kubeadmKind(host);
        Variables.setEnvironment(exchange, "UPGRADE_VERSION", hop.version().orElse(""));
        Variables.setEnvironment(exchange, "UPGRADE_FROM", hop.from());
        Variables.setEnvironment(exchange, "UPGRADE_TO", hop.to());
        Variables.setEnvironment(exchange, "IGNORED_CHECKS", cluster.kubernetes()
                .override(kind, "nodeRegistration", "ignorePreflightErrors")
                .map(list -> list instanceof Collection<?> checks
                        ? checks.stream().map(String::valueOf).collect(Collectors.joining(",")) : "").orElse(""));
        Variables.setEnvironment(exchange, "PATCHES",
                cluster.kubernetes().override(kind, "patches", "directory").map(String::valueOf).orElse(""));
        Variables.setEnvironment(exchange, "KUBELET_FLAGS_REMOVED",
                String.join(" ", new TreeSet<>(versions.minor(hop.minor()).removed().kubeletFlags().keySet())));
        Variables.setEnvironment(exchange, "KUBELET_VERSION", hop.version().orElse(""));
        ScriptEnvironment.ofDrain(run.cluster()).forEach((name, value) -> Variables.setEnvironment(exchange, name, value));
    }

    /**
     * Whether the exchange's host, which failed in the present hop, can be brought back to what this run found there: it is a worker, and
     * its former kubelet is not too old for the API servers of the hop. After the upgrade: a worker that this run upgraded.
     */
    public boolean goesBack(Exchange exchange) {
        Run run = run(exchange);
        Host host = exchange.getVariable(Variables.HOST, Host.class);
        Hop hop = hop(exchange);
        return hop != null ? goesBack(run, host, hop.minor()) : goesBack(run, host);
    }

    /** The same after the upgrade. */
    boolean goesBack(Run run, Host host) {
        String version = run.cluster().kubernetes().version();
        boolean upgraded = run.facts(host.name())
                .filter(facts -> facts.joined() && UpgradePath.isKubeletBehind(facts, version)).isPresent();
        return upgraded && goesBack(run, host, KubernetesVersion.of(run.cluster()).minor());
    }

    private boolean goesBack(Run run, Host host, int minor) {
        int oldest = minor - versions.minor(minor).kubeletMinorsOlder();
        return !host.isControlPlane()
                && run.facts(host.name()).filter(facts -> UpgradePath.isKubeletOfMinorFrom(facts, oldest)).isPresent();
    }

    /** Whether the built-in routes restore it; for routes that users copied from earlier versions. */
    public boolean mayGoBack(Exchange exchange) {
        return Failed.of(run(exchange), Variables.hostName(exchange)).isOfWorker() && goesBack(exchange);
    }

    /* At a hop whose version is not known yet, which is only so in a plan, every node takes part. */
    private static boolean isBehind(Run run, Host host, Hop hop) {
        return hop.version().isEmpty()
                || run.facts(host.name()).filter(facts -> UpgradePath.isKubeletBehind(facts, hop.version().get())).isPresent();
    }

    /* Nodes of the running cluster; new hosts come with the spec's version. */
    private static List<Host> nodes(Run run, Predicate<Host> which) {
        return run.cluster().hosts().stream()
                .filter(host -> !run.hasFailed(host.name()) && which.test(host))
                .filter(host -> run.facts(host.name()).map(Facts::joined).orElse(false))
                .toList();
    }

    private static Hop hop(Exchange exchange) {
        return exchange.getVariable(HOP, Hop.class);
    }

    private static Run run(Exchange exchange) {
        return exchange.getVariable(Variables.RUN, Run.class);
    }
}
