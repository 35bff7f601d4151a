package dev.caravan.remote;

import dev.caravan.artefacts.Artefact;
import dev.caravan.artefacts.DataFiles;
import dev.caravan.history.Occurrence.HostWaiting;
import dev.caravan.journal.JournalException;
import dev.caravan.routes.RouteFiles;
import dev.caravan.run.HostSlots;
import dev.caravan.run.Past;
import dev.caravan.run.Run;
import dev.caravan.run.RunCancelled;
import dev.caravan.run.StepRecorder;
import dev.caravan.spec.Host;
import dev.caravan.ssh.SshCommand;
import dev.caravan.ssh.SshException;
import dev.caravan.ssh.SshResult;
import dev.caravan.ssh.SshSessions;
import dev.caravan.ssh.SshTarget;
import dev.caravan.step.FailureRules;
import dev.caravan.step.StepFailure;
import dev.caravan.step.StepResult;
import dev.caravan.step.Undo;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs steps on hosts.
 *
 * <p>The algorithm of one attempt:
 * <ol>
 *   <li>A slot among the hosts worked on at a time is taken.
 *   <li>The step's id is chosen, or, where an earlier attempt lost its connection, that attempt's id is kept; the
 *       journal has it before the host has.
 *   <li>The {@link Launcher}'s request is sent; the host starts the step, or finds it by its id, and its log is
 *       followed.
 *   <li>Its result is read, judged and journaled; its directory is removed with the next request to that host.
 * </ol>
 * A connection lost in between is a {@link StepFailure} of kind {@code connection} that passes: the route's error handler
 * repeats the attempt, which attaches to the step by its id. Thread-safe; no method blocks but for the journal's disk.
 */
public final class StepRunner {
    private static final Logger LOG = LoggerFactory.getLogger(StepRunner.class);
    private static final String GENERIC_UNDO = "undo.sh";
    /** A script is sent each of these that it names. */
    private static final Pattern LIBRARY = Pattern.compile("\\b[a-z]+(-[a-z]+)*-lib[.]sh\\b");
    /** Of a step's result, in bytes. */
    private static final int LARGEST_RESULT = 4 << 20;
    private static final String WHEN_OUT_OF_REACH = "The step may still run on its host, where it is found by its id. "
            + "If this lasts, check the host and its network, then run the same command again.";
    private static final String WHEN_NEVER_REACHED = "This step started nothing on the host. Check the host, its address and its network, "
            + "then run the same command again.";
    private static final String OUTPUT_LIMIT = "output-limit";
    private static final Duration SHORT = Duration.ofSeconds(30);

    private final SshSessions sessions;
    private final Function<Host, SshTarget> targets;
    private final RouteFiles files;
    private final FailureRules rules;
    private final Environment environment;
    private final HostSlots slots;
    private final Path data;
    private final Executor executor;
    private final Privileges privileges;
    private final Artefacts artefacts;
    private final Map<String, Detached> unfinished = new ConcurrentHashMap<>();
    private final Map<String, List<String>> finished = new ConcurrentHashMap<>();
    private final Map<String, Shared> shared = new ConcurrentHashMap<>();
    private final Map<String, StepRecorder.Retry> retries = new ConcurrentHashMap<>();

    /**
     * A step that was begun on a host and whose result is not known yet.
     *
     * @param at     the host that it runs on
     * @param mayRun whether that host may have begun it: then it is found there by its id
     */
    private record Detached(String id, Host at, long logOffset, StepLog log, AtomicBoolean mayRun) {}

    private static final class Shared {
        private final CompletableFuture<StepResult> result = new CompletableFuture<>();
        private final long askedAt = System.nanoTime();
        private volatile long endedAt;

        private boolean isUsable(Duration age) {
            return !result.isDone() || !result.isCompletedExceptionally() && System.nanoTime() - endedAt < age.toNanos();
        }
    }

    /**
     * @param targets how a host is reached
     * @param files   where scripts come from
     * @param data    the data directory. Each step's log is kept there, in {@code logs/RUN/HOST/STEP.log}, and files that steps save
     */
    public StepRunner(
            SshSessions sessions, Function<Host, SshTarget> targets, RouteFiles files, FailureRules rules, Environment environment,
            HostSlots slots, Path data, Executor executor) {
        this.sessions = sessions;
        this.targets = targets;
        this.files = files;
        this.rules = rules;
        this.environment = environment;
        this.slots = slots;
        this.data = data;
        this.executor = executor;
        this.privileges = new Privileges(sessions);
        this.artefacts = new Artefacts(sessions, privileges, executor);
    }

