package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.Engine;
import dev.caravan.engine.EngineOptions;
import dev.caravan.engine.Engines;
import dev.caravan.engine.MortalJournal;
import dev.caravan.history.Event;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.Occurrence.StepStarted;
import dev.caravan.journal.MemoryJournal;
import dev.caravan.packages.Family;
import dev.caravan.routes.RouteFiles;
import dev.caravan.run.Run;
import dev.caravan.run.RunOrder;
import dev.caravan.run.TestActions;
import dev.caravan.spec.Cluster;
import dev.caravan.ssh.SshSessions;
import dev.caravan.testkit.Clusters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Rehearsal: one run whose engine is killed before, during and after each of its steps, with the real scripts on simulated
 * hosts. What they did to the hosts in all lives together is what an undisturbed run does, each exactly once.
 */
@Tag("long")
class KilledRehearsalTest {
    private static final long LIMIT_SECONDS = 120;
    /** What only looks, and what gives secrets, which are kept nowhere. */
    private static final Set<String> AGAIN = Set.of("facts", "join-credentials", "kubeconfig-fetch", "probe-start");
    private static final List<String> STEPS = List.of("h1 facts", "h1 os-prepare", "h1 package-repository", "h1 kube-install",
            "h1 runtime-install", "h1 network-prepare", "h1 images-pull", "h1 kubeadm-init", "h1 network", "h1 kubeconfig-fetch",
            "h1 join-credentials", "h2 kubeadm-join", "h1 label-nodes", "h1 probe-start", "h2 probe", "h1 probe-stop",
            "h1 credentials-revoke");

    @RegisterExtension
    final Scratch scratch = new Scratch();

    @Test
    void aRunThatIsKilledBeforeDuringAndAfterEachStepDoesEachOnce() throws Exception {
        Map<String, Long> undisturbed;
        Set<String> files;
        try (Rehearsal rehearsal = start("undisturbed")) {
            assertThat(lives(rehearsal, List.of())).isEqualTo("succeeded");
            undisturbed = executed(rehearsal);
            files = files(rehearsal);
        }
        List<Kill> kills = STEPS.stream().flatMap(step -> Stream.of(When.values())
                .map(when -> new Kill(step.split(" ")[0], step.split(" ")[1], when))).toList();
        try (Rehearsal rehearsal = start("killed")) {
            assertThat(lives(rehearsal, kills)).isEqualTo("succeeded");
            assertThat(executed(rehearsal)).isEqualTo(undisturbed);
            assertThat(files(rehearsal)).isEqualTo(files);
        }
    }

    private enum When { BEFORE, DURING, AFTER }

    private record Kill(String host, String step, When when) {
        private boolean isOf(Event event) {
            return event.host().equals(Optional.of(host)) && event.step().equals(Optional.of(step));
        }
    }

    /** Goes through with a run whose engine is killed each time the next moment comes; gives how the run ended. */
    private String lives(Rehearsal rehearsal, List<Kill> kills) throws Exception {
        MemoryJournal journal = new MemoryJournal();
        for (Kill kill : kills) {
            SshSessions sessions = new SshSessions();
            MortalJournal mortal = new MortalJournal(journal, sessions::close);
            Predicate<Event> started = event -> event.is(StepStarted.class) && kill.isOf(event);
            Predicate<Event> ended = event -> event.is(StepEnded.class) && kill.isOf(event);
            switch (kill.when()) {
                case BEFORE -> mortal.dieAfter(started);
                case AFTER -> mortal.dieBefore(ended);
                case DURING -> journal.listen(event -> {
                    if (started.test(event) && !mortal.isDead()) {
                        dieOnceStarted(mortal,
                                rehearsal.host(kill.host()).root().resolve("run/caravan").resolve(
                                        event.as(StepStarted.class).flatMap(StepStarted::detached).orElseThrow().id() + "/started"));
                    }
                });
            }
            try (Engine engine = engine(rehearsal, mortal, sessions)) {
                outcome(engine, rehearsal);
                throw new AssertionError("the engine did not die: " + kill);
            } catch (ExecutionException dead) {
                assertThat(mortal.isDead()).as(kill.toString()).isTrue();
            }
        }
        try (Engine engine = engine(rehearsal, journal, new SshSessions())) {
            return outcome(engine, rehearsal);
        }
    }

