package dev.caravan.workflow;

import dev.caravan.backups.Backup;
import dev.caravan.backups.BackupDirectory;
import dev.caravan.facts.Facts;
import dev.caravan.history.StepState;
import dev.caravan.journal.Journal;
import dev.caravan.run.Run;
import dev.caravan.run.RunCancelled;
import dev.caravan.run.StepRecorder;
import dev.caravan.run.Variables;
import dev.caravan.spec.Cluster.Occasion;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.spec.Secret;
import dev.caravan.step.StepFailure;
import dev.caravan.step.StepResult;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.Exchange;
import org.apache.camel.Variable;

/** The backups of the run's cluster, for routes: bean {@code backups}. */
public final class Backups {
    /** Variable: what the backup is for; without it, it is taken in any case. */
    private static final String BEFORE = "backup.before";
    /** Variable: where the archive goes. */
    private static final String FILE = "backup.file";
    private static final String STATE = "backup";
    private static final String STEP = "backups";
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

    private final Path data;
    private final Journal journal;
    /** How many backups a run has begun; a resumed run begins them in the same order again. */
    private final Map<String, AtomicInteger> begun = new ConcurrentHashMap<>();

    public Backups(Path data, Journal journal) {
        this.data = data;
        this.journal = journal;
    }

    /** A backup that is being taken; the exchanges of the hosts share it. */
    private static final class State {
        private final String id;
        private final Map<String, Exception> failures = new LinkedHashMap<>();
        private Optional<Backup> taken = Optional.empty();

        private State(String id) {
            this.id = id;
        }
    }

    private BackupDirectory directory(Run run) {
        return new BackupDirectory(data, run.cluster().name());
    }

    private static Run run(Exchange exchange) {
        return exchange.getVariable(Variables.RUN, Run.class);
    }

    /**
     * Begins a backup, unless the variable {@code backup.before} names an occasion for which the spec wants none.
     *
     * @throws IllegalArgumentException if the variable names no occasion
     */
    public void begin(Exchange exchange) {
        Run run = run(exchange);
        exchange.removeVariable(STATE);
        String before = exchange.getVariable(BEFORE, String.class);
        if (before != null && !run.cluster().backup().before().contains(occasion(before))) {
            run.note(null, "no backup is taken before this " + before + ", as the spec says (backup.before)");
            return;
        }
        String time = TIME.format(journal.run(run.id()).orElseThrow().createdAt());
        int number = begun.computeIfAbsent(run.id(), any -> {
            run.atEnd(() -> begun.remove(run.id()));
            return new AtomicInteger();
        }).incrementAndGet();
        State state = new State(time + "-" + run.id() + (number == 1 ? "" : "-" + number));
        exchange.setVariable(STATE, state);
        exchange.setVariable(FILE, directory(run).archive(state.id, run.cluster().backup().passphrase()));
    }

    private static Occasion occasion(String word) {
        return Stream.of(Occasion.values()).filter(occasion -> occasion.word().equals(word)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("the variable " + BEFORE + " is " + word
                        + "; a backup is taken before "
                        + Stream.of(Occasion.values()).map(Occasion::word).collect(Collectors.joining(", "))));
    }

    /**
     * The control planes that may give the backup, one after the other until one did; none if no backup is wanted. Only those that the
     * action is limited to, if it is.
     */
    public List<Host> hosts(Exchange exchange) {
        Run run = run(exchange);
        Set<String> limitedTo = run.action().limitedTo(run.parameters());
        // A host that is known to be in no cluster need not be asked.
        return exchange.getVariable(STATE, State.class) == null ? List.of()
                : run.cluster().controlPlanes().stream().filter(host -> !run.hasFailed(host.name())
                        && (limitedTo.isEmpty() || limitedTo.contains(host.name()))
                        && run.facts(host.name()).map(Facts::joined).orElse(true)).toList();
    }

    /** Whether no control plane gave it yet. */
    public boolean isOpen(Exchange exchange) {
        State state = exchange.getVariable(STATE, State.class);
        return state != null && state.taken.isEmpty() && !run(exchange).isCancelled();
    }

    /** The spec as the journal has it, without its secrets, for the archive. */
    public String spec(@Variable(Variables.RUN) Run run) {
        return journal.run(run.id()).orElseThrow().spec();
    }

