package dev.caravan.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.history.Occurrence.CancelRequested;
import dev.caravan.history.Occurrence.RunResumed;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.RunState;
import dev.caravan.journal.PostgresServer;
import dev.caravan.packages.Family;
import dev.caravan.rehearsal.Rehearsal;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.testkit.Clusters;
import dev.caravan.testkit.Figures;
import dev.caravan.testkit.Serving;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Engines on one journal of which one is killed, paused, stopped, or of a former version. */
@Tag("long")
@EnabledIf(value = "dev.caravan.journal.PostgresServer#isInstalled", disabledReason = PostgresServer.NOT_INSTALLED)
class SeveralEnginesTest extends SeveralEngines {
    @Test
    void theRunOfAKilledEngineGoesToALivingOne() throws Exception {
        oneHost();
        Served first = engine("a");
        String run = begin();
        awaitTally("one");
        Served second = engine("b");
        CompletableFuture<String> live = follow(second, run);
        assertThat(show(second, run).path("possible")).extracting(JsonNode::asText).containsExactly("cancel");
        assertThat(ask(second, "POST", "/api/v1/runs/" + run + "/resume").statusCode()).as("it is being worked on").isEqualTo(409);

        first.process().kill();
        long killed = System.nanoTime();
        awaitResumed(run, 1);
        Figures.print("killed in mid-step: resumed by the other engine after", killed);
        release("one");
        awaitTally("one", "two");
        release("two");
        release("three");

        succeededOnce(run);
        assertThat(live.get(LONG.toSeconds(), TimeUnit.SECONDS)).as("live, before and after").contains("event: run-queued",
                "event: run-ended").containsOnlyOnce("event: run-resumed");
        await().atMost(LONG).until(() -> Files.exists(inbox.resolve(".done/tally.yaml")));
        assertThat(inbox.resolve(".done/tally.yaml.result.json")).content().contains("\"" + run + "\"");
        assertThat(journal().runs(10)).as("the file began no second run").hasSize(1);
    }

    @Test
    void anEngineThatWasPausedForTooLongDoesNothingMoreForItsRun() throws Exception {
        oneHost();
        Served first = engine("a");
        String run = begin();
        awaitTally("one");
        Served second = engine("b");

        first.process().signal("STOP");
        long stopped = System.nanoTime();
        awaitResumed(run, 1);
        Figures.print("stopped in mid-step: resumed by the other engine after", stopped);
        release("one");
        awaitTally("one", "two");
        first.process().signal("CONT");
        await().atMost(LONG).until(() -> first.process().says("run " + run + " of cluster tally is left to other engines"));
        assertThat(show(first, run).path("state").asText()).isEqualTo("running");
        CompletableFuture<String> live = follow(first, run);
        release("two");
        release("three");

        succeededOnce(run);
        assertThat(count(run, RunResumed.class)).isEqualTo(1);
        assertThat(live.get(LONG.toSeconds(), TimeUnit.SECONDS)).contains("event: run-ended");
        // It still has the file: the lock on it ends with the process alone.
        await().atMost(LONG).until(() -> Files.exists(inbox.resolve(".done/tally.yaml")));
        assertThat(inbox.resolve(".done/tally.yaml.result.json")).content().contains("\"" + run + "\"");
        assertThat(journal().runs(10)).hasSize(1);
        assertThat(second.process().isAlive() && first.process().isAlive()).isTrue();
    }

    /** As in a rolling upgrade, with one data directory for all. */
    @Test
    void enginesThatAreStoppedOneAfterTheOtherHandTheirRunOver() throws Exception {
        oneHost();
        Path data = directory.resolve("data");
        Served first = engine("a", data);
        String run = begin();
        awaitTally("one");
        Served second = engine("b", data);

        long asked = System.nanoTime();
        assertThat(first.process().stop(LONG.toSeconds())).isTrue();
        awaitResumed(run, 1);
        Figures.print("asked to stop in mid-step: resumed by the other engine after", asked);
        release("one");
        awaitTally("one", "two");
        assertThat(ask(second, "GET", "/api/v1/runs/" + run + "/logs?host=h1&step=one").body()).contains("count");

        Served third = engine("c", data);
        asked = System.nanoTime();
        assertThat(second.process().stop(LONG.toSeconds())).isTrue();
        awaitResumed(run, 2);
        Figures.print("asked to stop in mid-step: resumed by the other engine after", asked);
        release("two");
        awaitTally("one", "two", "three");
        assertThat(third.process().stop(LONG.toSeconds())).isTrue();
        release("three");
        Served fourth = engine("d", data);

        succeededOnce(run);
        assertThat(count(run, RunResumed.class)).isEqualTo(3);
        assertThat(ask(fourth, "GET", "/api/v1/runs/" + run + "/logs?host=h1&step=one").body()).contains("count");
        await().atMost(LONG).until(() -> Files.exists(inbox.resolve(".done/tally.yaml")));
        assertThat(journal().runs(10)).hasSize(1);
    }

