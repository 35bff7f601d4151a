package dev.caravan.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.history.Occurrence.GivenUp;
import dev.caravan.history.Occurrence.Note;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.RunState;
import dev.caravan.history.RunView;
import dev.caravan.history.StepState;
import dev.caravan.remote.ScriptedHosts.Reply;
import dev.caravan.run.Run;
import dev.caravan.spec.Cluster;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Hosts that are rolled back alone, or left out, while the cluster comes up. */
class HostRollbackTest extends RollbackRuns {
    @ParameterizedTest
    @CsvSource({"os-prepare, ''", "images-pull, 1", "kubeadm-join, 34%", "kubeadm-join, ''"})
    void aHostThatFailsIsRolledBackAloneAndTheClusterComesUp(String step, String maxFailedHosts) throws Exception {
        fail("h3", step);
        Run run = apply(cluster(1, 2, "rollback" + (maxFailedHosts.isEmpty() ? "" : "\n  maxFailedHosts: " + maxFailedHosts)));

        RunEnded end = end(run);
        assertThat(end.state()).isEqualTo(RunState.PARTLY);
        assertThat(end.message()).contains("failed: " + step + " on h3: it is not to be").endsWith("Rolled back: h3");
        assertThat(undone(run, "h3")).isEqualTo(changed(run, "h3")).isNotEmpty();
        assertThat(undone(run, "h1")).isEmpty();
        assertThat(undone(run, "h2")).isEmpty();
        assertThat(calls(run, "h2")).contains("kubeadm-join", "probe");
        assertThat(calls(run, "h1")).contains("label-nodes", "credentials-revoke");
        assertThat(hosts.calls()).filteredOn(call -> call.step().equals("forget-node")).hasSize(step.equals("kubeadm-join") ? 1 : 0)
                .allSatisfy(call -> assertThat(call.environment()).containsEntry("FORGOTTEN_NODE", "h3"));

        RunView view = RunView.of(journal.events(run.id(), 0));
        assertThat(view.state()).isEqualTo(RunState.PARTLY);
        assertThat(view.realHosts()).extracting(RunView.HostView::rolledBack).containsExactly(false, false, true);
        RunView.HostView rolledBack = view.realHosts().get(2);
        assertThat(rolledBack.changes()).isZero();
        assertThat(rolledBack.steps().values()).filteredOn(one -> !one.step().startsWith("undo-")).noneMatch(RunView.StepView::changed);
        assertThat(rolledBack.count(StepState.ROLLED_BACK)).isEqualTo(changed(run, "h3").size() - 1);
    }

    @Test
    void whereNoHostCanJoinTheControlPlaneStays() throws Exception {
        fail("h1", "join-credentials");
        Run run = apply(cluster(1, 2));

        RunEnded end = end(run);
        assertThat(end.state()).isEqualTo(RunState.PARTLY);
        assertThat(end.message()).contains("Rolled back: h2, h3");
        assertThat(undone(run, "h1")).isEmpty();
    }

    @Test
    void moreFailedHostsThanTheSpecAllowsFailTheRun() throws Exception {
        hosts.script(call -> call.is("h2", "images-pull") || call.is("h3", "kube-install") ? now(Reply.failed("it is not to be"))
                : answer(call));
        Cluster cluster = cluster(1, 3, "rollback\n  maxFailedHosts: 1");
        Run run = apply(cluster);

        assertThat(end(run).state()).isEqualTo(RunState.ROLLED_BACK);
        assertThat(journal.events(run.id(), 0)).filteredOn(event -> event.is(GivenUp.class))
                .anyMatch(event -> event.message().contains("more hosts than maxFailedHosts allows"));
        cluster.hosts().forEach(host -> assertThat(journal.found(cluster.name(), host.address())).isEmpty());
    }

    @ParameterizedTest
    @CsvSource({"1, PARTLY", "0, REFUSED", "'', REFUSED"})
    void aHostThatCannotBeLookedAtIsLeftOutIfTheSpecAllowsIt(String maxFailedHosts, RunState state) throws Exception {
        fail("h3", "facts");
        Cluster cluster = cluster(1, 2, "rollback" + (maxFailedHosts.isEmpty() ? "" : "\n  maxFailedHosts: " + maxFailedHosts));
        Run run = apply(cluster);

        RunEnded end = end(run);
        assertThat(end.state()).isEqualTo(state);
        assertThat(calls(run, "h3")).containsOnly("facts");
        if (state == RunState.PARTLY) {
            assertThat(end.message()).isEqualTo("failed: facts on h3: it is not to be. Left out, unchanged: h3");
            assertThat(calls(run, "h2")).contains("kubeadm-join");
        } else {
            assertThat(end.findings().toString()).contains("h3")
                    .matches(told -> told.contains("1 of 3 hosts cannot take part, and maxFailedHosts is 0") == maxFailedHosts.equals("0"));
            assertThat(calls(run, "h1")).containsOnly("facts");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"h2", "h1"})
    void aHostThatPreflightRefusesIsLeftOutUnlessItIsTheFirstControlPlane(String refused) throws Exception {
        hosts.script(call -> call.is(refused, "facts") ? CompletableFuture.completedFuture(
                Reply.facts(call.host(), joined.contains(call.host())).output("memoryMib", "512"))
                : answer(call));
        Run run = apply(cluster(1, 2, "rollback\n  maxFailedHosts: 2"));

        RunEnded end = end(run);
        boolean first = refused.equals("h1");
        assertThat(end.state()).isEqualTo(first ? RunState.REFUSED : RunState.PARTLY);
        assertThat(calls(run, refused)).containsOnly("facts");
        if (!first) {
            assertThat(end.message()).contains("failed: preflight on h2: ").contains("memory").endsWith("Left out, unchanged: h2");
            assertThat(calls(run, "h3")).contains("kubeadm-join");
        }
    }

