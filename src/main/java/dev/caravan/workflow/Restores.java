package dev.caravan.workflow;

import dev.caravan.artefacts.Outgoing;
import dev.caravan.artefacts.StoredFile;
import dev.caravan.backups.Backup;
import dev.caravan.backups.BackupDirectory;
import dev.caravan.facts.Facts;
import dev.caravan.run.HostsFailed;
import dev.caravan.run.Run;
import dev.caravan.run.RunCancelled;
import dev.caravan.run.Variables;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.spec.Secret;
import dev.caravan.step.StepFailure;
import dev.caravan.step.StepResult;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.camel.Exchange;

/** Brings the run's cluster back to a backup, for routes: bean {@code restores}. */
public final class Restores {
    /** The action's parameter: the id of the backup. */
    static final String PARAMETER = "backup";
    private static final String STEP = "restore";
    private static final String STATE = "restore";
    private static final String FILE = "restore.file";

    private final Path data;

    public Restores(Path data) {
        this.data = data;
    }

    /** What the exchanges of the hosts share. */
    private static final class State {
        private final Backup backup;
        private final Map<String, String> members = new TreeMap<>();

        private State(Backup backup) {
            this.backup = backup;
        }
    }

    private static Run run(Exchange exchange) {
        return exchange.getVariable(Variables.RUN, Run.class);
    }

    /** Finds the backup that the parameter names, and refuses one that is not as it was saved, or that the passphrase does not open. */
    public void choose(Exchange exchange) throws IOException, StepFailure {
        Run run = run(exchange);
        BackupDirectory directory = new BackupDirectory(data, run.cluster().name());
        Backup backup = usable(directory, run.cluster(), String.valueOf(run.parameters().get(PARAMETER)));
        Optional<Secret> passphrase = run.cluster().backup().passphrase();
        StoredFile archive = directory.archive(backup, passphrase);
        requireContent(archive, backup);
        exchange.setVariable(STATE, new State(backup));
        exchange.setVariable(FILE, archive);
    }

    /** The backup of that id; refuses one that the cluster of that spec cannot be brought back to. Its archive is not decrypted. */
    private static Backup usable(BackupDirectory directory, Cluster cluster, String id) throws IOException, StepFailure {
        Backup backup = directory.find(id).orElseThrow(() -> refused("there is no backup " + id + " of " + cluster.name(),
                "caravan backups lists those that there are."));
        Optional<String> problem = directory.verify(backup).problem();
        if (problem.isPresent()) {
            throw refused("the backup " + id + " cannot be restored: " + problem.get(), "Choose another one: caravan backups lists them.");
        }
        if (!minor(backup.kubernetes()).equals(minor(cluster.kubernetes().version()))) {
            throw refused("the backup " + id + " is of Kubernetes " + backup.kubernetes() + ", and the spec is of "
                    + cluster.kubernetes().version(), "A database belongs to its minor: docs/backup.md says how to go back to it.");
        }
        if (backup.encrypted() && cluster.backup().passphrase().isEmpty()) {
            throw refused("the backup " + id + " is encrypted, and the spec has no backup.passphrase", "Add the passphrase to the spec.");
        }
        return backup;
    }

    /** Why a restore with these parameters would be refused, by what the engine knows without asking a host; empty if it knows nothing. */
    public static Optional<StepFailure> refusal(BackupDirectory directory, Cluster cluster, Map<String, Object> parameters)
            throws IOException {
        try {
            usable(directory, cluster, String.valueOf(parameters.get(PARAMETER)));
            return Optional.empty();
        } catch (StepFailure refused) {
            return Optional.of(refused);
        }
    }

    private static void requireContent(StoredFile archive, Backup backup) throws StepFailure {
        try {
            if (Outgoing.measure(archive).equals(backup.content())) {
                return;
            }
        } catch (IOException e) {
            throw refused(e.getMessage(), "Is backup.passphrase of the spec the one that the backup was made with?");
        }
        throw refused("the passphrase of the spec does not open the backup " + backup.id(), "Use the one that it was made with.");
    }

    private static String minor(String version) {
        return version.replaceFirst("^(\\d+\\.\\d+).*", "$1");
    }

    private static StepFailure refused(String problem, String remedy) {
        return new StepFailure(null, STEP, "restore", false, problem, remedy, List.of(), null);
    }

    /**
     * Refuses to begin if a control plane was not reached, as its etcd may still run and take part; and if the first control plane was
     * reinstalled, while another one is left.
     */
    public void requireHosts(Exchange exchange) throws StepFailure {
        Run run = run(exchange);
        List<String> unseen = run.cluster().controlPlanes().stream().map(Host::name).filter(name -> run.facts(name).isEmpty()).toList();
        if (!unseen.isEmpty()) {
            throw refused("not reached: " + String.join(", ", unseen) + ". The etcd of a control plane that is not stopped would continue",
                    "Bring the host up. If it is gone for good, see that it stays off, and take it out of the spec.");
        }
        Host first = run.cluster().firstControlPlane();
        if (!isStanding(run, first) && !isOnNewHost(exchange)) {
            throw refused("the first control plane, " + first.name() + ", was reinstalled or reset",
                    "Put a control plane that has its PKI first in the spec, and set kubernetes.controlPlaneEndpoint to its address, or "
                            + "to the endpoint that it knows.");
        }
    }

