package dev.caravan.workflow;

import dev.caravan.facts.Facts;
import dev.caravan.kubeadm.JoinCredentials;
import dev.caravan.kubeadm.KubeadmConfig;
import dev.caravan.kubeadm.NodeSettings;
import dev.caravan.run.Run;
import dev.caravan.run.Variables;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.spec.Secret;
import dev.caravan.step.StepResult;
import dev.caravan.tables.KubernetesTable;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.stream.Stream;
import org.apache.camel.Exchange;
import org.apache.camel.Variable;

/**
 * kubeadm's documents for the scripts' standard input, and the credentials in them: bean {@code kubeadm}. Credentials live
 * in memory, for the run that minted them.
 */
public final class KubeadmDocuments {
    private static final String TOKEN_ID = "tokenId";
    private static final String CREDENTIALS = "joinCredentials";
    /** join-credentials.sh puts the key in its place. */
    private static final String KEY_TO_BE_MADE = "CERTIFICATE-KEY";

    private final KubernetesTable versions;
    private final Map<String, String> caHashes = new ConcurrentHashMap<>();
    private final Map<String, Set<String>> tokenIds = new ConcurrentHashMap<>();
    /** The step that minted the present credentials, by the run's id. */
    private final Map<String, String> mintedBy = new ConcurrentHashMap<>();

    public KubeadmDocuments(KubernetesTable versions) {
        this.versions = versions;
    }

    /** The documents that kubeadm init takes. */
    public String initDocuments(@Variable(Variables.RUN) Run run) {
        Cluster cluster = run.cluster();
        Host first = cluster.firstControlPlane();
        return KubeadmConfig.initDocuments(cluster, first, settings(run, first));
    }

    private NodeSettings settings(Run run, Host host) {
        Optional<String> other = run.facts(host.name()).flatMap(facts -> facts.families().besides(host.nodeAddress()));
        return NodeSettings.of(run.cluster(), host, versions).withOtherFamily(run.cluster(), host, other);
    }

    /** Keeps the hash of the CA's public key that kubeadm init reported. */
    public void keepInit(Exchange exchange) {
        String hash = exchange.getMessage().getBody(StepResult.class).output("caCertHash");
        if (!hash.isEmpty()) {
            keepCaHash(run(exchange), hash);
        }
    }

    private void keepCaHash(Run run, String hash) {
        if (caHashes.put(run.id(), hash) == null) {
            run.atEnd(() -> caHashes.remove(run.id()));
        }
    }

    /**
     * Whether the exchange's host is about to join: it is in no cluster yet, and this is no plan.
     *
     * @param join the step that joins it. If it ended in an earlier life of the run, it needs none
     */
    public boolean needsCredentials(Exchange exchange, String join) {
        Run run = run(exchange);
        String host = Variables.hostName(exchange);
        return !run.isPlan() && !joined(run, host) && !run.past().isDone(host, join);
    }

    /**
     * Whether another control plane joined in this run, or tried to, and the API server of the first one may have lost watches by that:
     * etcd can be without a leader until its second member has started.
     */
    public boolean mayHaveLostWatches(@Variable(Variables.RUN) Run run) {
        return !run.isPlan() && versions.minor(run.cluster().kubernetes().minor()).apiServerLosesWatches()
                && joiningControlPlanes(run).findAny().isPresent();
    }

    /* Those that were in no cluster when the run began, except for the first one; also those that have failed since. */
    private static Stream<Host> joiningControlPlanes(Run run) {
        Cluster cluster = run.cluster();
        return cluster.controlPlanes().stream().filter(host -> !host.equals(cluster.firstControlPlane()) && !joined(run, host.name()));
    }

    private static boolean joined(Run run, String host) {
        return run.facts(host).map(Facts::joined).orElse(false);
    }

    /**
     * What uploads the shared certificates, where a control plane is to join; else empty. In place of the key stands a word:
     * the script makes the key, and gives it back with the token. So both are known to the reader of the script's result, be it
     * another engine than the one that began it.
     */
    public String uploadCertsDocuments(@Variable(Variables.RUN) Run run) {
        Cluster cluster = run.cluster();
        boolean wanted = joiningControlPlanes(run).anyMatch(host -> !run.hasFailed(host.name()));
        NodeSettings settings = settings(run, cluster.firstControlPlane());
        return wanted ? KubeadmConfig.uploadCertsDocument(cluster, new Secret(KEY_TO_BE_MADE), settings).reveal() : "";
    }

    /** Has the next host that asks mint new credentials: the present ones were refused. */
    public void forgetCredentials(@Variable(Variables.RUN) Run run) {
        Optional.ofNullable(mintedBy.get(run.id())).ifPresent(run.steps()::invalidate);
    }

    /** Keeps what the step before minted, for this host's join and for the revocation. */
    public void keepCredentials(Exchange exchange) {
        Run run = run(exchange);
        StepResult minted = exchange.getMessage().getBody(StepResult.class);
        tokenIds.computeIfAbsent(run.id(), any -> new ConcurrentSkipListSet<>()).add(minted.output(TOKEN_ID));
        if (mintedBy.put(run.id(), minted.step()) == null) {
            run.atEnd(() -> mintedBy.remove(run.id()));
        }
        keepCaHash(run, minted.output("caCertHash"));
        exchange.setVariable(CREDENTIALS, new JoinCredentials(
                minted.secrets().get("token"), minted.output("caCertificate"),
                Optional.ofNullable(minted.secrets().get("certificateKey"))));
    }

    /** The token among the credentials that were minted for the exchange's host. */
    public Secret bootstrapToken(Exchange exchange) {
        return exchange.getVariable(CREDENTIALS, JoinCredentials.class).token();
    }

    /** The document that kubeadm join takes; empty for a host that has joined before, which needs none. */
    public Secret joinDocument(Exchange exchange) {
        Run run = run(exchange);
        Variables.setEnvironment(exchange, "CA_CERT_HASH", caHashes.getOrDefault(run.id(), ""));
        JoinCredentials credentials = exchange.getVariable(CREDENTIALS, JoinCredentials.class);
        if (credentials == null) {
            return new Secret("");
        }
        Variables.setEnvironment(exchange, "CA_CERT", credentials.caCertificate());
        Host host = exchange.getVariable(Variables.HOST, Host.class);
        JoinCredentials own = host.isControlPlane()
                ? credentials
                : new JoinCredentials(credentials.token(), credentials.caCertificate(), Optional.empty());
        return KubeadmConfig.joinDocument(run.cluster(), host, own, settings(run, host));
    }

    /** Whether credentials were minted in this run. */
    public boolean hasCredentials(@Variable(Variables.RUN) Run run) {
        return tokenIds.containsKey(run.id()) || !run.past().outputs(TOKEN_ID).isEmpty();
    }

    /** Names the minted tokens to the script that revokes them, by the halves that are no secret. */
    public void nameToken(Exchange exchange) {
        Run run = run(exchange);
        Set<String> ids = new TreeSet<>(run.past().outputs(TOKEN_ID));
        Optional.ofNullable(tokenIds.remove(run.id())).ifPresent(ids::addAll);
        Variables.setEnvironment(exchange, "TOKEN_ID", String.join(" ", ids));
    }

    private static Run run(Exchange exchange) {
        return exchange.getVariable(Variables.RUN, Run.class);
    }
}