    /** The file of that name in the data directory. @throws IllegalArgumentException if it would be anywhere else */
    Path dataFile(String name) {
        return DataFiles.resolve(data, name);
    }

    Executor executor() {
        return executor;
    }

    /** Runs the step; the stage fails with a {@link StepFailure} or {@link RunCancelled}. */
    CompletionStage<StepResult> run(StepOrder order) {
        return recorded(order).orElseGet(() -> act(order));
    }

    /* What an earlier life of the run recorded of it; the host is not reached. */
    private static Optional<CompletionStage<StepResult>> recorded(StepOrder order) {
        try {
            return order.run().past().result(order.host().name(), order.step()).map(CompletableFuture::completedFuture);
        } catch (StepFailure failure) {
            return Optional.of(CompletableFuture.failedFuture(failure));
        }
    }

    private CompletionStage<StepResult> act(StepOrder order) {
        Optional<Exception> off = off(order);
        if (off.isPresent()) {
            return CompletableFuture.failedFuture(off.get());
        }
        boolean awaited = order.at().equals(order.run().cluster().firstControlPlane());
        return admitted(order, slots.take(order.at().address(), awaited),
                "waits for its turn: " + order.step() + " (" + slots.hosts() + " hosts at a time)", OptionalInt.of(slots.hosts()),
                this::begin);
    }

