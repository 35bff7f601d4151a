package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.Engine;
import dev.caravan.engine.EngineOptions;
import dev.caravan.engine.Engines;
import dev.caravan.engine.MortalJournal;
import dev.caravan.history.Event;
import dev.caravan.history.Finding;
import dev.caravan.history.Occurrence.RunEnded;
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
import dev.caravan.testkit.RehearsedRuns;
import dev.caravan.testkit.RehearsedRuns.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * Rehearsal: two engines that share no journal, on the same simulated hosts. On real hosts {@code src/test/lab/faults
 * second-engine-is-refused} shows the same.
 */
class TwoEnginesRehearsalTest {
    private static final long LIMIT_SECONDS = 120;
    private static final String LOCK = HostLockTest.LOCK;
    /** An action that does not begin with gather-facts. */
    private static final String GREET = """
            - route:
                id: greet
                description: Greets one host after the other.
                note: |
                  title: Greet the hosts
                  changesHosts: true
                  parameters:
                    aloud: {type: boolean, default: false, description: whether a host is changed by it}
                routeConfigurationId: workflow-errors
                from:
                  uri: direct:greet
                  steps:
                    - setVariable:
                        name: env.ALOUD
                        simple: "${variable.parameters[aloud]}"
                    - split:
                        method:
                          ref: hosts
                          method: all
                        stopOnException: true
                        steps:
                          - bean:
                              ref: hosts
                              method: enter
                          - to: step:greeting
            """;
    private static final String GREETING = """
            #!/bin/sh
            # Greets. Environment: ALOUD.

            . "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"

            [ "$ALOUD" = false ] || change "greet"
            """;

    @RegisterExtension
    final Scratch scratch = new Scratch();

    @TempDir
    private Path directory;

    private final RehearsedRuns runs = new RehearsedRuns(scratch);
    private final Journal first = new MemoryJournal();

    @Tag("long")
    @Test
    void theSecondIsRefusedUntilTheFirstHasEndedOrIsGoneForGood() throws Exception {
        try (Rehearsal rehearsal = start(); Engine second = runs.engine(rehearsal::target, scratch.parent().resolve("second"), Map.of())) {
            String held = dies(rehearsal, "h1", "runtime-install");
            assertThat(lock(rehearsal, "h2")).startsWith("run " + held + "\nengine ").contains("\ncluster demo\nsince 2");

            for (String action : List.of("apply", "reset", "renew-certificates")) {
                Ended refused = runs.run(second, rehearsal.cluster(), action);
                assertThat(refused.state()).as(refused.details()).isEqualTo("refused");
                assertThat(refused.changed()).isEmpty();
                Finding finding = findings(refused).get(0);
                assertThat(finding.hosts()).containsExactly("h1", "h2");
                assertThat(finding.problem()).startsWith("the host is held by run " + held + " of the engine ")
                        .contains(", process " + ProcessHandle.current().pid() + ", which works on cluster demo since ");
                assertThat(finding.remedy()).endsWith("caravan force-unlock -f SPEC --set run=" + held);
            }
            assertThat(runs.run(second, leaving(rehearsal.cluster()), "apply").state()).as("a host that leaves is held as well")
                    .isEqualTo("refused");
            assertThat(runs.run(second, rehearsal.cluster(), "plan").state()).as("a plan takes no lock").isEqualTo("succeeded");
            assertThat(lock(rehearsal, "h1")).startsWith("run " + held + "\n");

            assertThat(lives(rehearsal, first)).as("the same run goes on").isEqualTo("succeeded");
            assertNothingLeft(rehearsal);
            assertThat(runs.run(second, rehearsal.cluster(), "apply").state()).as(runs::details).isEqualTo("succeeded");
            assertNothingLeft(rehearsal);

            held = dies(rehearsal, "h2", "os-prepare");
            assertThat(runs.run(second, rehearsal.cluster(), "force-unlock", Map.of("run", "0badc0de")).changed()).isEmpty();
            assertThat(runs.run(second, rehearsal.cluster(), "apply").state()).isEqualTo("refused");
            Ended unlocked = runs.run(second, rehearsal.cluster(), "force-unlock", Map.of("run", held));
            assertThat(unlocked.state()).as(unlocked.details()).isEqualTo("succeeded");
            assertThat(unlocked.changed()).containsExactlyInAnyOrder("h1 force-unlock-host", "h2 force-unlock-host");
            assertThat(runs.run(second, rehearsal.cluster(), "apply").state()).as(runs::details).isEqualTo("succeeded");
            assertNothingLeft(rehearsal);
        }
    }

    @Test
    void aRunTakesTheLocksThatRunsOfItsJournalLeftAndNoOther() throws Exception {
        try (Rehearsal rehearsal = start(); Engine engine = runs.engine(rehearsal)) {
            Ended earlier = runs.run(engine, rehearsal.cluster(), "reset");
            assertThat(earlier.state()).as(earlier.details()).isEqualTo("succeeded");
            write(rehearsal, "h1", "run " + earlier.id() + "\nengine ops1, process 7\ncluster demo\nsince 2026-01-01T00:00:00Z\n");
            write(rehearsal, "h2", "");
            assertThat(runs.run(engine, rehearsal.cluster(), "reset").state()).as(runs::details).isEqualTo("succeeded");
            assertNothingLeft(rehearsal);

            write(rehearsal, "h2", "run 0badc0de\nengine ops1, process 7\ncluster other\nsince 2026-01-01T00:00:00Z\n");
            Ended refused = runs.run(engine, rehearsal.cluster(), "reset");
            assertThat(refused.state()).isEqualTo("refused");
            assertThat(findings(refused)).singleElement().satisfies(finding -> {
                assertThat(finding.hosts()).containsExactly("h2");
                assertThat(finding.problem()).isEqualTo("the host is held by run 0badc0de of the engine ops1, process 7, which works on "
                        + "cluster other since 2026-01-01T00:00:00Z");
            });
            assertThat(rehearsal.roots().get("h1").resolve(LOCK)).as("what the refused run took").doesNotExist();
            assertThat(lock(rehearsal, "h2")).startsWith("run 0badc0de\n");
        }
    }

