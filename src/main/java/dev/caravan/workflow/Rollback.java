package dev.caravan.workflow;

import dev.caravan.facts.Finding;
import dev.caravan.facts.Preflight;
import dev.caravan.facts.Severity;
import dev.caravan.history.Undoes;
import dev.caravan.journal.Found;
import dev.caravan.run.HostsFailed;
import dev.caravan.run.PreflightRefused;
import dev.caravan.run.Run;
import dev.caravan.run.RunCancelled;
import dev.caravan.run.RunRollback;
import dev.caravan.run.Unwrapped;
import dev.caravan.run.Variables;
import dev.caravan.spec.Host;
import dev.caravan.step.StepFailure;
import dev.caravan.step.StepResult;
import dev.caravan.step.Undo;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.apache.camel.Exchange;
import org.apache.camel.Variable;

/** What is to be rolled back, and where: bean {@code rollback}. It is read from the journal. */
public final class Rollback {
    /** Set by the route that rolls back all hosts: whether the cluster itself is removed. */
    private static final String CLUSTER_GOES = "clusterGoes";
    private static final String UNDO = "undo";
    private static final String FAILURE = "failure";
    /** Kinds of what was found: a host that was no node, and one that held no cluster. */
    private static final String NO_NODE = "node";
    private static final String NO_CLUSTER = "cluster";
    private static final String NO_RUNTIME = "runtime";

    /** What was noted, by the run's id. */
    private final Map<String, Set<String>> noted = new ConcurrentHashMap<>();

    // ---- whether

    /** What of the exchange's host, which failed, decides whether it is rolled back alone. */
    public Failed host(Exchange exchange) {
        return Failed.of(run(exchange), Variables.hostName(exchange));
    }

    /** What of the run, whose failure was kept, decides whether it is rolled back as a whole. */
    public Failed wholeRun(Exchange exchange) {
        return Failed.of(run(exchange), exchange.getVariable(FAILURE) instanceof HostsFailed);
    }

    /** What the built-in routes decide by {@link #host}; for routes that users copied from earlier versions. */
    public boolean isOfThisHostAlone(Exchange exchange) {
        return host(exchange).isOfHostAlone();
    }

    /** What the built-in routes decide by {@link #wholeRun}; for routes that users copied from earlier versions. */
    public boolean isOfTheWholeRun(Exchange exchange) {
        return wholeRun(exchange).isOfWholeRun();
    }

    /** Ends the work on all hosts, as the run cannot continue without the exchange's host, which failed, or as too many hosts failed. */
    public void giveUpRun(Exchange exchange) {
        Run run = run(exchange);
        run.giveUp(Variables.hostName(exchange) + " failed, and "
                + (run.tolerates(Set.of()) ? "the run is rolled back" : "more hosts than maxFailedHosts allows"));
    }

    /** The same if the built-in routes would; for routes that users copied from earlier versions. */
    public void giveUp(Exchange exchange) {
        if (host(exchange).isOfAllWork()) {
            giveUpRun(exchange);
        }
    }

    /** Keeps the failure of the run: a failure of the rollback is caught, too, and would replace it. */
    public void keepFailure(Exchange exchange) {
        exchange.setVariable(FAILURE, caught(exchange));
    }

    /** Fails with what the run failed of, after it was dealt with. */
    public void rethrowFailure(Exchange exchange) throws Exception {
        Exception first = exchange.getVariable(FAILURE, Exception.class);
        throw first != null ? first : caught(exchange);
    }

    private static Exception caught(Exchange exchange) {
        Exception caught = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
        return Unwrapped.of(caught) instanceof Exception cause ? cause : caught;
    }

    // ---- what