    @Test
    void aNodeThatDoesNotBecomeReadyIsRolledBackAloneAndTheOthersAreVerifiedAgain() throws Exception {
        Cluster cluster = cluster(1, 2);
        api.breaks("h3");
        hosts.script(call -> call.step().equals("kubeadm-join") ? now(Reply.changed("join").found("node", call.host(), "absent"))
                : answer(call));
        Run run = apply(cluster);

        RunEnded end = end(run);
        assertThat(end.state()).as(end.message()).isEqualTo(RunState.PARTLY);
        assertThat(end.message()).contains("failed: verify on h3: ").contains("kube-proxy-x7 on h3 to run").endsWith("Rolled back: h3");
        assertThat(undone(run, "h3")).isEqualTo(changed(run, "h3")).isNotEmpty();
        assertThat(undone(run, "h2")).isEmpty();
        assertThat(calls(run, "h1")).containsSubsequence("probe-start", "probe-stop", "forget-node", "probe-start", "probe-stop");
        assertThat(calls(run, "h2")).filteredOn("probe"::equals).hasSize(2);
    }

    @ParameterizedTest
    @CsvSource({"h3, PARTLY", "h1, ROLLED_BACK"})
    void aProbeThatFailsOnOtherNodesThanTheFirstControlPlaneIsTheirFault(String host, RunState state) throws Exception {
        fail(host, "probe");
        Run run = apply(cluster(1, 2));

        RunEnded end = end(run);
        assertThat(end.state()).as(end.message()).isEqualTo(state);
        assertThat(end.message()).contains("probe on " + host + ": it is not to be");
        assertThat(undone(run, "h2").isEmpty()).isEqualTo(state == RunState.PARTLY);
        assertThat(calls(run, "h2")).filteredOn("probe"::equals).hasSize(state == RunState.PARTLY ? 2 : 1);
    }

    @Test
    void whatEveryNodeLacksFailsTheRun() throws Exception {
        Cluster cluster = cluster(1, 2);
        api.breaks("h1");
        Run run = apply(cluster);

        assertThat(end(run).state()).isEqualTo(RunState.ROLLED_BACK);
        cluster.hosts().forEach(host -> assertThat(journal.found(cluster.name(), host.address())).isEmpty());
    }

    @Test
    void aNodeThatTheClusterCannotForgetYetIsForgottenLater() throws Exception {
        hosts.script(call -> call.is("h3", "kubeadm-join") ? now(Reply.failed("it is not to be").found("node", "h3", "absent"))
                : call.is("h1", "forget-node") && call.attempt() < 3
                ? now(Reply.failedForNow("the API server does not answer"))
                : answer(call));
        Run run = apply(cluster(1, 2));

        assertThat(end(run).state()).isEqualTo(RunState.PARTLY);
        assertThat(calls(run, "h1")).filteredOn("forget-node"::equals).hasSize(3);
        assertThat(undone(run, "h1")).isEmpty();
        assertThat(undone(run, "h2")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"h3, undo-runtime-install, 'h3: what runtime-install, kube-install, package-repository, os-prepare changed (it sticks)'",
            "h1, forget-node, 'h3: its node in the cluster (it sticks)'"})
    void aHostThatCannotBeRolledBackAloneLeavesTheClusterToTheOthers(String host, String step, String left) throws Exception {
        hosts.script(call -> call.is("h3", "kubeadm-join") ? now(Reply.failed("it is not to be").found("node", "h3", "absent"))
                : call.is(host, step) ? now(Reply.failed("it sticks")) : answer(call));
        Run run = apply(cluster(1, 2));

        RunEnded end = end(run);
        assertThat(end.state()).isEqualTo(RunState.FAILED);
        assertThat(end.message()).contains("failed: kubeadm-join on h3: it is not to be").contains("Left on the hosts: " + left);
        assertThat(undone(run, "h1")).isEmpty();
        assertThat(undone(run, "h2")).isEmpty();
    }

    @Test
    void whatAnUndoCouldNotLookAtIsNotedOnceForItsHost() throws Exception {
        hosts.script(call -> call.is("h1", "kubeadm-init") ? now(Reply.failed("no"))
                : call.is("h1", "undo-runtime-install") || call.is("h1", "undo-os-prepare")
                        ? now(Reply.ok().output("unseen", "this host has no nft")) : answer(call));
        Run run = apply(cluster(1, 1));
        end(run);

        assertThat(undone(run, "h1")).contains("runtime-install", "os-prepare");
        assertThat(engine.journal().events(run.id(), 0))
                .filteredOn(event -> event.is(Note.class) && event.message().contains("no nft")).singleElement()
                .satisfies(event -> assertThat(event.host()).contains("h1"));
    }

    @Test
    void aHostThatIsAddedToAClusterIsRolledBackAloneWhateverFails() throws Exception {
        joined.addAll(List.of("h1", "h2"));
        fail("h3", "runtime-install");
        Run run = apply(cluster(1, 3));

        assertThat(end(run).state()).isEqualTo(RunState.PARTLY);
        assertThat(undone(run, "h3")).containsExactly("runtime-install", "kube-install", "package-repository", "os-prepare");
        assertThat(undone(run, "h4")).isEmpty();
        assertThat(calls(run, "h4")).contains("kubeadm-join");
    }
}
