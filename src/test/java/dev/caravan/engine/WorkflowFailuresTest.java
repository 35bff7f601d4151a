package dev.caravan.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.history.Occurrence.HostWaiting;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.Occurrence.StepRetried;
import dev.caravan.history.Occurrence.StepStarted;
import dev.caravan.history.RunState;
import dev.caravan.history.StepState;
import dev.caravan.remote.ScriptedHosts.Call;
import dev.caravan.remote.ScriptedHosts.Reply;
import dev.caravan.run.NotReached;
import dev.caravan.run.Run;
import dev.caravan.run.TestActions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Hosts and steps that fail, and what is tried again. */
class WorkflowFailuresTest extends WorkflowRuns {
    @Test
    void aFailingWorkerLeavesTheOthersAloneAndTheRunNamesIt() throws Exception {
        script(call -> call.is("h2", "runtime-install") ? now(Reply.failed("no such package")) : null);
        Run run = begin(cluster(1, 2), TestActions.APPLY);

        assertThat(end(run)).isEqualTo("failed");
        assertThat(last(run).message()).startsWith("failed: runtime-install on h2: ");
        assertThat(last(run).state()).isEqualTo(RunState.FAILED);
        assertThat(steps("h2")).containsExactly("facts", "os-prepare", "package-repository", "kube-install", "runtime-install");
        assertThat(steps("h3")).isEqualTo(prepared("kubeadm-join", "probe"));
        assertThat(steps("h1")).contains("network", "label-nodes", "credentials-revoke");
        StepEnded failure = events(run, StepEnded.class).stream().filter(event -> event.state() == StepState.FAILED).findFirst()
                .orElseThrow();
        assertThat(failure.host()).contains("h2");
        assertThat(failure.step()).contains("runtime-install");
        assertThat(failure.message()).isEqualTo("no such package");
        assertThat(failure.failure().orElseThrow().lastWords()).containsExactly("no such package");
    }

    @Test
    void withoutTheFirstControlPlaneOthersAreNotReachedRatherThanFailed() throws Exception {
        CompletableFuture<Void> go = new CompletableFuture<>();
        script(call -> call.is("h1", "kubeadm-init") ? go.thenApply(any -> Reply.failed("port 6443 is in use")) : null);
        Run run = begin(cluster(1, 2), TestActions.APPLY);
        awaitThat(() -> events(run, HostWaiting.class).size() == 2);
        go.complete(null);

        assertThat(end(run)).isEqualTo("failed");
        assertThat(last(run).message()).contains("port 6443 is in use");
        assertThat(events(run, StepEnded.class).stream().filter(event -> event.state() == StepState.FAILED))
                .extracting(event -> event.host().orElseThrow()).containsExactly("h1");
        assertThat(run.failures()).containsOnlyKeys("h1", "h2", "h3");
        assertThat(run.failures().get("h2")).isInstanceOf(NotReached.class).hasMessage("not reached: h1 failed");
        assertThat(hosts.calls()).extracting(Call::step).doesNotContain("kubeadm-join", "join-credentials", "network",
                "credentials-revoke");
    }

    @Test
    void aHostThatCannotBeLookedAtIsAFindingAndNothingIsChanged() throws Exception {
        script(call -> call.is("h2", "facts") ? now(Reply.failed("sh: syntax error")) : null);
        Run run = begin(cluster(1, 1), TestActions.APPLY);

        assertThat(end(run)).isEqualTo("refused");
        assertThat(last(run).state()).isEqualTo(RunState.REFUSED);
        assertThat(last(run).findings().toString()).contains("h2").contains("sh: syntax error");
        assertThat(hosts.calls()).extracting(Call::step).containsOnly("facts");
    }

    @Test
    void whatKeepsManyHostsFromBeingLookedAtIsOneFinding() throws Exception {
        script(call -> call.step().equals("facts") && !call.host().equals("h1")
                ? now(Reply.failed(call.host() + ": no answer")) : null);
        Run run = begin(cluster(1, 4), TestActions.APPLY);

        assertThat(end(run)).isEqualTo("refused");
        assertThat(last(run).findings()).singleElement().satisfies(finding -> {
            assertThat(finding.hosts()).containsExactly("h2", "h3", "h4", "h5");
            assertThat(finding.problem()).contains("HOST: no answer");
        });
    }

    private record Kind(String word, int attempts, String words) {}