    /**
     * The hosts with something to roll back.
     *
     * @throws HostsFailed for a run that upgraded a control plane
     */
    public List<Host> hosts(@Variable(Variables.RUN) Run run) throws HostsFailed {
        if (run.action().undoes() != Undoes.CLUSTER && run.isUpgraded()) {
            throw new HostsFailed("not rolled back: the run upgraded a control plane, and Kubernetes has no downgrade. "
                    + "caravan apply resumes the upgrade");
        }
        run.rollback().startOnAllHosts();
        // The machine of a lost host is gone with all that was changed there.
        run.cluster().leaving().stream().filter(Host::isLost)
                .forEach(host -> run.rollback().recordRolledBack(run.rollback().toRollBack(host)));
        return run.cluster().everyHost().stream().filter(host -> !run.rollback().toRollBack(host).isEmpty()).toList();
    }

    /**
     * What is to be rolled back on the exchange's host: a list of {@link Undo}. A step that was recorded again later, for example in an
     * upgrade, is undone as a whole in the place of its first record: what came after that needs it.
     */
    public List<Undo> undos(Exchange exchange) {
        Run run = run(exchange);
        Host host = exchange.getVariable(Variables.HOST, Host.class);
        run.rollback().start();
        return undos(run.rollback().toRollBack(host));
    }

    /** The same of any records of one host, the oldest first. */
    static List<Undo> undos(List<Found> recorded) {
        Map<String, List<Found>> bySteps = recorded.stream()
                .filter(one -> !isOf(one, NO_NODE) && !isOf(one, RunRollback.UPGRADED))
                .collect(Collectors.groupingBy(Found::step, LinkedHashMap::new, Collectors.toList()));
        List<Undo> undos = new ArrayList<>();
        bySteps.forEach((step, found) -> {
            Collections.reverse(found);
            undos.add(new Undo(step, found));
        });
        Collections.reverse(undos);
        return undos;
    }

    /** Records that a step was rolled back: the variable {@code undo}. */
    public void recordRolledBack(Exchange exchange) {
        noteUnseen(exchange);
        run(exchange).rollback().recordRolledBack(exchange.getVariable(UNDO, Undo.class).found());
    }

    /** What {@link #recordRolledBack} is called in routes that users copied from earlier versions. */
    public void gaveBack(Exchange exchange) {
        recordRolledBack(exchange);
    }

    /** Notes, once for each host, what a script could not look at: the output {@code unseen} of its result, which is the body. */
    public void noteUnseen(Exchange exchange) {
        Run run = run(exchange);
        String host = Variables.hostName(exchange);
        StepResult result = exchange.getMessage().getBody(StepResult.class);
        String unseen = result == null ? "" : result.output("unseen");
        if (unseen.isEmpty()) {
            return;
        }
        Set<String> known = noted.computeIfAbsent(run.id(), id -> {
            run.atEnd(() -> noted.remove(id));
            return ConcurrentHashMap.newKeySet();
        });
        if (known.add(host + " " + unseen)) {
            run.note(host, unseen);
        }
    }

    /** Whether the exchange's host became a node of a cluster that stays, which has to forget it. */
    public boolean leavesANodeBehind(Exchange exchange) {
        Run run = run(exchange);
        Host host = exchange.getVariable(Variables.HOST, Host.class);
        Host first = run.cluster().firstControlPlane();
        return !host.name().equals(first.name()) && has(run, host, NO_NODE) && !isClusterGoing(exchange);
    }

    /**
     * What is removed altogether when the exchange's host is rolled back, as words for the undo scripts: the runtime that a step
     * installed there, the cluster that this run made. What would only be taken out of those need not be.
     */
    public String goes(Exchange exchange) {
        Run run = run(exchange);
        Host host = exchange.getVariable(Variables.HOST, Host.class);
        List<String> words = new ArrayList<>();
        if (has(run, host, NO_RUNTIME)) {
            words.add(NO_RUNTIME);
        }
        if (isClusterGoing(exchange)) {
            words.add(NO_CLUSTER);
        }
        return String.join(" ", words);
    }

