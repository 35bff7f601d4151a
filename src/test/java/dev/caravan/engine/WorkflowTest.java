package dev.caravan.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.history.Occurrence;
import dev.caravan.history.Occurrence.HostWaiting;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.Occurrence.StepProgress;
import dev.caravan.history.RunState;
import dev.caravan.remote.ScriptedHosts.Call;
import dev.caravan.remote.ScriptedHosts.Reply;
import dev.caravan.run.Run;
import dev.caravan.run.TestActions;
import dev.caravan.spec.Cluster;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.camel.builder.AdviceWith;
import org.apache.camel.component.mock.MockEndpoint;
import org.junit.jupiter.api.Test;

/** The order of steps, what goes side by side, plans, what verify looks at, and cancelling. */
class WorkflowTest extends WorkflowRuns {
    @Test
    void stepsComeInTheirOrderOnTheFirstControlPlaneAndOnWorkers() throws Exception {
        assertThat(apply(cluster(1, 2))).isEqualTo("succeeded");

        assertThat(steps("h2")).isEqualTo(prepared("kubeadm-join", "probe")).isEqualTo(steps("h3"));
        List<String> first = steps("h1");
        assertThat(first.subList(0, 8)).isEqualTo(prepared("kubeadm-init"));
        assertThat(first.subList(8, first.size())).containsExactlyInAnyOrder("network", "kubeconfig-fetch", "join-credentials",
                        "network-ready", "label-nodes", "probe-start", "probe", "probe-stop", "credentials-revoke")
                .containsSubsequence("network", "kubeconfig-fetch", "network-ready", "label-nodes", "probe-start", "probe", "probe-stop",
                        "credentials-revoke");
    }

    @Test
    void whatIsDoneOnceIsDoneAfterTheLastHostHasJoined() throws Exception {
        CompletableFuture<Void> go = new CompletableFuture<>();
        script(call -> call.is("h3", "kubeadm-join") ? go.thenApply(any -> Reply.ok()) : null);
        Run run = begin(cluster(1, 2), TestActions.APPLY);
        awaitThat(() -> ended(run, "h2", "kubeadm-join") && begun("h3", "kubeadm-join"));

        assertThat(calls("label-nodes")).isEmpty();
        go.complete(null);

        assertThat(end(run)).isEqualTo("succeeded");
        assertThat(hosts.calls().stream().map(Call::step))
                .containsSubsequence("kubeadm-join", "kubeadm-join", "label-nodes", "credentials-revoke");
    }

    @Test
    void theNetworkIsAppliedWhileOtherHostsJoin() throws Exception {
        CompletableFuture<Void> go = new CompletableFuture<>();
        script(call -> call.is("h2", "kubeadm-join") ? go.thenApply(any -> Reply.ok()) : null);
        Run run = begin(cluster(1, 1), TestActions.APPLY);

        awaitThat(() -> ended(run, "h1", "network") && begun("h2", "kubeadm-join"));
        go.complete(null);
        assertThat(end(run)).isEqualTo("succeeded");
    }

    @Test
    void nothingIsChangedBeforeAllHostsWereLookedAt() throws Exception {
        CompletableFuture<Void> go = new CompletableFuture<>();
        script(call -> call.is("h2", "facts") ? go.thenApply(any -> Reply.facts("h2", false)) : null);
        Run run = begin(cluster(1, 1), TestActions.APPLY);
        awaitThat(() -> ended(run, "h1", "facts") && begun("h2", "facts"));

        assertThat(hosts.calls()).extracting(Call::step).containsOnly("facts");
        go.complete(null);
        assertThat(end(run)).isEqualTo("succeeded");
    }

    @Test
    void aRouteCanBeAdvisedAsAnyOther() throws Exception {
        AdviceWith.adviceWith(engine.context(), "network", advice -> advice.weaveAddFirst().to("mock:network"));
        MockEndpoint network = engine.context().getEndpoint("mock:network", MockEndpoint.class);
        network.expectedMessageCount(1);

        assertThat(apply(cluster(1, 0))).isEqualTo("succeeded");

        MockEndpoint.assertIsSatisfied(engine.context(), 30, TimeUnit.SECONDS);
        assertThat(network.getExchanges().get(0).getVariable("run")).isInstanceOf(Run.class);
    }

    @Test
    void aSlowHostHoldsUpNobodyElse() throws Exception {
        // Each of h3's steps takes until every other host has joined: longer than ten times as long.
        CompletableFuture<Void> go = new CompletableFuture<>();
        script(call -> call.host().equals("h3") && !call.step().equals("facts") ? go.thenCompose(any -> answer(call)) : null);
        Run run = begin(cluster(1, 4), TestActions.APPLY);

        awaitThat(() -> ended(run, "h2", "kubeadm-join") && ended(run, "h4", "kubeadm-join") && ended(run, "h5", "kubeadm-join"));
        assertThat(steps("h3")).containsExactly("facts", "os-prepare");
        go.complete(null);

        assertThat(end(run)).isEqualTo("succeeded");
        assertThat(steps("h3")).isEqualTo(prepared("kubeadm-join", "probe"));
    }

