package dev.caravan.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.Occurrence.RunQueued;
import dev.caravan.history.RunState;
import dev.caravan.journal.RunRecord;
import dev.caravan.remote.ScriptedHosts.Reply;
import dev.caravan.run.Run;
import dev.caravan.run.RunOrder;
import dev.caravan.run.TestActions;
import dev.caravan.spec.Cluster;
import dev.caravan.ssh.SshSessions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs that are rolled back as a whole, at once, by a command, or by a later run; and what stays. */
class RollbackTest extends RollbackRuns {
    @ParameterizedTest
    @CsvSource({"h1 kubeadm-init, 100%", "h1 os-prepare, 3", "h1 network, 100%", "h2 runtime-install, 0", "h3 images-pull, 0%",
            "h3 kubeadm-join, 10%"})
    void aRunThatCannotContinueIsRolledBackAsAWhole(String where, String maxFailedHosts) throws Exception {
        fail(where.split(" ")[0], where.split(" ")[1]);
        Cluster cluster = cluster(1, 2, "rollback\n  maxFailedHosts: " + maxFailedHosts);
        Run run = apply(cluster);

        RunEnded end = end(run);
        assertThat(end.state()).isEqualTo(RunState.ROLLED_BACK);
        assertThat(end.message()).contains("it is not to be");
        for (String host : List.of("h1", "h2", "h3")) {
            assertThat(undone(run, host)).as(host).filteredOn(step -> !step.equals("network")).isEqualTo(changed(run, host));
        }
        cluster.hosts().forEach(host -> assertThat(journal.found(cluster.name(), host.address())).isEmpty());
    }