    /** Records the backup that the step before saved. */
    public void keep(Exchange exchange) throws IOException {
        Run run = run(exchange);
        State state = exchange.getVariable(STATE, State.class);
        StepResult result = exchange.getMessage().getBody(StepResult.class);
        if (result.artefact().isEmpty()) {
            return; // in a plan
        }
        Optional<Secret> passphrase = run.cluster().backup().passphrase();
        BackupDirectory directory = directory(run);
        Backup.Snapshot etcd = new Backup.Snapshot(result.output("etcdVersion"), number(result, "revision"), number(result, "hash"),
                number(result, "keys"), number(result, "etcdBytes"), (int) number(result, "members"));
        Backup backup = new Backup(state.id, run.cluster().name(), run.id(), Instant.now(), result.host(),
                result.output("kubernetesVersion"), etcd, passphrase.isPresent(), result.artefact().get(),
                directory.measure(state.id, passphrase));
        directory.record(backup);
        state.taken = Optional.of(backup);
        run.note(null, "backup " + BackupWords.line(backup) + (passphrase.isPresent() ? ""
                : "; it is not encrypted and holds every secret of the cluster (the spec has no backup.passphrase)"));
    }

    private static long number(StepResult result, String output) {
        String text = result.output(output);
        return text.matches("[0-9]{1,18}") ? Long.parseLong(text) : 0;
    }

    /** Notes that this control plane could not give it. */
    public void failed(Exchange exchange) {
        Exception failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
        if (failure instanceof StepFailure step) {
            run(exchange).recordGivenUp(step);
        }
        exchange.getVariable(STATE, State.class).failures.put(Variables.hostName(exchange), failure);
    }

    /** Ends the backup: deletes those that are too many, or fails if no control plane gave one. */
    public void end(Exchange exchange) throws Exception {
        Run run = run(exchange);
        State state = exchange.getVariable(STATE, State.class);
        if (state == null || run.isPlan()) {
            return;
        }
        if (run.isCancelled()) {
            throw new RunCancelled();
        }
        if (state.taken.isEmpty()) {
            throw failure(state);
        }
        for (Backup old : directory(run).prune(keep(run.cluster(), run.parameters()), needed(run.parameters()))) {
            run.note(null, "deleted the backup " + BackupWords.line(old));
        }
    }

    /** Whether a control plane gave it; never in a plan. */
    public boolean isTaken(Exchange exchange) {
        State state = exchange.getVariable(STATE, State.class);
        return state != null && state.taken.isPresent();
    }

    /** How many good backups stay of that cluster, by a run with these parameters. */
    public static int keep(Cluster cluster, Map<String, Object> parameters) {
        return parameters.get("keep") instanceof Long number ? number.intValue() : cluster.backup().keep();
    }

    /** The id of a backup that a run with these parameters deletes in no case. */
    public static Optional<String> needed(Map<String, Object> parameters) {
        return Optional.ofNullable(parameters.get(Restores.PARAMETER)).map(String::valueOf);
    }

    private static Exception failure(State state) {
        if (state.failures.size() == 1) {
            return state.failures.values().iterator().next();
        }
        List<String> said = new ArrayList<>();
        state.failures.forEach((host, failure) -> said.add(host + ": " + failure.getMessage()));
        return new StepFailure(null, "save-backup", "backup", false, said.isEmpty() ? "no control plane could be asked for a backup"
                : "no control plane could give a backup. " + String.join("; ", said),
                "One healthy control plane is enough. If etcd lost its quorum, see docs/backup.md.", List.of(), null);
    }

    /** Lists the backups of the cluster, the newest first, each verified against its digest. */
    public void list(@Variable(Variables.RUN) Run run) throws IOException {
        StepRecorder recorder = new StepRecorder(run, null, STEP, run.steps().nextAttempt("", STEP));
        recorder.started();
        Map<String, String> lines = new LinkedHashMap<>();
        BackupDirectory directory = directory(run);
        int damaged = 0;
        for (Backup backup : directory.all()) {
            BackupDirectory.Verified verified = directory.verify(backup);
            damaged += verified.isGood() ? 0 : 1;
            String line = BackupWords.line(backup) + ", " + BackupWords.age(backup, Instant.now()) + " old, "
                    + verified.problem().map(problem -> "DAMAGED: " + problem).orElse("verifies");
            lines.put(backup.id(), line);
            run.note(null, line);
        }
        recorder.ended(StepState.OK, lines, lines.isEmpty() ? "there is no backup of " + run.cluster().name()
                : lines.size() + (lines.size() == 1 ? " backup, " : " backups, ") + (damaged == 0 ? "none" : damaged) + " damaged");
    }
}