    @Test
    void nobodyJoinsBeforeTheControlPlaneIsThereAndAllSayWhatTheyWaitFor() throws Exception {
        CompletableFuture<Void> go = new CompletableFuture<>();
        script(call -> call.is("h1", "kubeadm-init") ? go.thenCompose(any -> answer(call)) : null);
        Run run = begin(cluster(2, 2), TestActions.APPLY);

        awaitThat(() -> events(run, HostWaiting.class).size() == 3 && begun("h1", "kubeadm-init"));
        assertThat(events(run, HostWaiting.class)).extracting(Occurrence::message).containsOnly("waits for the first control plane");
        assertThat(calls("join-credentials")).isEmpty();
        assertThat(calls("kubeadm-join")).isEmpty();
        go.complete(null);

        assertThat(end(run)).isEqualTo("succeeded");
        assertThat(calls("kubeadm-join")).hasSize(3);
    }

    @Test
    void controlPlanesJoinOneAtATimeAndWorkersSideBySide() throws Exception {
        Map<String, CompletableFuture<Void>> joins = new ConcurrentHashMap<>();
        script(call -> call.step().equals("kubeadm-join")
                ? joins.computeIfAbsent(call.host(), any -> new CompletableFuture<>()).thenCompose(any -> answer(call))
                : null);
        Run run = begin(cluster(3, 2), TestActions.APPLY);

        // Both workers are joining, and one of two control planes; the other waits for its turn.
        awaitThat(() -> joins.size() == 3
                && events(run, HostWaiting.class).stream().anyMatch(event -> event.message().contains("its turn")));
        assertThat(joins).containsKeys("h4", "h5");
        String first = joins.containsKey("h2") ? "h2" : "h3";
        String second = first.equals("h2") ? "h3" : "h2";
        assertThat(joins).doesNotContainKey(second);
        joins.get(first).complete(null);
        awaitThat(() -> joins.containsKey(second));
        joins.values().forEach(join -> join.complete(null));

        assertThat(end(run)).isEqualTo("succeeded");
        assertThat(calls("kubeadm-join")).hasSize(4);
    }

    @Test
    void aControlPlaneThatFailsToJoinGivesItsTurnToTheNext() throws Exception {
        script(call -> call.is("h2", "kubeadm-join") ? now(Reply.failed("etcd said no")) : null);
        Run run = begin(cluster(3, 0), TestActions.APPLY);

        assertThat(end(run)).isEqualTo("failed");
        assertThat(last(run).message()).startsWith("failed: kubeadm-join on h2: ");
        assertThat(ended(run, "h3", "kubeadm-join")).isTrue();
    }

    @Test
    void aPlanOnlyLooksAndMintsNothing() throws Exception {
        Run run = begin(cluster(2, 1), TestActions.PLAN);

        assertThat(end(run)).isEqualTo("succeeded");
        assertThat(hosts.calls().stream().filter(call -> !call.step().equals("facts"))).isNotEmpty()
                .allSatisfy(call -> assertThat(call.environment()).containsEntry("CARAVAN_PLAN", "1"));
        assertThat(hosts.calls()).extracting(Call::step).doesNotContain(
                "join-credentials", "credentials-revoke", "network-ready", "probe-start", "probe", "probe-stop");
        assertThat(calls("label-nodes")).hasSize(1);
        assertThat(steps("h3")).isEqualTo(prepared("kubeadm-join"));
    }

    @Test
    void anApplyPlansNothing() throws Exception {
        assertThat(apply(cluster(1, 0))).isEqualTo("succeeded");
        assertThat(hosts.calls()).allSatisfy(call -> assertThat(call.environment()).doesNotContainKey("CARAVAN_PLAN"));
    }

    @Test
    void verifyLooksUntilTheClusterIsAsItShouldBe() throws Exception {
        Cluster cluster = cluster(1, 1);
        api.ready(name -> !name.equals("h2") || api.looks() > 5);
        Run run = begin(cluster, TestActions.APPLY);

        assertThat(end(run)).isEqualTo("succeeded");
        assertThat(api.looks()).isGreaterThan(5);
        assertThat(events(run, StepProgress.class)).filteredOn(event -> event.step().equals("verify"))
                .extracting(Occurrence::message).containsExactly("waits for node h2 to be Ready");
        assertThat(Path.of(run.kubeconfig().orElseThrow())).content().isEqualTo(api.kubeconfig());
        assertThat(engine.journal().events(run.id(), 0).toString()).doesNotContain("administrator-token");
    }

    @Test
    void aCoreDnsWhosePodsAreRefusedIsNamedAtOnceWithItsCause() throws Exception {
        Cluster cluster = cluster(1, 1);
        String words = "pods coredns-7d764666f9-x2x is forbidden: exceeded quota: few, requested: pods=1";
        api.refusesCoreDns(words);
        Run run = begin(cluster, TestActions.APPLY);

        assertThat(end(run)).isEqualTo("failed");
        assertThat(last(run).message()).contains("a pod of deployment coredns to be created (" + words + ")").doesNotContain("after ");
        assertThat(events(run, StepEnded.class)).filteredOn(event -> event.step().equals("verify")).singleElement()
                .satisfies(event -> assertThat(event.failure().orElseThrow().kind()).isEqualTo("never-ready"));
    }