    private static void dieOnceStarted(MortalJournal mortal, Path started) {
        CompletableFuture.runAsync(() -> {
            Awaitility.await().atMost(Duration.ofSeconds(LIMIT_SECONDS)).pollInterval(Duration.ofMillis(2))
                    .until(() -> Files.exists(started));
            mortal.die();
        });
    }

    private static String outcome(Engine engine, Rehearsal rehearsal) throws Exception {
        Run run = engine.runs().begin(new RunOrder(rehearsal.cluster(), "a rehearsal's", "", TestActions.APPLY, "command", List.of()));
        return engine.runs().outcome(run).toCompletableFuture().get(LIMIT_SECONDS, TimeUnit.SECONDS).state().word();
    }

    private Rehearsal start(String name) throws Exception {
        return Rehearsal.start(Clusters.of(1, 1, Cluster.RuntimeName.DOCKER, Clusters.root()), List.of(), scratch.parent().resolve(name),
                Rehearsal.Options.usual().withFamily(Family.YUM).withPace(0));
    }

    /*
     * Other hosts join while the first control plane still works. Here they wait until it has finished, so that the steps have one order.
     */
    private static String oneAfterTheOther(String route) {
        String open = """
                                  - to:
                                      uri: gate:control-plane
                                      parameters:
                                        action: open
                """;
        String last = "                  - to: direct:kubeconfig-fetch\n";
        assertThat(route).contains(open, last);
        return route.replace(open, "").replace(last, last + open);
    }

    /* Every script sources lib.sh, which here writes down who does. */
    private Engine engine(Rehearsal rehearsal, dev.caravan.journal.Journal journal, SshSessions sessions) throws Exception {
        Path scripts = Files.createDirectories(scratch.parent().resolve("routes/scripts"));
        String route = "hosts/provision-host.camel.yaml";
        Files.createDirectories(scripts.resolveSibling(route).getParent());
        Files.writeString(scripts.resolveSibling(route), oneAfterTheOther(RouteFiles.builtIn().text(route).orElseThrow()));
        Files.writeString(scripts.resolve("lib.sh"),
                RouteFiles.builtIn().script("lib.sh").orElseThrow() + "\necho \"$CARAVAN_STEP\" >> \"$R/.executed\"\n");
        return Engines.start(new EngineOptions(scratch.parent().resolve("data"), Optional.of(scratch.parent().resolve("routes")),
                false, false, rehearsal::target, Map.of()), journal, sessions);
    }

    private static Map<String, Long> executed(Rehearsal rehearsal) throws IOException {
        Map<String, Long> executed = new TreeMap<>();
        for (Map.Entry<String, Path> host : rehearsal.roots().entrySet()) {
            for (String step : Files.readAllLines(host.getValue().resolve(".executed"))) {
                if (!AGAIN.contains(step)) {
                    executed.merge(host.getKey() + " " + step, 1L, Long::sum);
                }
            }
        }
        return executed;
    }

    private static Set<String> files(Rehearsal rehearsal) throws IOException {
        Set<String> files = new java.util.TreeSet<>();
        for (Map.Entry<String, Path> host : rehearsal.roots().entrySet()) {
            try (Stream<Path> all = Files.walk(host.getValue())) {
                files.addAll(all.map(path -> host.getKey() + " " + host.getValue().relativize(path)).filter(path -> !path.contains(" tmp/"))
                        .collect(Collectors.toSet()));
            }
        }
        return files;
    }
}
