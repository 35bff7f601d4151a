package dev.caravan.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.journal.Event.Type;
import dev.caravan.terminal.RunView.Activity;
import dev.caravan.terminal.RunView.HostView;
import dev.caravan.terminal.RunView.State;
import dev.caravan.terminal.RunView.StepState;
import dev.caravan.terminal.RunView.StepView;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RunFoldTest {
    private static final List<String> HOSTS = List.of("h1", "h2");

    private static HostView host(RunView run, String name) {
        return run.hosts().stream().filter(host -> host.name().equals(name)).findFirst().orElseThrow();
    }

    @Test
    void knowsTheRunFromItsFirstEvent() {
        RunView run = RunView.of(SampleRuns.apply(true).until(0));
        assertThat(run.state()).isEqualTo(State.QUEUED);
        assertThat(run.rehearsal()).isTrue();
        assertThat(run.action()).isEqualTo("apply");
        assertThat(run.cluster()).isEqualTo("demo");
        assertThat(run.hosts()).extracting(HostView::name).containsExactly("h1", "h2", "h3");
        assertThat(host(run, "h1").roles()).containsExactly("control-plane");
        assertThat(host(run, "h3").address()).isEqualTo("10.77.0.13");
        assertThat(host(run, "h3").activity()).isEqualTo(Activity.PENDING);
    }

    @Test
    void countsAStepFromItsFirstAttempt() {
        SampleRun run = SampleRun.of("1", "apply", false, HOSTS)
                .started(1, "h1", "os-prepare", 1)
                .retry(3, "h1", "os-prepare", 1, 2000, "connection reset")
                .started(5, "h1", "os-prepare", 2)
                .ended(5, 6, "h1", "os-prepare", 2, "changed", "", "turn swap off");
        StepView retrying = host(RunView.of(run.until(3)), "h1").current().orElseThrow();
        assertThat(retrying.state()).isEqualTo(StepState.RETRYING);
        assertThat(retrying.doing()).isEqualTo("connection reset");
        assertThat(retrying.retryAt()).contains(SampleRun.at(5));
        assertThat(host(RunView.of(run.until(3)), "h1").activity()).isEqualTo(Activity.WAITING);
        StepView ended = host(RunView.of(run.events()), "h1").steps().get("os-prepare");
        assertThat(ended.attempt()).isEqualTo(2);
        assertThat(ended.changed()).isTrue();
        assertThat(ended.changes()).containsExactly("turn swap off");
        assertThat(ended.duration()).contains(Duration.ofSeconds(5));
    }

    @Test
    void waitsUntilTheStepThatWaitedStarts() {
        SampleRun run = SampleRun.of("1", "apply", false, HOSTS)
                .waiting(1, "h2", "kubeadm-join", "the control plane on h1")
                .started(2, "h2", "images-pull", 1)
                .progress(3, "h2", "images-pull", "pulling pause:3.2")
                .waiting(4, "h2", "kubeadm-join", "the control plane on h1")
                .ended(2, 5, "h2", "images-pull", 1, "ok", "")
                .started(6, "h2", "kubeadm-join", 1);
        assertThat(host(RunView.of(run.until(1)), "h2").activity()).isEqualTo(Activity.WAITING);
        assertThat(host(RunView.of(run.until(3)), "h2").activity()).isEqualTo(Activity.WORKING);
        assertThat(host(RunView.of(run.until(3)), "h2").current().orElseThrow().doing()).isEqualTo("pulling pause:3.2");
        HostView again = host(RunView.of(run.until(5)), "h2");
        assertThat(again.waitsFor().orElseThrow().since()).as("since it was first said").isEqualTo(SampleRun.at(1));
        assertThat(host(RunView.of(run.until(6)), "h2").waiting()).isEmpty();
    }

    @Test
    void holdsSeveralStepsOfOneHostAtATime() {
        SampleRun run = SampleRun.of("1", "apply", false, HOSTS)
                .started(1, "h1", "images-pull", 1)
                .started(2, "h1", "network", 1)
                .progress(3, "h1", "images-pull", "pulling etcd");
        HostView host = host(RunView.of(run.events()), "h1");
        assertThat(host.count(StepState.RUNNING)).isEqualTo(2);
        assertThat(host.current().orElseThrow().step()).isEqualTo("images-pull");
    }

    @Test
    void keepsWhyAStepFailed() {
        RunView run = RunView.of(SampleRuns.failed().events());
        assertThat(run.state()).isEqualTo(State.FAILED);
        assertThat(run.exitStatus()).hasValue(5);
        assertThat(run.failures()).extracting(StepView::host).containsExactly("h2", "h3");
        StepView failed = run.failures().get(0);
        assertThat(failed.duration()).contains(Duration.ofSeconds(72));
        assertThat(failed.failure().orElseThrow().cause()).contains("connection refused");
        assertThat(failed.failure().orElseThrow().lastWords()).hasSize(4);
        assertThat(host(run, "h2").activity()).isEqualTo(Activity.FAILED);
    }

    @Test
    void beginsAFailedStepAnewWhenTheRunIsTakenUpAgain() {
        SampleRun run = SampleRun.of("1", "apply", false, HOSTS)
                .started(1, "h1", "os-prepare", 1)
                .failed(1, 2, "h1", "os-prepare", 1, "no", "")
                .end(3, "failed", 5, "", Map.of())
                .add(100, Type.RUN_STARTED, "", "", 0, "", Map.of())
                .started(101, "h1", "os-prepare", 1);
        RunView again = RunView.of(run.events());
        assertThat(again.state()).isEqualTo(State.RUNNING);
        assertThat(again.ended()).isFalse();
        assertThat(again.elapsed(SampleRun.at(104))).isEqualTo(Duration.ofSeconds(4));
        assertThat(again.failures()).isEmpty();
        assertThat(host(again, "h1").current().orElseThrow().startedAt()).isEqualTo(SampleRun.at(101));
    }

    @Test
    void putsWhatRanForTheClusterLast() {
        SampleRun run = SampleRun.of("1", "apply", false, HOSTS)
                .step(1, 2, "", "verify", "ok", "")
                .step(3, 4, "h9", "facts", "ok", "");
        assertThat(RunView.of(run.events()).hosts()).extracting(HostView::name).containsExactly("h1", "h2", "h9", "");
        assertThat(RunView.of(run.events()).steps()).containsExactly("verify", "facts");
    }

    @Test
    void takesDetailsOfUnexpectedTypesForMissing() {
        SampleRun run = SampleRun.of("1", "apply", false, HOSTS)
                .add(1, Type.STEP_ENDED, "h1", "facts", 1, "", Map.of("state", 7, "durationMillis", "long", "changes", 3))
                .add(2, Type.RUN_ENDED, "", "", 0, "", Map.of("state", "melted", "findings", "many", "exitStatus", "x"));
        RunView view = RunView.of(run.events());
        assertThat(host(view, "h1").steps().get("facts").state()).isEqualTo(StepState.OK);
        assertThat(view.state()).isEqualTo(State.FAILED);
        assertThat(view.exitStatus()).isEmpty();
        assertThat(view.findings()).isEmpty();
    }
}
