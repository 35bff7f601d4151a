package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.Engine;
import dev.caravan.engine.EngineOptions;
import dev.caravan.engine.Engines;
import dev.caravan.engine.MortalJournal;
import dev.caravan.history.Event;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.Occurrence.StepStarted;
import dev.caravan.journal.Journal;
import dev.caravan.journal.MemoryJournal;
import dev.caravan.packages.Family;
import dev.caravan.run.Run;
import dev.caravan.run.RunOrder;
import dev.caravan.run.TestActions;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.spec.Host.State;
import dev.caravan.ssh.SshSessions;
import dev.caravan.testkit.Clusters;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Rehearsal: a removal whose engine is killed before and after each of its steps; each is done once. */
@Tag("long")
class RemoveKilledRehearsalTest {
    private static final long LIMIT_SECONDS = 120;
    private static final List<String> STEPS = List.of("h1 cluster-members", "h2 drain-node", "h2 detach-volumes", "h2 undo-kubeadm-join",
            "h2 undo-kube-install", "h2 undo-os-prepare", "h2 reset-host", "h2 forget-node");

    @RegisterExtension
    final Scratch scratch = new Scratch();

    @Test
    void aRemovalIsResumedWhereverItsEngineIsKilled() throws Exception {
        Cluster plain = Clusters.of(1, 1, "1.36.3", Cluster.RuntimeName.CONTAINERD, Clusters.root());
        try (Rehearsal rehearsal = Rehearsal.start(plain, List.of(), scratch.directory(),
                Rehearsal.Options.usual().withFamily(Family.APT).withPace(0))) {
            MemoryJournal journal = new MemoryJournal();
            Cluster cluster = rehearsal.cluster();
            try (Engine engine = engine(rehearsal, journal, new SshSessions())) {
                assertThat(outcome(engine, cluster)).isEqualTo("succeeded");
            }
            Host worker = cluster.hosts().get(1);
            Cluster without = cluster.withHosts(cluster.hosts().subList(0, 1), List.of(new Host(worker.name(), worker.address(),
                    worker.roles(), worker.ssh(), worker.labels(), worker.taints(), State.ABSENT)));
            for (String step : STEPS) {
                Predicate<Event> ofStep = event -> (event.host().orElse("") + " " + event.step().orElse("")).equals(step);
                killed(rehearsal, journal, without, mortal -> mortal.dieAfter(ofStep.and(event ->
                        event.is(StepStarted.class))), step + " begins");
                killed(rehearsal, journal, without, mortal -> mortal.dieBefore(ofStep.and(event ->
                        event.is(StepEnded.class))), step + " ends");
            }
            try (Engine engine = engine(rehearsal, journal, new SshSessions())) {
                assertThat(outcome(engine, without)).isEqualTo("succeeded");
            }
            Path nodes = rehearsal.roots().get("h1").getParent().resolveSibling("shared/nodes");
            assertThat(Files.exists(nodes.resolve("h1"))).isTrue();
            assertThat(Files.exists(nodes.resolve("h2"))).isFalse();
            assertThat(rehearsal.roots().get("h2").resolve("etc/kubernetes")).doesNotExist();
            assertThat(journal.found(cluster.name(), worker.address())).isEmpty();
        }
    }

    private interface Death {
        void of(MortalJournal journal);
    }

    private void killed(Rehearsal rehearsal, Journal journal, Cluster cluster, Death death, String moment) throws Exception {
        SshSessions sessions = new SshSessions();
        MortalJournal mortal = new MortalJournal(journal, sessions::close);
        death.of(mortal);
        try (Engine engine = engine(rehearsal, mortal, sessions)) {
            outcome(engine, cluster);
            throw new AssertionError("the engine did not die when " + moment);
        } catch (ExecutionException dead) {
            assertThat(mortal.isDead()).as(moment).isTrue();
        }
    }

    private static String outcome(Engine engine, Cluster cluster) throws Exception {
        Run run = engine.runs().begin(new RunOrder(cluster, "hosts: " + cluster.hosts().size(), "", TestActions.APPLY, "command",
                List.of()));
        return engine.runs().outcome(run).toCompletableFuture().get(LIMIT_SECONDS, TimeUnit.SECONDS).state().word();
    }

    private Engine engine(Rehearsal rehearsal, Journal journal, SshSessions sessions) throws Exception {
        return Engines.start(new EngineOptions(scratch.parent().resolve("data"), Optional.empty(), false, false, rehearsal::target,
                Map.of()), journal, sessions);
    }
}