    /* The wait for a slot may have been long. Whatever is thrown here must not keep the slot. */
    private CompletionStage<StepResult> begin(StepOrder order) {
        try {
            Optional<Exception> off = off(order);
            if (off.isPresent()) {
                return CompletableFuture.failedFuture(off.get());
            }
            return order.isUndo() ? stopOthers(order).thenCompose(stopped -> attempt(order)) : attempt(order);
        } catch (RuntimeException | Error e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private static Optional<Exception> off(StepOrder order) {
        return order.evenWhenCancelled() ? Optional.empty() : order.run().stopped();
    }

    /** Runs the step when no other of the same run that names this word is running. */
    CompletionStage<StepResult> inTurn(StepOrder order, String word) {
        Optional<CompletionStage<StepResult>> recorded = recorded(order);
        if (recorded.isPresent()) {
            return recorded.get();
        }
        return admitted(order, order.run().turn(word), "waits for its turn: " + order.step(), OptionalInt.empty(), this::act);
    }

    /* Says what the host waits for, where it has to wait. */
    private CompletionStage<StepResult> admitted(StepOrder order, CompletionStage<Runnable> place, String wait, OptionalInt among,
            Function<StepOrder, CompletionStage<StepResult>> then) {
        if (!place.toCompletableFuture().isDone()) {
            try {
                order.run().record(new HostWaiting(Optional.of(order.host().name()), wait, among));
            } catch (RuntimeException e) {
                place.thenAcceptAsync(Runnable::run, executor); // nobody else's place is lost
                return CompletableFuture.failedFuture(e);
            }
        }
        return place.thenComposeAsync(leave -> then.apply(order).whenComplete((result, failure) -> leave.run()), executor);
    }

    /** Runs the step, or takes the result of one that is running or ended less than {@code age} ago. */
    CompletionStage<StepResult> shared(StepOrder order, Duration age) {
        Shared mine = new Shared();
        Shared used = shared.compute(order.run().id() + " " + order.step(),
                (key, other) -> other != null && other.isUsable(age) && order.run().isUsable(order.step(), other.askedAt) ? other : mine);
        if (used == mine) {
            run(order).whenComplete((result, failure) -> {
                mine.endedAt = System.nanoTime();
                if (failure == null) {
                    mine.result.complete(result);
                } else {
                    mine.result.completeExceptionally(failure);
                }
            });
        }
        return used.result;
    }

    /* A step that was given up because its host could not be reached may go on there: not while it is taken back. */
    private CompletionStage<Void> stopOthers(StepOrder order) {
        Run run = order.run();
        String host = order.host().name();
        String mine = key(run, host, order.step());
        List<CompletableFuture<?>> stopped = new ArrayList<>();
        for (String key : List.copyOf(unfinished.keySet())) {
            if (key.startsWith(run.id() + " " + host + " ") && !key.equals(mine)) {
                Detached other = unfinished.remove(key);
                stopped.add(stop(run, other.at(), other.id(), key.substring(key.lastIndexOf(' ') + 1)).toCompletableFuture());
            }
        }
        for (Past.UnderWay other : run.past().underWay()) {
            if (other.host().equals(host) && !other.step().equals(order.step()) && run.past().underWay(host, other.step()).isPresent()) {
                stopped.add(stop(run, other).toCompletableFuture());
            }
        }
        return CompletableFuture.allOf(stopped.toArray(CompletableFuture[]::new));
    }

    /** Ends what an earlier run left running on hosts, as well as can be, and clears it away; never fails. */
    public CompletionStage<Void> stop(Run run, Past past) {
        return CompletableFuture.allOf(past.underWay().stream().map(step -> stop(run, step).toCompletableFuture())
                .toArray(CompletableFuture[]::new));
    }

    private CompletionStage<Void> stop(Run run, Past.UnderWay step) {
        return run.cluster().everyHost().stream().filter(host -> host.name().equals(step.at())).findFirst()
                .map(host -> stop(run, host, step.id(), step.step()))
                .orElseGet(() -> CompletableFuture.completedFuture(null));
    }

    private CompletionStage<Void> stop(Run run, Host host, String id, String step) {
        SshTarget target = targets.apply(host);
        return privileges.of(target)
                .thenCompose(privilege -> sessions.execute(target, SshCommand.of(privilege.stop())
                        .withStdin(Launcher.ids(List.of(id), privileges.password(target, privilege)))
                        .withTimeout(SHORT)))
                .handle((stopped, failure) -> {
                    if (failure == null) {
                        finished(run, host).add(id);
                    } else {
                        run.note(host.name(), "could not see whether " + step + " still runs there: " + cause(failure).getMessage());
                    }
                    return null;
                });
    }

    /** Clears away on the hosts what steps of that run left there, and forgets the run. */
    public CompletionStage<Void> finish(Run run) {
        shared.keySet().removeIf(key -> key.startsWith(run.id() + " "));
        unfinished.keySet().removeIf(key -> key.startsWith(run.id() + " "));
        retries.keySet().removeIf(key -> key.startsWith(run.id() + " "));
        CompletableFuture<?>[] cleared = run.cluster().everyHost().stream()
                .map(host -> clear(run, host).toCompletableFuture())
                .toArray(CompletableFuture[]::new);
        return CompletableFuture.allOf(cleared);
    }

    private CompletionStage<Void> clear(Run run, Host host) {
        List<String> ids = finished(run, host);
        finished.remove(run.id() + " " + host.name());
        // What the journal did not take is still there.
        if (ids.isEmpty() || run.isStalled()) {
            return CompletableFuture.completedFuture(null);
        }
        SshTarget target = targets.apply(host);
        return privileges.of(target)
                .thenCompose(privilege -> sessions.execute(target, SshCommand.of(privilege.clear())
                        .withStdin(Launcher.ids(ids, privileges.password(target, privilege)))
                        .withTimeout(SHORT)))
                .handle((result, failure) -> {
                    if (failure != null) {
                        run.note(host.name(), "could not remove /run/caravan on the host (a reboot does): " + cause(failure).getMessage());
                    }
                    return null;
                });
    }

    private CompletionStage<StepResult> attempt(StepOrder order) {
        Run run = order.run();
        String host = order.host().name();
        String key = key(run, host, order.step());
        int number = run.nextAttempt(host, order.step());
        StepRecorder recorder = new StepRecorder(run, host, order.step(), number);
        // where a route's error handler has no policy of ours
        retries(key, Duration.ZERO);
        Detached detached = unfinished.computeIfAbsent(key, any -> detached(order));
        recorder.started(detached.id(), detached.logOffset(), order.at().name());
        detached.log().attach(what -> executor.execute(() -> progress(recorder, what)));
        return send(order, detached)
                .thenCompose(sent -> launch(order, detached).thenCompose(report -> save(order, detached, report)
                        .thenApply(saved -> {
                            unfinished.remove(key);
                            toClear(order, detached);
                            detached.log().failure().ifPresent(failure -> {
                                throw failure;
                            });
                            return judge(order, detached, report, saved.or(() -> sent));
                        })))
                .handle((result, failure) -> {
                    if (failure == null) {
                        recorder.ended(result);
                        return result;
                    }
                    StepFailure why = cause(failure) instanceof StepFailure known ? known : unexpected(order, cause(failure));
                    if (!StepFailure.isOfTheConnection(why.getKind())) {
                        unfinished.remove(key);
                    }
                    if (why.isTransient()) {
                        retries.put(key, recorder.mayPass(why));
                    } else {
                        recorder.failed(why);
                    }
                    throw new CompletionException(why);
                });
    }

    /** Records that the step which failed is tried again after that pause; once for each attempt, however many share its result. */
    void retries(Run run, StepFailure failure, Duration pause) {
        retries(key(run, failure.getHost(), failure.getStep()), pause);
    }

    /* Before the script starts. If the host has begun it in an earlier attempt, its file is the script's. */
    private CompletionStage<Optional<Artefact>> send(StepOrder order, Detached detached) {
        if (!order.moves(order.files().sendFrom())) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        return moved(order, detached, artefacts.send(targets.apply(order.at()), order, detached.id(), order.files().sendFrom().get()));
    }

    /* Once the script has ended. As long as that is not done, the step is found on its host by its id. */
    private CompletionStage<Optional<Artefact>> save(StepOrder order, Detached detached, Report report) {
        if (!order.moves(order.files().saveTo()) || !report.succeeded() || report.skipped().isPresent()) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        return moved(order, detached,
                artefacts.save(targets.apply(order.at()), order, detached.id(), report, order.files().saveTo().get()));
    }

    private CompletionStage<Optional<Artefact>> moved(StepOrder order, Detached detached, CompletionStage<Artefact> moving) {
        return moving.handle((artefact, failure) -> {
            if (failure == null) {
                return Optional.of(artefact);
            }
            Throwable cause = cause(failure);
            if (!(cause instanceof SshException ssh)) {
                toClear(order, detached);
                throw new CompletionException(cause);
            }
            throw new CompletionException(connection(order, detached, ssh));
        });
    }

    private static String key(Run run, String host, String step) {
        return run.id() + " " + host + " " + step;
    }

    private void retries(String key, Duration pause) {
        StepRecorder.Retry retry = retries.remove(key);
        if (retry != null) {
            retry.recorded(pause);
        }
    }

    /* That it cannot be entered is the next entry's failure. */
    private static void progress(StepRecorder recorder, String what) {
        try {
            recorder.doing(what);
        } catch (JournalException e) {
            LOG.debug("what a step is doing cannot be entered", e);
        }
    }

    private Detached detached(StepOrder order) {
        Run run = order.run();
        Path file = data.resolve("logs").resolve(run.id()).resolve(order.host().name()).resolve(order.step() + ".log");
        Optional<Past.UnderWay> before = run.past().underWay(order.host().name(), order.step());
        // What takes back leaves nothing to take back.
        Consumer<String> found = order.isUndo() ? line -> { } : line -> run.keepFound(order.at(), order.step(), line);
        StepLog log = new StepLog(file, run::redact, found);
        // The host sends the log from its beginning.
        before.ifPresent(step -> log.cutTo(step.logOffset()));
        return new Detached(before.map(Past.UnderWay::id).orElseGet(run::nextDetachedId), order.at(), log.length(), log,
                new AtomicBoolean(before.isPresent()));
    }

    private void toClear(StepOrder order, Detached detached) {
        finished(order.run(), order.at()).add(detached.id());
    }

    /* The ids of ended steps whose directories may still be on the host. */
    private List<String> finished(Run run, Host host) {
        return finished.computeIfAbsent(run.id() + " " + host.name(),
                any -> new CopyOnWriteArrayList<>(run.past().leftDirectories(host.name())));
    }

    private CompletionStage<Report> launch(StepOrder order, Detached detached) {
        SshTarget target = targets.apply(order.at());
        byte[] request;
        String hostKey = order.run().id() + " " + order.at().name();
        List<String> clear = List.copyOf(finished(order.run(), order.at()));
        Launcher.Request what;
        try {
            what = request(order, detached, clear);
        } catch (StepFailure failure) {
            return CompletableFuture.failedFuture(failure);
        }
        return privileges.of(target)
                .thenCompose(privilege -> sessions.execute(target, SshCommand.of(privilege.launch())
                        .withStdin(what.toBytes(privileges.password(target, privilege)))
                        .withTimeout(order.timeout())
                        .withMaxOutputBytes(LARGEST_RESULT)
                        .withOnStdout(detached.log()::accept)))
                .handle((result, failure) -> {
                    if (failure == null || !(cause(failure) instanceof SshException ssh) || !ssh.isTransient()) {
                        // A line that a lost connection cut in two comes again whole.
                        detached.log().end();
                    }
                    if (failure == null) {
                        finished.computeIfPresent(hostKey, (any, ids) -> {
                            ids.removeAll(clear);
                            return ids;
                        });
                        return CompletableFuture.completedFuture(read(order, detached, result));
                    }
                    return stopped(order, target, detached, cause(failure));
                })
                .thenCompose(Function.identity());
    }

    /** The script that takes that step back. */
    String undoScript(Undo undo) {
        String own = undo.name() + ".sh";
        return files.script(own).isPresent() ? own : GENERIC_UNDO;
    }

    private Launcher.Request request(StepOrder order, Detached detached, List<String> clear) throws StepFailure {
        String script = files.script(order.script()).orElseThrow(() -> failure(order, "script", false,
                "there is no script " + order.script(), "Put it into scripts/ of your routes directory.", List.of(), null));
        Map<String, String> libraries = new LinkedHashMap<>();
        libraries.put("lib.sh", files.script("lib.sh").orElse(""));
        LIBRARY.matcher(script).results().map(MatchResult::group).distinct()
                .forEach(name -> files.script(name).ifPresent(text -> libraries.put(name, text)));
        Map<String, String> variables = new LinkedHashMap<>(environment.of(order.run(), order.at()));
        variables.putAll(order.extraEnvironment());
        variables.put("CARAVAN_STEP", order.step());
        if (order.run().isPlan()) {
            variables.put("CARAVAN_PLAN", "1");
        } else if (order.files().any()) {
            variables.put("ARTEFACT_LIMIT", Long.toString(order.files().saveTo().isPresent() ? order.files().limit() : Long.MAX_VALUE));
        }
        return new Launcher.Request(detached.id(), order.step(), detached.log().known(), clear, variables, script, libraries,
                order.stdin());
    }

    private Report read(StepOrder order, Detached detached, SshResult result) {
        return Report.parse(result.stderr()).orElseThrow(() -> {
            String said = new String(result.stderr(), StandardCharsets.UTF_8).strip();
            boolean cut = said.contains(Launcher.RESULT_MARK) || said.isEmpty();
            if (cut) {
                detached.mayRun().set(true);
            }
            return new CompletionException(cut
                    ? failure(order, StepFailure.CONNECTION, true,
                            "the connection to " + order.at().name() + " ended before the step's result had arrived", WHEN_OUT_OF_REACH,
                            List.of(), null)
                    : failure(order, "launch", false, "the step could not be started: " + order.run().redact(lastLine(said)),
                            "The account needs /bin/sh, tar and setsid, room under /run, and sudo where it is not root.",
                            said.lines().map(order.run()::redact).toList(), null));
        });
    }

    /* A step that takes too long, or sends too much, is stopped. */
    private CompletableFuture<Report> stopped(StepOrder order, SshTarget target, Detached detached, Throwable failure) {
        Optional<StepFailure> reason = reasonToStop(order, detached, failure);
        if (reason.isEmpty()) {
            return CompletableFuture.failedFuture(failure instanceof SshException ssh ? connection(order, detached, ssh) : failure);
        }
        return privileges.of(target)
                .thenCompose(privilege -> sessions.execute(target, SshCommand.of(privilege.stop())
                        .withStdin(Launcher.ids(List.of(detached.id()), privileges.password(target, privilege)))
                        .withTimeout(SHORT)))
                .<Report>handle((stopped, problem) -> {
                    toClear(order, detached);
                    throw new CompletionException(reason.get());
                })
                .toCompletableFuture();
    }

    private static Optional<StepFailure> reasonToStop(StepOrder order, Detached detached, Throwable failure) {
        List<String> lastWords = detached.log().lastLines(8);
        if (failure instanceof StepLog.TooMuch tooMuch) {
            return Optional.of(failure(order, OUTPUT_LIMIT, false, tooMuch.getMessage() + "; stopped",
                    "Look at the step's log for what prints so much.", lastWords, null));
        }
        if (!(failure instanceof SshException ssh)) {
            return Optional.empty();
        }
        return switch (ssh.kind()) {
            case TIMEOUT -> Optional.of(failure(order, "timeout", false, "not done after " + order.timeout().toSeconds() + " s, stopped",
                    "Look at the step's log for what it was waiting for. The time limit is in the step's route.", lastWords, null));
            case OUTPUT_LIMIT -> Optional.of(failure(order, OUTPUT_LIMIT, false,
                    "its result is larger than " + (LARGEST_RESULT >> 20) + " MiB; stopped",
                    "Look at what its script reports, and at what the account's shell prints when it starts.", lastWords, null));
            default -> Optional.empty();
        };
    }

    private static StepFailure connection(StepOrder order, Detached detached, SshException problem) {
        if (problem.kind() == SshException.Kind.CONNECTION_LOST) {
            detached.mayRun().set(true);
        }
        String remedy = !problem.isTransient() ? "" : detached.mayRun().get() ? WHEN_OUT_OF_REACH : WHEN_NEVER_REACHED;
        String kind = switch (problem.kind()) {
            case CONNECTION_LOST -> StepFailure.CONNECTION;
            case UNREACHABLE, REFUSED -> StepFailure.UNREACHABLE;
            default -> problem.kind().name().toLowerCase(Locale.ROOT).replace('_', '-');
        };
        return failure(order, kind, problem.isTransient(), problem.problem(), remedy, List.of(), problem);
    }

    private StepResult judge(StepOrder order, Detached detached, Report report, Optional<Artefact> artefact) {
        report.secrets().values().forEach(order.run()::keepSecret);
        if (report.succeeded()) {
            return report.toResult(order.step(), order.host().name(), artefact);
        }
        List<String> lastWords = detached.log().lastLines(8);
        if (report.isLost()) {
            throw new CompletionException(failure(order, "interrupted", true,
                    "the step ended without a result: was the host rebooted, or the step killed?",
                    "It starts again. If that happens again, find out on the host what ends it: its memory, another administrator.",
                    lastWords, null));
        }
        if (report.exitStatus().isEmpty()) {
            throw new CompletionException(failure(order, "result", false, "the host sent no exit status of the step",
                    "Look at the step's log. If another program writes into /run/caravan on the host, stop it.", lastWords, null));
        }
        FailureRules.Verdict verdict = verdict(report, detached.log());
        String problem = report.problem().orElseGet(() -> lastWords.isEmpty()
                ? "exit status " + report.status()
                : lastWords.get(lastWords.size() - 1));
        throw new CompletionException(failure(order, verdict.kind(), verdict.isTransient(), problem,
                remedy(report, verdict), lastWords, null));
    }

    /* By the most particular words there are: an earlier error of the same log, from which the script recovered, decides nothing. */
    private FailureRules.Verdict verdict(Report report, StepLog log) {
        String words = report.words().or(report::problem).orElseGet(() -> String.join("\n", log.lastLines(30)));
        return rules.judge(report.exitStatus().getAsInt(), words);
    }

    /* A rule that knows a command's words knows more than the script that ran it; what the script judged itself, it knows best. */
    private static String remedy(Report report, FailureRules.Verdict verdict) {
        String ofScript = report.remedy().orElse("");
        boolean ofRule = !verdict.remedy().isEmpty() && (report.words().isPresent() || ofScript.isEmpty());
        return ofRule ? verdict.remedy() : ofScript;
    }

    private static StepFailure unexpected(StepOrder order, Throwable failure) {
        return failure(order, "engine", false, "the engine failed: " + failure, "This is a fault of Caravan or of its journal's disk.",
                List.of(), failure);
    }

    static StepFailure failure(
            StepOrder order, String kind, boolean isTransient, String problem, String remedy, List<String> lastWords, Throwable cause) {
        return new StepFailure(order.host().name(), order.step(), kind, isTransient, order.run().redact(problem), remedy, lastWords, cause);
    }

    private static String lastLine(String text) {
        return text.substring(text.lastIndexOf('\n') + 1);
    }

    static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }
}
