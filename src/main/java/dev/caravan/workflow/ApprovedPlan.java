package dev.caravan.workflow;

import dev.caravan.actions.Action;
import dev.caravan.actions.Action.ActionCall;
import dev.caravan.actions.InvalidParameters;
import dev.caravan.facts.Finding;
import dev.caravan.facts.Severity;
import dev.caravan.history.Event;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.Occurrence.RunQueued;
import dev.caravan.history.PlannedChanges;
import dev.caravan.history.RunState;
import dev.caravan.history.StepState;
import dev.caravan.journal.Journal;
import dev.caravan.journal.RunIds;
import dev.caravan.journal.RunRecord;
import dev.caravan.run.PreflightRefused;
import dev.caravan.run.Run;
import dev.caravan.run.RunCancelled;
import dev.caravan.run.Runs;
import dev.caravan.run.Runs.Outcome;
import dev.caravan.run.StepRecorder;
import dev.caravan.run.Variables;
import dev.caravan.spec.Counted;
import dev.caravan.spec.LineDifferences;
import dev.caravan.spec.SpecValues;
import dev.caravan.step.StepFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.camel.Variable;

/**
 * A run that is to do exactly what an earlier plan said: bean {@code approved}. Before anything is changed the plan is made again, as a
 * run of its own, and the run is refused if the two differ. The parameter {@code plan} names the earlier one. Thread-safe.
 */
public final class ApprovedPlan {
    private static final String PARAMETER = "plan";
    private static final String STEP = "check-plan";
    private static final String PLAN_AGAIN = "Make a plan of this spec: caravan plan -f SPEC. Name its run with --plan.";

    private final CompletableFuture<Runs> runs;
    private final Journal journal;
    private final Executor executor;

    /** @param executor on which a run continues after its plan was made again */
    public ApprovedPlan(CompletableFuture<Runs> runs, Journal journal, Executor executor) {
        this.runs = runs;
        this.journal = journal;
        this.executor = executor;
    }

    /** Whether the run names a plan, and may not have changed anything yet. */
    public boolean isDue(@Variable(Variables.RUN) Run run) {
        return !named(run).isEmpty() && !run.past().hasPassedCheckpoint();
    }

    private static String named(Run run) {
        return String.valueOf(run.parameters().getOrDefault(PARAMETER, ""));
    }

    /** Makes the plan again; completes when it is as it was, and otherwise with a {@link PreflightRefused}. */
    public CompletionStage<Void> check(@Variable(Variables.RUN) Run run) throws RunCancelled {
        if (run.isCancelled()) {
            throw new RunCancelled();
        }
        StepRecorder recorder = new StepRecorder(run, null, STEP, 1);
        recorder.started();
        try {
            RunRecord planned = planned(run);
            ActionCall call = sameCall(planned, run);
            requireSameSpec(planned, run);
            recorder.doing("makes the plan of run " + planned.id() + " again");
            // What completes this future itself reaches the route as it is, and not within an exception of the JDK's.
            CompletableFuture<Void> compared = new CompletableFuture<>();
            runs.join().beginWithin(run, call).whenCompleteAsync((again, broken) -> {
                try {
                    compare(planned, again, broken, recorder);
                    compared.complete(null);
                } catch (Exception e) {
                    compared.completeExceptionally(e);
                }
            }, executor);
            return compared;
        } catch (PreflightRefused refused) {
            return CompletableFuture.failedStage(failed(recorder, refused));
        }
    }

    private static PreflightRefused failed(StepRecorder recorder, PreflightRefused refused) {
        recorder.failed(new StepFailure(null, STEP, "refused", false, refused.getMessage(), "", List.of(), null));
        return refused;
    }

    /** The run that made the plan. */
    private RunRecord planned(Run run) throws PreflightRefused {
        String id = named(run);
        RunRecord planned;
        try {
            planned = RunIds.find(journal, id);
        } catch (RunIds.NotFound e) {
            throw unusable(id, e.getMessage());
        }
        if (runs.join().actions().find(planned.action()).filter(Action::plan).isEmpty()) {
            throw unusable(id, "run " + planned.id() + " is of the action " + planned.action() + ", which is no plan");
        }
        if (planned.state() != RunState.SUCCEEDED) {
            throw unusable(id, "run " + planned.id() + " is " + planned.state().word() + "; a plan can be applied once it has succeeded");
        }
        if (!planned.cluster().equals(run.cluster().name())) {
            throw unusable(id, "run " + planned.id() + " is of cluster " + planned.cluster() + ", and the spec is of "
                    + run.cluster().name());
        }
        return planned;
    }

