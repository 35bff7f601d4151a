package dev.caravan.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.history.ExitStatus;
import dev.caravan.history.Occurrence.RunStarted;
import dev.caravan.history.RunState;
import dev.caravan.history.RunView;
import dev.caravan.history.RunView.Activity;
import dev.caravan.history.RunView.HostView;
import dev.caravan.history.RunView.StepView;
import dev.caravan.history.StepState;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class RunFoldTest {
    private static final List<String> HOSTS = List.of("h1", "h2");

    private static HostView host(RunView run, String name) {
        return run.hosts().stream().filter(host -> host.name().equals(name)).findFirst().orElseThrow();
    }

    @Test
    void knowsTheRunFromItsFirstEvent() {
        RunView run = RunView.of(SampleRuns.apply(true).until(0));
        assertThat(run.state()).isEqualTo(RunState.QUEUED);
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
                .ended(5, 6, "h1", "os-prepare", 2, StepState.CHANGED, "", "turn swap off");
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
    void aHostWaitsUntilAStepStarts() {
        SampleRun run = SampleRun.of("1", "apply", false, HOSTS)
                .waiting(1, "h2", "waits for the control plane on h1")
                .started(2, "h2", "images-pull", 1)
                .progress(3, "h2", "images-pull", "pulling pause:3.2")
                .ended(2, 4, "h2", "images-pull", 1, StepState.OK, "")
                .waiting(5, "h2", "waits for the control plane on h1")
                .waiting(6, "h2", "waits for the control plane on h1")
                .started(7, "h2", "kubeadm-join", 1);
        assertThat(host(RunView.of(run.until(1)), "h2").activity()).isEqualTo(Activity.WAITING);
        assertThat(host(RunView.of(run.until(3)), "h2").activity()).isEqualTo(Activity.WORKING);
        assertThat(host(RunView.of(run.until(3)), "h2").current().orElseThrow().doing()).isEqualTo("pulling pause:3.2");
        HostView again = host(RunView.of(run.until(6)), "h2");
        assertThat(again.waitsFor().orElseThrow().since()).as("since it was first said").isEqualTo(SampleRun.at(5));
        assertThat(host(RunView.of(run.until(7)), "h2").waiting()).isEmpty();
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
        assertThat(run.state()).isEqualTo(RunState.FAILED);
        assertThat(run.exitStatus()).contains(ExitStatus.FAILED);
        assertThat(run.failures()).extracting(StepView::host).containsExactly("h2", "h3");
        StepView failed = run.failures().get(0);
        assertThat(failed.duration()).contains(Duration.ofSeconds(72));
        assertThat(failed.message()).contains("connection refused");
        assertThat(failed.failure().orElseThrow().lastWords()).hasSize(4);
        assertThat(host(run, "h2").activity()).isEqualTo(Activity.FAILED);
    }

    @Test
    void beginsAFailedStepAgainWhenTheRunIsResumed() {
        SampleRun run = SampleRun.of("1", "apply", false, HOSTS)
                .started(1, "h1", "os-prepare", 1)
                .failed(1, 2, "h1", "os-prepare", 1, "no", "")
                .end(3, RunState.FAILED)
                .add(100, new RunStarted())
                .started(101, "h1", "os-prepare", 1);
        RunView again = RunView.of(run.events());
        assertThat(again.state()).isEqualTo(RunState.RUNNING);
        assertThat(again.ended()).isFalse();
        assertThat(again.elapsed(SampleRun.at(104))).isEqualTo(Duration.ofSeconds(4));
        assertThat(again.failures()).isEmpty();
        assertThat(host(again, "h1").current().orElseThrow().startedAt()).isEqualTo(SampleRun.at(101));
    }

    @Test
    void putsWhatRanForTheClusterLast() {
        SampleRun run = SampleRun.of("1", "apply", false, HOSTS)
                .step(1, 2, "", "verify", StepState.OK, "")
                .step(3, 4, "h9", "facts", StepState.OK, "");
        assertThat(RunView.of(run.events()).hosts()).extracting(HostView::name).containsExactly("h1", "h2", "h9", "");
        assertThat(RunView.of(run.events()).steps()).containsExactly("verify", "facts");
    }
}