    @Test
    void theProbesGetTheNodesThatCameThroughAndWhatWasStartedForThem() throws Exception {
        script(call -> call.is("h2", "kubeadm-join") ? now(Reply.failed("no")) : null);

        assertThat(apply(cluster(1, 2))).isEqualTo("failed");
        assertThat(calls("probe-start")).singleElement().satisfies(call -> {
            assertThat(call.stdin()).isEqualTo("h1\nh3\n");
            assertThat(call.environment()).containsEntry("PROBE_SECONDS", "120");
        });
        assertThat(calls("probe")).extracting(Call::host).containsExactlyInAnyOrder("h1", "h3");
        assertThat(calls("probe")).allSatisfy(call -> {
            assertThat(call.stdin()).isEqualTo("service|10.96.0.77|30077\n");
            assertThat(call.environment()).containsEntry("PROBE_DNS_SECONDS", "180").containsEntry("PROBE_PEERS", "3")
                    .containsEntry("PROBE_LEAVE_OUT", "");
        });
        assertThat(calls("probe-stop")).singleElement().satisfies(call -> assertThat(call.host()).isEqualTo("h1"));
    }

    @Test
    void whatAProbeFindsFailsTheRunWithItsWordsOnceAndTheProbesAreRemoved() throws Exception {
        String words = "a pod on h2 does not reach the Service at 10.96.0.77:80 (Connection refused). "
                + "kube-proxy says: \"command failed\" err=\"open nf_conntrack_max: permission denied\"";
        script(call -> call.is("h2", "probe") ? now(Reply.failed(words)) : null);
        Run run = begin(cluster(1, 2), TestActions.APPLY);

        assertThat(end(run)).isEqualTo("failed");
        assertThat(last(run).message()).contains("probe on h2: " + words);
        assertThat(calls("probe")).hasSize(3);
        assertThat(calls("probe-stop")).hasSize(1);
        assertThat(events(run, StepEnded.class)).filteredOn(event -> event.step().equals("verify")).singleElement()
                .satisfies(event -> assertThat(event.failure().orElseThrow().kind()).isEqualTo("cluster-network"));
    }

    @Test
    void theProbesAreRemovedThoughTheRunWasCancelledWhileTheyTried() throws Exception {
        CompletableFuture<Void> go = new CompletableFuture<>();
        script(call -> call.is("h2", "probe") ? go.thenCompose(any -> answer(call)) : null);
        Run run = begin(cluster(1, 1), TestActions.APPLY);
        awaitThat(() -> begun("h2", "probe"));
        engine.runs().cancel(run.id());
        go.complete(null);

        assertThat(end(run)).isEqualTo("cancelled");
        assertThat(calls("probe-stop")).isNotEmpty();
    }

    @Test
    void probesThatCouldNotBeStartedAreRemovedAndFailTheRun() throws Exception {
        script(call -> call.is("h1", "probe-start")
                ? now(Reply.failed("pods \"caravan-probe-h1\" is forbidden: violates PodSecurity"))
                : null);
        Run run = begin(cluster(1, 1), TestActions.APPLY);

        assertThat(end(run)).isEqualTo("failed");
        assertThat(last(run).message()).contains("violates PodSecurity");
        assertThat(calls("probe")).isEmpty();
        assertThat(calls("probe-stop")).hasSize(1);
    }

    @Test
    void aCancelledRunBeginsNoFurtherStepAndTellsSo() throws Exception {
        CompletableFuture<Void> go = new CompletableFuture<>();
        script(call -> call.step().equals("package-repository") ? go.thenCompose(any -> answer(call)) : null);
        Run run = begin(cluster(1, 2), TestActions.APPLY);
        awaitThat(() -> calls("package-repository").size() == 3);
        assertThat(engine.runs().cancel(run.id())).isTrue();
        go.complete(null);

        assertThat(end(run)).isEqualTo("cancelled");
        assertThat(last(run).state()).isEqualTo(RunState.CANCELLED);
        assertThat(hosts.calls()).extracting(Call::step).containsOnly("facts", "os-prepare", "package-repository");
    }

    @Test
    void aRunThatIsCancelledWhileHostsWaitForTheControlPlaneEnds() throws Exception {
        CompletableFuture<Void> go = new CompletableFuture<>();
        script(call -> call.is("h1", "kubeadm-init") ? go.thenCompose(any -> answer(call)) : null);
        Run run = begin(cluster(1, 2), TestActions.APPLY);
        awaitThat(() -> events(run, HostWaiting.class).size() == 2);
        engine.runs().cancel(run.id());
        go.complete(null);

        assertThat(end(run)).isEqualTo("cancelled");
        assertThat(calls("kubeadm-join")).isEmpty();
    }
}
