package dev.caravan.inbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.journal.RunRecord;
import dev.caravan.run.HostsFailed;
import dev.caravan.run.Run;
import dev.caravan.run.StepRecorder;
import dev.caravan.step.StepFailure;
import dev.caravan.testkit.Serving;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Specs in the inbox become runs, and their results lie beside them. */
class InboxTest extends ServedInbox {
    @Test
    void resultsHaveTheMembersThatTheDocumentsHave() throws Exception {
        drop("good.yaml", Serving.spec("good", "192.0.2.1"));
        drop("bad.yaml", Serving.spec("bad", "192.0.2.2"));
        drop("ugly.yaml", "no spec");
        String good = runOf("good");
        serving.underWay(good).keepKubeconfig("/data/good/kubeconfig");
        serving.release(good);
        serving.fail(runOf("bad"), "h1 failed");
        Set<String> seen = new TreeSet<>();
        seen.addAll(members(result(".done", "good.yaml")));
        seen.addAll(members(result(".failed", "bad.yaml")));
        seen.addAll(members(result(".failed", "ugly.yaml")));
        assertThat(seen).isEqualTo(documented());
    }

    @Test
    void aSpecIsAppliedAndItsResultLiesBesideIt() throws Exception {
        Path file = drop("demo.yaml", Serving.spec("demo", "192.0.2.1"));
        String id = runOf("demo");
        assertThat(file).exists();
        serving.underWay(id).keepKubeconfig("/data/demo/kubeconfig");
        serving.release(id);
        JsonNode result = result(".done", "demo.yaml");
        assertThat(result.get("run").asText()).isEqualTo(id);
        assertThat(result.get("state").asText()).isEqualTo("succeeded");
        assertThat(result.get("exitStatus").asInt()).isZero();
        assertThat(result.get("cluster").asText()).isEqualTo("demo");
        assertThat(result.get("kubeconfig").asText()).isEqualTo("/data/demo/kubeconfig");
        assertThat(file).doesNotExist();
        assertThat(serving.engine().journal().run(id).orElseThrow().source()).isEqualTo("inbox");
    }

    @Test
    void aRunThatFailsIsReportedWithHostAndStep() throws Exception {
        drop("demo.yaml", Serving.spec("demo", "192.0.2.1"));
        String id = runOf("demo");
        new StepRecorder(serving.underWay(id), "h1", "kubeadm-init", 1).failed(new StepFailure("h1", "kubeadm-init", "port", false,
                "port 6443 is in use", "Stop what listens there.", List.of(), null));
        serving.fail(id, "h1 failed");
        JsonNode result = result(".failed", "demo.yaml");
        assertThat(result.get("state").asText()).isEqualTo("failed");
        assertThat(result.get("exitStatus").asInt()).isEqualTo(5);
        JsonNode failure = result.get("failures").get(0);
        assertThat(List.of(failure.get("host").asText(), failure.get("step").asText(), failure.get("message").asText()))
                .containsExactly("h1", "kubeadm-init", "port 6443 is in use");
    }

    @Test
    void aRunThatSucceededButForSomeHostsNamesThem() throws Exception {
        drop("most.yaml", Serving.spec("most", "192.0.2.1"));
        String id = runOf("most");
        Run run = serving.underWay(id);
        StepFailure failure = new StepFailure("h1", "kubeadm-join", "control-plane", false, "no answer from 192.0.2.1:6443",
                "Is the API server up?", List.of("connection refused"), null);
        new StepRecorder(run, "h1", "kubeadm-join", 1).failed(failure);
        run.hostFailed("h1", failure);
        run.rollback().hostRolledBack("h1");
        run.keepKubeconfig("/data/most/kubeconfig");
        serving.fail(run, HostsFailed.of(run.cluster().hosts(), run.failures()));
        JsonNode result = result(".failed", "most.yaml");
        assertThat(result.get("state").asText()).isEqualTo("partly");
        assertThat(result.get("exitStatus").asInt()).isEqualTo(6);
        assertThat(result.get("message").asText()).isEqualTo("failed: kubeadm-join on h1: no answer from 192.0.2.1:6443. Rolled back: h1");
        assertThat(result.get("kubeconfig").asText()).isEqualTo("/data/most/kubeconfig");
        assertThat(result.get("failures")).singleElement().satisfies(each -> {
            assertThat(each.get("host").asText()).isEqualTo("h1");
            assertThat(each.get("message").asText()).contains("no answer from");
        });
    }

    @Test
    void anInvalidSpecIsExplainedByLineAndColumn() throws Exception {
        drop("demo.yaml", Serving.spec("demo", "192.0.2.1").replace("control-plane", "control-plain"));
        JsonNode problem = result(".failed", "demo.yaml").get("problems").get(0);
        assertThat(problem.get("line").asInt()).isEqualTo(7);
        assertThat(problem.get("column").asInt()).isGreaterThan(1);
        assertThat(problem.get("message").asText()).contains("control-plain");
    }

    @Test
    void twoClustersAreWorkedOnSideBySide() throws Exception {
        drop("one.yaml", Serving.spec("one", "192.0.2.1"));
        drop("two.yaml", Serving.spec("two", "192.0.2.2"));
        String one = runOf("one");
        String two = runOf("two");
        assertThat(serving.engine().runs().underWay()).extracting(run -> run.id()).contains(one, two);
        serving.release(two);
        result(".done", "two.yaml");
        serving.release(one);
        result(".done", "one.yaml");
    }

    @Test
    void aFileWhoseClusterIsBusyWaitsForItsTurn() throws Exception {
        drop("first.yaml", Serving.spec("demo", "192.0.2.1"));
        String first = runOf("demo");
        Path waiting = drop("second.yaml", Serving.spec("demo", "192.0.2.1") + "# other text\n");
        drop("third.yaml", Serving.spec("other", "192.0.2.3"));
        serving.release(runOf("other"));
        result(".done", "third.yaml");
        assertThat(waiting).exists();
        assertThat(runsOf("demo")).hasSize(1);
        serving.release(first);
        String second = await().atMost(LONG).until(() -> runsOf("demo"), runs -> runs.size() == 2).stream()
                .map(RunRecord::id).filter(id -> !id.equals(first)).findFirst().orElseThrow();
        serving.release(second);
        assertThat(result(".done", "second.yaml").get("run").asText()).isEqualTo(second);
    }

    @Test
    void theSameContentTwiceSharesOneRunAndIsAppliedAgainAfterwards() throws Exception {
        String spec = Serving.spec("demo", "192.0.2.1");
        drop("one.yaml", spec);
        String run = runOf("demo");
        drop("same.yaml", spec);
        drop("other.yaml", Serving.spec("other", "192.0.2.3"));
        serving.release(runOf("other"));
        result(".done", "other.yaml");
        serving.release(run);
        assertThat(result(".done", "one.yaml").get("run").asText()).isEqualTo(run);
        assertThat(result(".done", "same.yaml").get("run").asText()).isEqualTo(run);
        assertThat(runsOf("demo")).hasSize(1);
        drop("one.yaml", spec);
        await().atMost(LONG).until(() -> runsOf("demo").size() == 2);
    }

    @Test
    void aFileOfTheSameNameThatComesMeanwhileIsTakenNext() throws Exception {
        drop("demo.yaml", Serving.spec("one", "192.0.2.1"));
        String one = runOf("one");
        drop("demo.yaml", Serving.spec("two", "192.0.2.2"));
        serving.release(one);
        String two = runOf("two");
        serving.release(two);
        assertThat(result(".done", "demo.yaml").get("run").asText()).isEqualTo(two);
    }
}