    @Test
    @EnabledIfSystemProperty(named = "former", matches = ".+", disabledReason = "no former version is named: -DargLine=-Dformer=JAR")
    void anEngineOfAFormerVersionContinuesBesideANewerOneAndHandsItsRunOver() throws Exception {
        oneHost();
        int port = Serving.freePort();
        Served former = served(EngineProcess.startFormer(System.getProperty("former"), directory.resolve("data-former"), port, inbox,
                routes, environment, directory.resolve("former.log")), port);
        String run = begin();
        awaitTally("one");
        engine("new");
        release("one");
        awaitTally("one", "two");
        assertThat(count(run, RunResumed.class)).as("the former one goes on").isZero();

        long asked = System.nanoTime();
        assertThat(former.process().stop(LONG.toSeconds())).isTrue();
        awaitResumed(run, 1);
        Figures.print("the former version was asked to stop: resumed by the newer one after", asked);
        release("two");
        release("three");

        succeededOnce(run);
        await().atMost(LONG).until(() -> Files.exists(inbox.resolve(".done/tally.yaml")));
        assertThat(journal().runs(10)).hasSize(1);
    }

    @Test
    void whicheverEngineIsAskedToCancelTheOneThatHasTheRunDoes() throws Exception {
        oneHost();
        Served first = engine("a");
        String run = begin();
        awaitTally("one");
        Served second = engine("b");

        assertThat(ask(second, "POST", "/api/v1/runs/" + run + "/cancel").statusCode()).isEqualTo(202);
        await().atMost(LONG).until(() -> count(run, CancelRequested.class) == 1);
        release("one");

        assertThat(ended(run).state()).isEqualTo(RunState.CANCELLED);
        assertThat(tally("h1")).containsExactly("one");
        assertThat(journal().cancelRequests()).isEmpty();
        assertThat(count(run, RunResumed.class)).isZero();
        assertThat(ask(second, "POST", "/api/v1/runs/" + run + "/cancel").statusCode()).as("it has ended").isEqualTo(409);
        assertThat(first.process().isAlive()).isTrue();
    }

    @Test
    void anInstallationIsResumedWhereItsEngineWasKilledAndTheNextOneChangesNothing() throws Exception {
        Files.writeString(Files.createDirectories(routes.resolve("hosts")).resolve("before-host.camel.yaml"), BEFORE_HOST);
        Rehearsal rehearsal = Rehearsal.start(Clusters.of(1, 1, "1.36.3", Cluster.RuntimeName.CONTAINERD, Clusters.root()), List.of(),
                scratch.directory(), Rehearsal.Options.usual().withFamily(Family.APT).withPace(0));
        hosts.add(rehearsal);
        roots.putAll(rehearsal.roots());
        String spec = """
                apiVersion: caravan/v1
                kind: Cluster
                metadata: {name: demo}
                spec:
                  kubernetes: {version: 1.36.3}
                  runtime: {name: containerd}
                  network: {cni: bridge}
                  hosts:
                %s
                """.formatted(rehearsal.cluster().hosts().stream().map(SeveralEnginesTest::line).collect(Collectors.joining("\n")));
        Served first = engine("a");
        drop("demo.yaml", spec);
        String run = run(1);
        awaitTally("one");
        engine("b");

        first.process().kill();
        long killed = System.nanoTime();
        awaitResumed(run, 1);
        Figures.print("killed in an installation: resumed by the other engine after", killed);
        release("one");

        assertThat(ended(run).state()).as(() -> journal().events(run, 0).toString()).isEqualTo(RunState.SUCCEEDED);
        assertThat(tally("h1")).containsExactly("one");
        assertThat(tally("h2")).containsExactly("one");
        assertThat(directory.resolve("data-b/clusters/demo/kubeconfig")).exists();
        Map<String, Long> changes = journal().events(run, 0).stream().flatMap(event -> event.as(StepEnded.class).stream())
                .filter(ended -> !ended.changes().isEmpty())
                .collect(Collectors.groupingBy(ended -> ended.host().orElse("") + " " + ended.step(), Collectors.counting()));
        assertThat(changes.keySet()).contains("h1 kubeadm-init", "h2 kubeadm-join", "h1 os-prepare", "h2 os-prepare");
        assertThat(changes.values()).as(changes::toString).containsOnly(1L);
        rehearsal.roots().values().forEach(root -> assertThat(root.resolve("var/lib/caravan")).as("the run's lock").doesNotExist());

        await().atMost(LONG).until(() -> Files.exists(inbox.resolve(".done/demo.yaml")));
        drop("demo.yaml", spec);
        String second = run(2);
        assertThat(ended(second).state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(journal().events(second, 0).stream().flatMap(event -> event.as(StepEnded.class).stream())
                .filter(ended -> !ended.step().matches("one|join-credentials|credentials-revoke|probe-start|probe-stop"))
                .flatMap(ended -> ended.changes().stream())).isEmpty();
    }

    private static String line(Host host) {
        return "    - {name: %s, address: %s, roles: [%s], ssh: %s}".formatted(host.name(), host.address(),
                host.isControlPlane() ? "control-plane" : "worker", ssh(host.ssh()));
    }
}