    /** Whether no control plane of the spec is left, so that a bare host has to become the first one; also in a run that is resumed. */
    public boolean isOnNewHost(Exchange exchange) {
        // a run that is resumed has the facts of before
        return hosts(exchange).isEmpty();
    }

    /** The bare host that becomes the first control plane. Notes which nodes do not find it there. */
    public Host newHost(Exchange exchange) {
        Run run = run(exchange);
        Host first = run.cluster().firstControlPlane();
        String endpoint = "https://" + run.cluster().kubernetes().controlPlaneEndpoint();
        run.note(first.name(), "no control plane is left: " + first.name() + " is made one with the PKI and the database of the backup");
        List<String> elsewhere = run.cluster().hosts().stream().map(Host::name)
                .filter(name -> run.facts(name).flatMap(facts -> facts.kubernetes().apiServer()).filter(url -> !url.equals(endpoint))
                        .isPresent())
                .toList();
        if (!elsewhere.isEmpty()) {
            run.note(null, "nodes that look for the cluster at another endpoint than " + endpoint + ": " + String.join(", ", elsewhere)
                    + ". Give the new host the address that they know, or reset these hosts (on each: kubeadm reset) and let apply join "
                    + "them again");
        }
        return first;
    }

    private static boolean isStanding(Run run, Host host) {
        return run.facts(host.name()).filter(Facts::joined).isPresent();
    }

    /** The control planes whose etcd is restored: those that were not reinstalled since. */
    public List<Host> hosts(Exchange exchange) {
        Run run = run(exchange);
        return run.cluster().controlPlanes().stream().filter(host -> isStanding(run, host)).toList();
    }

    /** Notes that there is no backup of what is replaced now. */
    public void continueWithoutBackup(Exchange exchange) throws Exception {
        Exception failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
        if (failure instanceof RunCancelled) {
            throw failure;
        }
        run(exchange).note(null, "the present state could not be backed up: " + failure.getMessage()
                + ". What is replaced is moved aside on each host, so the restore continues");
    }

    /** Keeps which member of etcd is on the host that was stopped. */
    public void keepMember(Exchange exchange) {
        StepResult result = exchange.getMessage().getBody(StepResult.class);
        State state = exchange.getVariable(STATE, State.class);
        synchronized (state) {
            state.members.put(result.host(), result.output("member"));
        }
    }

    /** Fails if a control plane did; otherwise sets what the scripts need to know of all. */
    public void requireControlPlanes(Exchange exchange) throws Exception {
        Run run = run(exchange);
        if (run.isCancelled()) {
            throw new RunCancelled();
        }
        Map<String, Throwable> failures = run.failures();
        failures.keySet().retainAll(run.cluster().controlPlanes().stream().map(Host::name).toList());
        if (!failures.isEmpty()) {
            throw HostsFailed.of(run.cluster().hosts(), failures);
        }
        State state = exchange.getVariable(STATE, State.class);
        Variables.setEnvironment(exchange, "RESTORE_RUN", run.id());
        Variables.setEnvironment(exchange, "RESTORE_MEMBERS", String.join(",", state.members.values()));
        Variables.setEnvironment(exchange, "RESTORE_GONE", String.join(" ", gone(run)));
        Variables.setEnvironment(exchange, "RESTORE_NODES",
                run.cluster().hosts().stream().map(Host::name).collect(Collectors.joining(" ")));
    }

    /** Hosts that are not in the cluster now. One that has become the first control plane is. */
    private static List<String> gone(Run run) {
        return run.cluster().hosts().stream().filter(host -> run.facts(host.name()).filter(facts -> !facts.joined()).isPresent())
                .map(Host::name).filter(name -> !name.equals(run.cluster().firstControlPlane().name())).toList();
    }

    /** Says what is left to do. */
    public void end(Exchange exchange) {
        Run run = run(exchange);
        Backup backup = exchange.getVariable(STATE, State.class).backup;
        run.note(null, "restored the backup " + backup.id() + ", etcd revision " + backup.etcd().revision() + ", taken at "
                + backup.takenAt().toString().replaceFirst("\\.\\d+", "") + "; what happened since is gone");
        List<String> gone = gone(run);
        if (!gone.isEmpty()) {
            run.note(null, "reinstalled since and not in the cluster: " + String.join(", ", gone) + ". apply with the same spec joins "
                    + (gone.size() == 1 ? "it" : "them") + " again");
        }
        String unknown = exchange.getMessage().getBody(StepResult.class).output("unknown");
        if (!unknown.isEmpty()) {
            run.note(null, "nodes of the backup that the spec does not have: " + unknown
                    + ". If they are gone for good: kubectl delete node " + unknown);
        }
    }
}