    @Test
    void anActionOfAUsersOwnIsRefusedAsWellUnlessItMayHaveChangedAnotherHost() throws Exception {
        Path routes = Files.createDirectories(directory.resolve("routes"));
        Files.writeString(Files.createDirectories(routes.resolve("actions")).resolve("greet.camel.yaml"), GREET);
        Files.writeString(Files.createDirectories(routes.resolve("scripts")).resolve("greeting.sh"), GREETING);
        try (Rehearsal rehearsal = start(); Engine engine = runs.engine(new EngineOptions(runs.data(), Optional.of(routes), false, true,
                rehearsal::target, Map.of()))) {
            write(rehearsal, "h2", "run 0badc0de\nengine ops1, process 7\ncluster other\nsince 2026-01-01T00:00:00Z\n");
            Ended refused = greets(engine, rehearsal.cluster(), "false");
            assertThat(refused.state()).as(refused.details()).isEqualTo("refused");
            assertThat(findings(refused)).singleElement().satisfies(finding -> {
                assertThat(finding.hosts()).containsExactly("h2");
                assertThat(finding.problem()).startsWith("the host is held by run 0badc0de of the engine ops1, process 7,");
                assertThat(finding.remedy()).endsWith("caravan force-unlock -f SPEC --set run=0badc0de");
            });
            Ended failed = greets(engine, rehearsal.cluster(), "true");
            assertThat(failed.changed()).containsExactly("h1 greeting");
            assertThat(failed.state()).as(failed.details()).isEqualTo("failed");
            assertThat(failed.message()).contains("the host is held by run 0badc0de");
        }
    }

    private Ended greets(Engine engine, Cluster cluster, String aloud) throws Exception {
        return runs.run(engine, cluster, engine.runs().actions().require("greet").call(Map.of("aloud", aloud)));
    }

    private Rehearsal start() throws IOException {
        return Rehearsal.start(Clusters.of(1, 1, "1.36.3", Cluster.RuntimeName.CONTAINERD, Clusters.root()), List.of(), scratch.directory(),
                Rehearsal.Options.usual().withFamily(Family.APT).withPace(0));
    }

    private static Cluster leaving(Cluster cluster) {
        Host worker = cluster.hosts().get(1);
        return cluster.withHosts(cluster.hosts().subList(0, 1), List.of(new Host(worker.name(), worker.address(), worker.roles(),
                worker.ssh(), worker.labels(), worker.taints(), State.ABSENT)));
    }

    /** The first engine begins or resumes its run, and dies in that step; gives the run's id. */
    private String dies(Rehearsal rehearsal, String host, String step) throws Exception {
        SshSessions sessions = new SshSessions();
        MortalJournal mortal = new MortalJournal(first, sessions::close);
        mortal.dieAfter(event -> event.is(StepStarted.class) && event.host().equals(Optional.of(host))
                && event.step().equals(Optional.of(step)));
        try (Engine engine = engine(rehearsal, mortal, sessions)) {
            Run run = begin(engine, rehearsal.cluster());
            try {
                engine.runs().outcome(run).toCompletableFuture().get(LIMIT_SECONDS, TimeUnit.SECONDS);
                throw new AssertionError("the engine did not die in " + step);
            } catch (ExecutionException dead) {
                assertThat(mortal.isDead()).isTrue();
            }
            return run.id();
        }
    }

    private String lives(Rehearsal rehearsal, Journal journal) throws Exception {
        try (Engine engine = engine(rehearsal, journal, new SshSessions())) {
            return engine.runs().outcome(begin(engine, rehearsal.cluster())).toCompletableFuture()
                    .get(LIMIT_SECONDS, TimeUnit.SECONDS).state().word();
        }
    }

    private static Run begin(Engine engine, Cluster cluster) throws Exception {
        return engine.runs().begin(new RunOrder(cluster, "a rehearsal's", "", TestActions.APPLY, "command", List.of()));
    }

    private Engine engine(Rehearsal rehearsal, Journal journal, SshSessions sessions) throws Exception {
        return Engines.start(new EngineOptions(scratch.parent().resolve("first"), Optional.empty(), false, false, rehearsal::target,
                Map.of()), journal, sessions);
    }

    private static List<Finding> findings(Ended ended) {
        Event last = ended.events().get(ended.events().size() - 1);
        return last.as(RunEnded.class).orElseThrow().findings();
    }

    private static String lock(Rehearsal rehearsal, String host) throws IOException {
        return Files.readString(rehearsal.roots().get(host).resolve(LOCK));
    }

    private static void write(Rehearsal rehearsal, String host, String text) throws IOException {
        Path lock = rehearsal.roots().get(host).resolve(LOCK);
        Files.createDirectories(lock.getParent());
        Files.writeString(lock, text);
    }

    private static void assertNothingLeft(Rehearsal rehearsal) {
        rehearsal.roots().values().forEach(root -> {
            assertThat(root.resolve("var/lib/caravan")).doesNotExist();
            assertThat(root.resolve("run/caravan")).doesNotExist();
        });
    }
}
