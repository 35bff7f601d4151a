package dev.caravan.workflow;

import dev.caravan.facts.Facts;
import dev.caravan.facts.Finding;
import dev.caravan.facts.PodCidrs;
import dev.caravan.facts.Severity;
import dev.caravan.network.Manifests;
import dev.caravan.network.Manifests.Source;
import dev.caravan.run.Run;
import dev.caravan.run.Variables;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.step.StepFailure;
import dev.caravan.tables.NetworkTable;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.Exchange;
import org.apache.camel.Variable;

/** What goes into the network's scripts: bean {@code network}. */
public final class NetworkDocuments {
    private static final String REMEDY = "Where there is no way out, fetch it elsewhere and name the file in network.manifest.";
    private static final String PLACEHOLDER = """
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: rehearsed-network
              namespace: kube-system
            """;

    private final Manifests manifests;
    private final Optional<Bundles> bundles;
    /** By the run's id. */
    private final Map<String, String> kept = new ConcurrentHashMap<>();

    public NetworkDocuments(NetworkTable releases) {
        this(releases, Optional.empty());
    }

    /** @param bundles where runs may have manifests from */
    public NetworkDocuments(NetworkTable releases, Optional<Bundles> bundles) {
        this.manifests = new Manifests(releases);
        this.bundles = bundles;
    }

    /**
     * Reads the manifest and keeps it for the run, so that the run cannot fail for lack of it after everything is built.
     *
     * @return a finding that refuses the run where it cannot be had
     */
    Optional<Finding> keep(Run run) throws InterruptedException {
        Optional<Source> source = manifests.source(run.cluster()).filter(any -> !isLeftOut(run, any));
        if (source.isEmpty()) {
            return Optional.empty();
        }
        try {
            keep(run, source.get());
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(new Finding(List.of(), "network-manifest", Severity.REFUSES, e.getMessage(), REMEDY));
        }
    }

    private String keep(Run run, Source source) throws IOException, InterruptedException {
        Optional<Bundles> bundle = bundles.filter(any -> any.isServed(run));
        Optional<byte[]> known = bundle.filter(any -> source.isAddress()).flatMap(any -> any.manifest(run, source.place()));
        if (bundle.isPresent() && source.isAddress() && known.isEmpty()) {
            throw new IOException("the bundle has no manifest from " + source.place());
        }
        String manifest = manifests.read(source, run.cluster(), known);
        if (bundle.isPresent()) {
            bundle.get().requireImages(run, manifest);
        }
        if (kept.put(run.id(), manifest) == null) {
            run.atEnd(() -> kept.remove(run.id()));
        }
        return manifest;
    }

    /** A rehearsal has no network. */
    private static boolean isLeftOut(Run run, Source source) {
        return run.isRehearsal() && source.isAddress();
    }

    /**
     * The manifest of the spec's CNI, as preflight read it; read now where the run was resumed after that. Empty for a CNI that needs
     * none. A rehearsal, which has no network, applies an empty one in place of what it would fetch.
     */
    public String manifest(@Variable(Variables.RUN) Run run) throws InterruptedException, StepFailure {
        Optional<Source> source = manifests.source(run.cluster());
        if (source.isEmpty()) {
            return "";
        }
        if (isLeftOut(run, source.get())) {
            run.note(null, "a real run fetches " + source.get().place() + "; the rehearsal does without");
            return PLACEHOLDER;
        }
        String known = kept.get(run.id());
        if (known != null) {
            return known;
        }
        try {
            return keep(run, source.get());
        } catch (IOException e) {
            throw new StepFailure(run.cluster().firstControlPlane().name(), "network", "manifest", source.get().isAddress(), e.getMessage(),
                    REMEDY, List.of(), e);
        }
    }

    /**
     * The exchange's host's own block of pod addresses, for the CNI {@code bridge}; with two pod subnets one of each, with a comma between
     * them. Empty for other CNIs. The blocks follow from the spec and the facts, so that they are the same in a run that is resumed.
     */
    public String podCidr(Exchange exchange) {
        Run run = exchange.getVariable(Variables.RUN, Run.class);
        if (run.cluster().network().cni() != Cluster.Cni.BRIDGE) {
            return "";
        }
        Set<String> leftOut = run.rollback().leftOut();
        Cluster cluster = run.cluster().withHosts(run.cluster().hosts().stream().filter(host -> !leftOut.contains(host.name())).toList());
        return PodCidrs.assign(cluster, run.allFacts()).getOrDefault(Variables.hostName(exchange), "");
    }

    /**
     * A line for each node that came through, which says whether it joined in this run, and one for each label and taint that the spec
     * gives it; for other hosts of the spec, a line that they are in it.
     */
    public String nodeAttributes(@Variable(Variables.RUN) Run run) {
        StringBuilder lines = new StringBuilder();
        for (Host host : run.cluster().everyHost()) {
            if (!run.cluster().hosts().contains(host) || run.hasFailed(host.name())) {
                lines.append(host.name()).append(" listed\n");
            } else {
                boolean joined = run.facts(host.name()).map(Facts::joined).orElse(false);
                lines.append(host.name()).append(joined ? " node\n" : " new\n");
                host.labels().forEach((key, value) -> lines.append(host.name()).append(" label ").append(key).append('=').append(value)
                        .append('\n'));
                host.taints().forEach(taint -> lines.append(host.name()).append(" taint ").append(taint).append('\n'));
            }
        }
        return lines.toString();
    }
}