    private static final List<Kind> KINDS = List.of(
            new Kind("package-lock", 21, "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 2226"),
            new Kind("mirror", 10, "Cannot download repodata/repomd.xml: All mirrors were tried"),
            new Kind("registry", 10, "failed to pull image: dial tcp 192.0.2.1:5000: connect: connection refused"),
            new Kind("api-server", 9, "The connection to the server 192.0.2.1:6443 was refused - did you specify the right host or port?"),
            new Kind("package-signature", 1, "Error: GPG check FAILED"),
            new Kind("disk-full", 1, "cp: error writing: No space left on device"),
            new Kind("token", 1, "could not find a JWS signature in the cluster-info ConfigMap for token ID"),
            new Kind("permanent", 1, "something nobody knows"),
            new Kind("definitions", 9,
                    "error: unable to recognize: no matches for kind \"Installation\" in version \"operator.example.com/v1\""),
            new Kind("runtime", 6, "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"),
            new Kind("kubelet", 6, "error execution phase kubelet-start: timed out waiting for the condition"),
            new Kind("control-plane", 1, "error execution phase wait-control-plane: couldn't initialize a Kubernetes cluster"));

    /** A kind for each worker, four at a time. */
    @ParameterizedTest
    @ValueSource(ints = {0, 4, 8})
    void eachKindIsTriedAsOftenAsStepErrorsSays(int from) throws Exception {
        Map<String, Kind> kinds = new LinkedHashMap<>();
        for (int worker = 0; worker < 4; worker++) {
            kinds.put("h" + (worker + 2), KINDS.get(from + worker));
        }
        script(call -> call.step().equals("kube-install") && kinds.containsKey(call.host())
                ? now(Reply.failed(kinds.get(call.host()).words()))
                : null);
        Run run = begin(cluster(1, 4), TestActions.APPLY);

        assertThat(end(run)).isEqualTo("failed");
        kinds.forEach((host, kind) -> {
            assertThat(calls("kube-install").stream().filter(call -> call.host().equals(host))).as(kind.word()).hasSize(kind.attempts());
            assertThat(events(run, StepEnded.class)).filteredOn(event -> event.host().equals(Optional.of(host))
                    && event.step().equals("kube-install"))
                    .singleElement().satisfies(event -> {
                        assertThat(event.failure().orElseThrow().kind()).isEqualTo(kind.word());
                        assertThat(event.attempt().number()).isEqualTo(kind.attempts());
                    });
            assertThat(events(run, StepRetried.class)).filteredOn(event -> event.host().equals(Optional.of(host)))
                    .hasSize(kind.attempts() - 1).allSatisfy(event -> assertThat(event.failure().kind()).isEqualTo(kind.word()));
        });
    }

    @Test
    void whatTheScriptSaysMayPassIsTriedAgainUntilItDoes() throws Exception {
        script(call -> call.is("h2", "kubeadm-join") && call.attempt() < 4
                ? now(Reply.failedForNow("the API server does not answer"))
                : null);
        Run run = begin(cluster(1, 1), TestActions.APPLY);

        assertThat(end(run)).isEqualTo("succeeded");
        assertThat(calls("kubeadm-join")).hasSize(4);
        assertThat(events(run, StepRetried.class)).hasSize(3).extracting(event -> event.failure().kind()).containsOnly("not-yet");
    }

    @Test
    void aPermanentErrorAfterATransientOneEndsTheStep() throws Exception {
        script(call -> call.is("h2", "kube-install")
                ? now(Reply.failed(call.attempt() == 1
                        ? "Cannot download repodata/repomd.xml: All mirrors were tried"
                        : "Error: GPG check FAILED"))
                : null);
        Run run = begin(cluster(1, 1), TestActions.APPLY);

        assertThat(end(run)).isEqualTo("failed");
        assertThat(calls("kube-install").stream().filter(call -> call.host().equals("h2"))).hasSize(2);
    }

    @Test
    void aStepIsResumedAfterABrokenConnectionAndNotStartedTwice() throws Exception {
        CompletableFuture<Reply> install = new CompletableFuture<>();
        script(call -> call.is("h2", "runtime-install") ? install : null);
        Run run = begin(cluster(1, 1), TestActions.APPLY);
        awaitThat(() -> begun("h2", "runtime-install"));
        hosts.breakConnections("h2");
        awaitThat(() -> !events(run, StepRetried.class).isEmpty());
        install.complete(Reply.changed("install the runtime"));

        assertThat(end(run)).isEqualTo("succeeded");
        assertThat(calls("runtime-install").stream().filter(call -> call.host().equals("h2"))).hasSize(1);
        List<StepStarted> starts = events(run, StepStarted.class).stream()
                .filter(event -> event.host().equals(Optional.of("h2")) && event.step().equals("runtime-install")).toList();
        assertThat(starts).hasSizeGreaterThan(1).extracting(StepStarted::detached).containsOnly(starts.get(0).detached());
    }
}