    private static PreflightRefused unusable(String id, String why) {
        return new PreflightRefused("the plan " + id + " cannot be applied", List.of(finding(List.of(), why,
                PLAN_AGAIN)));
    }

    private static Finding finding(List<String> hosts, String problem, String remedy) {
        return new Finding(hosts, STEP, Severity.REFUSES, problem, remedy);
    }

    /** The plan's action with the parameters that this run has. */
    private ActionCall sameCall(RunRecord planned, Run run) throws PreflightRefused {
        Action action = runs.join().actions().find(planned.action()).orElseThrow();
        Map<String, String> before = new TreeMap<>(journal.events(planned.id(), 0).stream()
                .flatMap(event -> event.as(RunQueued.class).stream()).findFirst().map(RunQueued::parameters).orElse(Map.of()));
        Map<String, String> now = new TreeMap<>();
        action.parameters().stream().filter(parameter -> run.parameters().containsKey(parameter.name()))
                .forEach(parameter -> now.put(parameter.name(), run.parameters().get(parameter.name()).toString()));
        List<Finding> differences = new ArrayList<>();
        before.forEach((name, value) -> {
            if (!value.equals(now.get(name))) {
                differences.add(finding(List.of(), "the plan was made with " + said(name, value) + ", and this run has "
                        + said(name, now.getOrDefault(name, "")), ""));
            }
        });
        try {
            if (differences.isEmpty()) {
                return action.call(now);
            }
        } catch (InvalidParameters e) {
            differences.add(finding(List.of(), e.getMessage(), ""));
        }
        throw new PreflightRefused("this run has other parameters than run " + planned.id() + ", whose plan it is to apply", differences);
    }

    private static String said(String name, String value) {
        return value.isEmpty() ? "no " + name : name + " " + value;
    }

    private void requireSameSpec(RunRecord planned, Run run) throws PreflightRefused {
        String now = journal.run(run.id()).map(RunRecord::spec).orElse("");
        Optional<String> differences = LineDifferences.of(planned.spec(), now, "planned", "now");
        if (differences.isPresent()) {
            throw new PreflightRefused("the spec is another than that of run " + planned.id() + ", whose plan it is to apply",
                    List.of(finding(List.of(), "the spec differs from the one of the plan\n" + differences.get(),
                            PLAN_AGAIN)));
        }
        List<String> places = journal.values(planned.id())
                .map(values -> SpecValues.parse(values).differences(SpecValues.of(run.cluster()))).orElse(List.of());
        if (!places.isEmpty()) {
            throw new PreflightRefused("values of the spec are others than those of run " + planned.id() + ", whose plan it is to apply",
                    List.of(finding(List.of(), "the text of the spec is that of the plan, but not what it hides or takes from variables "
                            + "and files: " + String.join(", ", places), PLAN_AGAIN)));
        }
    }

    private void compare(RunRecord planned, Outcome again, Throwable broken, StepRecorder recorder) throws Exception {
        if (broken != null) {
            throw broken instanceof Exception e ? e : new IllegalStateException(broken);
        }
        List<Event> events = journal.events(again.run(), 0);
        PreflightRefused refused;
        if (again.state() == RunState.SUCCEEDED) {
            PlannedChanges now = PlannedChanges.of(events);
            List<PlannedChanges.Deviation> deviations = PlannedChanges.of(journal.events(planned.id(), 0)).deviations(now);
            if (deviations.isEmpty()) {
                recorder.ended(StepState.OK, Map.of(), "as in run " + planned.id() + ": " + Counted.of(now.changes().size(), "change"));
                return;
            }
            refused = new PreflightRefused("what would be done now is not what run " + planned.id() + " planned. caravan status "
                    + again.run() + " shows the plan of now. To apply that one: caravan apply -f SPEC --plan " + again.run(),
                    deviations.stream().map(each -> finding(each.hosts(), each.text(), "")).toList());
        } else if (again.state() == RunState.CANCELLED) {
            throw new RunCancelled();
        } else {
            refused = new PreflightRefused("the plan could not be made again: caravan status " + again.run() + " shows why",
                    whyNot(events));
        }
        throw failed(recorder, refused);
    }

    private static List<Finding> whyNot(List<Event> events) {
        return events.stream().flatMap(event -> event.as(RunEnded.class).stream())
                .flatMap(end -> end.findings().isEmpty()
                        ? List.of(finding(List.of(), end.message(), "")).stream()
                        : end.findings().stream().map(each -> finding(each.hosts(), each.problem(), each.remedy())))
                .toList();
    }
}