    @Test
    void withKeepNothingIsRolledBackUntilRollbackRun() throws Exception {
        fail("h1", "kubeadm-init");
        Cluster cluster = cluster(1, 1, "keep");
        Run run = apply(cluster);
        assertThat(end(run).state()).isEqualTo(RunState.FAILED);
        assertThat(undone(run, "h1")).isEmpty();

        Run back = engine.runs()
                .begin(new RunOrder(cluster, "spec", "", TestActions.ROLLBACK_RUN.call(Map.of("run", run.id())), "command", List.of()));
        assertThat(end(back).state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(undone(back, "h1")).isEqualTo(changed(run, "h1"));
        assertThat(undone(back, "h2")).isEqualTo(changed(run, "h2"));
    }

    @Test
    void aRollbackThatAnEarlierVersionLeftIsResumedUnderItsNameOfThen() throws Exception {
        fail("h1", "kubeadm-init");
        Cluster cluster = cluster(1, 1, "keep");
        Run run = apply(cluster);
        end(run);
        RunRecord left = new RunRecord("01dw0rd5", cluster.name(), "rollback", "command", false, "spec", "", RunState.RUNNING,
                Instant.now(), Optional.empty());
        journal.begin(left);
        journal.append(left.id(), new RunQueued("rollback", cluster.name(), List.of(), false, true, false, Optional.empty(),
                List.of(run.id()), "", Map.of(), false));

        Run back = engine.runs().resume(left, cluster, Optional.empty());
        assertThat(back.action()).isEqualTo(TestActions.ROLLBACK_RUN);
        assertThat(end(back).state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(undone(back, "h1")).isEqualTo(changed(run, "h1"));
    }

    @Test
    void aRunThatIsCancelledIsKeptUntilItIsRolledBack() throws Exception {
        CompletableFuture<Void> go = new CompletableFuture<>();
        hosts.script(call -> call.is("h1", "runtime-install") ? go.thenCompose(any -> answer(call)) : answer(call));
        Cluster cluster = cluster(1, 1);
        Run run = apply(cluster);
        org.awaitility.Awaitility.await().until(() -> calls(run, "h1").contains("runtime-install"));
        engine.runs().cancel(run.id());
        go.complete(null);
        assertThat(end(run).state()).isEqualTo(RunState.CANCELLED);
        assertThat(undone(run, "h1")).isEmpty();

        Run back = engine.runs()
                .begin(new RunOrder(cluster, "spec", "", TestActions.ROLLBACK_RUN.call(Map.of("run", run.id())), "command", List.of()));
        assertThat(end(back).state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(undone(back, "h1")).containsExactly("runtime-install", "kube-install", "package-repository", "os-prepare");
    }

    @Test
    void whatCannotBeRolledBackIsNamedAndResetTakesItUpAgain() throws Exception {
        hosts.script(call -> call.is("h1", "kubeadm-init") ? now(Reply.failed("the control plane did not come up"))
                : call.is("h2", "undo-runtime-install") ? now(Reply.failed("it is not to be")) : answer(call));
        Cluster cluster = cluster(1, 1);
        Run run = apply(cluster);
        RunEnded end = end(run);
        assertThat(end.state()).isEqualTo(RunState.FAILED);
        assertThat(end.message()).contains("h2: what runtime-install, kube-install, package-repository, os-prepare changed")
                .contains("it is not to be").contains("caravan reset")
                .startsWith("h1  kubeadm-init: the control plane did not come up. ").doesNotContain("Multicast");
        assertThat(undone(run, "h1")).isEqualTo(changed(run, "h1"));

        hosts.script(this::answer);
        Run reset = engine.runs().begin(new RunOrder(cluster, "spec", "", TestActions.RESET, "command", List.of()));
        assertThat(end(reset).state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(undone(reset, "h1")).isEmpty();
        assertThat(undone(reset, "h2")).containsExactly("runtime-install", "kube-install", "package-repository", "os-prepare");
        assertThat(calls(reset, "h1")).contains("reset-host");
    }

    @Test
    void resetRestoresWhatAllRunsOfTheClusterChanged() throws Exception {
        Cluster cluster = cluster(1, 1);
        Run first = apply(cluster);
        assertThat(end(first).state()).isEqualTo(RunState.SUCCEEDED);
        Run reset = engine.runs().begin(new RunOrder(cluster, "spec", "", TestActions.RESET, "command", List.of()));
        assertThat(end(reset).state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(undone(reset, "h1")).isEqualTo(changed(first, "h1"));
        assertThat(undone(reset, "h2")).isEqualTo(changed(first, "h2"));

        Run again = engine.runs().begin(new RunOrder(cluster, "spec", "", TestActions.RESET, "command", List.of()));
        assertThat(end(again).state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(undone(again, "h1")).isEmpty();
    }

    @Test
    void anUndoThatMayPassIsTriedAgain() throws Exception {
        hosts.script(call -> call.is("h1", "kubeadm-init") ? now(Reply.failed("no"))
                : call.is("h2", "undo-runtime-install") && call.attempt() < 3 ? now(Reply.failedForNow("locked")) : answer(call));
        Run run = apply(cluster(1, 1));

        assertThat(end(run).state()).isEqualTo(RunState.ROLLED_BACK);
        assertThat(undone(run, "h2")).filteredOn("runtime-install"::equals).hasSize(3);
    }

    @Test
    void aRunLeftUnfinishedIsEndedInFavourOfOneWithAnotherSpecWhichTakesBothBack() throws Exception {
        CompletableFuture<Void> never = new CompletableFuture<>();
        Cluster cluster = cluster(1, 1);
        SshSessions sessions = new SshSessions();
        MortalJournal mortal = new MortalJournal(journal, sessions::close);
        hosts.script(call -> {
            if (call.is("h1", "runtime-install")) {
                mortal.die();
                return never.thenApply(any -> Reply.ok());
            }
            return answer(call);
        });
        Run left;
        try (Engine dying = engine(mortal, sessions)) {
            left = dying.runs().begin(new RunOrder(cluster, "spec", "", TestActions.APPLY, "command", List.of()));
            assertThat(dying.runs().outcome(left).toCompletableFuture()).failsWithin(30, TimeUnit.SECONDS);
        }

        fail("h1", "kubeadm-init");
        Run run = engine.runs().begin(new RunOrder(cluster, "another spec", "", TestActions.APPLY, "command", List.of()));
        assertThat(end(run).state()).isEqualTo(RunState.ROLLED_BACK);
        assertThat(run.id()).isNotEqualTo(left.id());
        assertThat(journal.run(left.id()).orElseThrow().state()).isEqualTo(RunState.FAILED);
        cluster.hosts().forEach(host -> assertThat(journal.found(cluster.name(), host.address())).isEmpty());
    }
}