    /**
     * Whether the cluster goes with its hosts; asked before any host is rolled back: it was made by what is undone, or all of its hosts are
     * reset. The control plane that it was made on may have been removed since.
     */
    public boolean clusterGoes(@Variable(Variables.RUN) Run run) {
        return run.action().undoes() == Undoes.CLUSTER || has(run, run.cluster().firstControlPlane(), NO_CLUSTER);
    }

    /** Hosts that are rolled back alone leave the cluster to the others. */
    private static boolean isClusterGoing(Exchange exchange) {
        return Boolean.TRUE.equals(exchange.getVariable(CLUSTER_GOES, Boolean.class));
    }

    private static boolean has(Run run, Host host, String kind) {
        return run.rollback().toRollBack(host).stream().anyMatch(found -> isOf(found, kind));
    }

    private static boolean isOf(Found found, String kind) {
        return found.kind().equals(kind);
    }

    /** Names the exchange's host to the script that has the cluster forget it. */
    public void nameNode(Exchange exchange) {
        Variables.setEnvironment(exchange, "FORGOTTEN_NODE", Variables.hostName(exchange));
    }

    // ---- how it went

    /** Fails where a host could not be looked at, before anything is rolled back: half a reset is of no use. */
    public void requireAllSeen(@Variable(Variables.RUN) Run run) throws Exception {
        List<Finding> findings = new ArrayList<>(FormerHostFindings.unknown(run));
        run.failures().forEach((host, failure) -> findings.add(FormerHostFindings.unseen(run, host, failure)
                .orElseGet(() -> PreflightCheck.unseen(host, failure))));
        if (!findings.isEmpty()) {
            throw new PreflightRefused(Preflight.merged(findings, run.cluster()));
        }
        if (run.isCancelled()) {
            throw new RunCancelled();
        }
    }

    /** Refuses to reset a cluster with hosts that were adopted: Caravan did not make it, and cannot restore what was before. */
    public void requireNothingAdopted(@Variable(Variables.RUN) Run run) throws PreflightRefused {
        List<String> adopted = run.cluster().everyHost().stream().map(Host::name).filter(run.cluster().adopted()::contains).toList();
        if (!adopted.isEmpty()) {
            throw new PreflightRefused(List.of(new Finding(adopted, "adopted-host", Severity.REFUSES,
                    "was a node before Caravan knew the cluster: a reset would remove a cluster that Caravan did not make",
                    "To remove it all the same, delete caravan/adopted from metadata.annotations in the spec; packages and what else was "
                            + "there before stay.")));
        }
    }

    /** Fails where something could not be rolled back. */
    public void requireNothingLeft(@Variable(Variables.RUN) Run run) throws HostsFailed {
        if (!run.rollback().leftBehind().isEmpty()) {
            throw new HostsFailed("failed on " + String.join(", ", run.rollback().leftBehind().keySet()));
        }
    }

    /** Notes that the exchange's host is as it was found. */
    public void hostRolledBack(Exchange exchange) {
        Run run = run(exchange);
        Host host = exchange.getVariable(Variables.HOST, Host.class);
        run.rollback().recordRolledBack(run.rollback().toRollBack(host));
        run.rollback().hostRolledBack(host.name());
    }

    /** Notes that the exchange's host could not be restored completely; what is left is named by step. */
    public void leftBehind(Exchange exchange) {
        Run run = run(exchange);
        Host host = exchange.getVariable(Variables.HOST, Host.class);
        Exception failure = caught(exchange);
        if (failure instanceof StepFailure step) {
            run.recordGivenUp(step);
        }
        Set<String> steps = undos(exchange).stream().map(Undo::step).collect(Collectors.toCollection(LinkedHashSet::new));
        String what = steps.isEmpty() ? "its node in the cluster" : "what " + String.join(", ", steps) + " changed";
        run.rollback().leftBehind(host.name(), what + " (" + failure.getMessage() + ")");
    }

    private static Run run(Exchange exchange) {
        return exchange.getVariable(Variables.RUN, Run.class);
    }
}
