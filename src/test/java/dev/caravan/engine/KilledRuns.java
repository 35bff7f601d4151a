package dev.caravan.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.history.Event;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.Occurrence.StepStarted;
import dev.caravan.journal.MemoryJournal;
import dev.caravan.remote.ScriptedHosts;
import dev.caravan.remote.ScriptedHosts.Call;
import dev.caravan.remote.ScriptedHosts.Reply;
import dev.caravan.run.Run;
import dev.caravan.run.RunOrder;
import dev.caravan.run.TestActions;
import dev.caravan.spec.Cluster;
import dev.caravan.ssh.SshSessions;
import dev.caravan.ssh.SshTarget;
import dev.caravan.testkit.TestClusters;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Runs in the hands of two engines, of which the first is killed at a point of a step; and what hosts were asked to do in both lives. */
abstract class KilledRuns {
    private static final String CA_HASH = "sha256:" + "7".repeat(64);
    private static final long LIMIT_SECONDS = 240;
    /** Their results hold secrets, which are kept nowhere: minted and fetched again. */
    private static final Set<String> AGAIN = Set.of("join-credentials", "kubeconfig-fetch");

    @TempDir
    static Path directory;

    @RegisterExtension
    static final ScriptedHosts hosts = ScriptedHosts.forAll(3);

    static ClusterApi api;
    static final Map<Integer, Map<String, Long>> undisturbed = new TreeMap<>();
    private static final AtomicInteger CLUSTERS = new AtomicInteger();
    private final AtomicInteger minted = new AtomicInteger();

    /** When the engine dies. */
    enum Point {
        /** The journal does not know of the step yet. */
        BEFORE,
        /** The journal knows, the host does not. */
        ANNOUNCED,
        /** The host is at work. */
        DURING,
        /** The host is done, and the journal does not know. */
        DONE,
        /** The journal knows. */
        ENTERED
    }

    @BeforeAll
    static void start() throws Exception {
        api = ClusterApi.start();
    }

    @AfterAll
    static void stop() throws Exception {
        api.close();
    }

    @AfterEach
    void forget() {
        hosts.forget();
    }

    /** One run in the hands of two engines. */
    final class Lives {
        private final Cluster cluster;
        private final ScriptedHosts.Script script;
        final MemoryJournal journal = new MemoryJournal();
        private final CompletableFuture<Void> revived = new CompletableFuture<>();
        private String id;

        Lives(Cluster cluster, ScriptedHosts.Script script) {
            this.cluster = cluster;
            this.script = script;
        }

        void die(String host, String step, Point point) throws Exception {
            SshSessions sessions = new SshSessions();
            MortalJournal mortal = new MortalJournal(journal, sessions::close);
            Predicate<Event> started = event -> event.is(StepStarted.class) && isOf(event, host, step);
            Predicate<Event> ended = event -> event.is(StepEnded.class) && isOf(event, host, step);
            switch (point) {
                case BEFORE -> mortal.dieBefore(started);
                case ANNOUNCED -> mortal.dieAfter(started);
                case DONE -> mortal.dieBefore(ended);
                case ENTERED -> mortal.dieAfter(ended);
                case DURING -> { }
            }
            hosts.script(call -> {
                if (point == Point.DURING && call.is(host, step) && !mortal.isDead()) {
                    mortal.die();
                    return revived.thenCompose(any -> script.run(call));
                }
                return script.run(call);
            });
            try (Engine engine = engine(mortal, sessions)) {
                Run run = engine.runs().begin(order());
                id = run.id();
                engine.runs().outcome(run).toCompletableFuture().get(LIMIT_SECONDS, TimeUnit.SECONDS);
                throw new AssertionError("the engine did not die: " + details());
            } catch (ExecutionException dead) {
                assertThat(mortal.isDead()).isTrue();
            } catch (TimeoutException hangs) {
                throw new AssertionError("the run of a dead engine has no end: dead " + mortal.isDead() + "\n" + details(), hangs);
            }
        }

        String resume() throws Exception {
            try (Engine engine = engine(journal, new SshSessions())) {
                Run run = engine.runs().begin(order());
                assertThat(run.id()).isEqualTo(id);
                revived.complete(null);
                return engine.runs().outcome(run).toCompletableFuture().get(LIMIT_SECONDS, TimeUnit.SECONDS).state().word();
            }
        }

        RunOrder order() {
            return new RunOrder(cluster, "spec", "", TestActions.APPLY, "command", List.of());
        }

        Map<String, Long> once() {
            return count(calls().stream().filter(call -> !AGAIN.contains(call.step()) && !call.step().equals("facts")).toList());
        }

        long asked(String step) {
            return calls().stream().filter(call -> call.step().equals(step)).count();
        }

        List<Call> calls() {
            return hosts.calls().stream().filter(call -> call.run().equals(id)).toList();
        }

        List<String> changed(String host) {
            List<String> steps = new ArrayList<>(calls().stream().filter(call -> call.host().equals(host)).map(Call::step)
                    .filter(step -> !step.startsWith("undo-") && !step.equals("facts") && !step.equals("kubeadm-init"))
                    .distinct().toList());
            java.util.Collections.reverse(steps);
            return steps;
        }

        List<String> undos(String host) {
            return calls().stream().filter(call -> call.host().equals(host) && call.step().startsWith("undo-"))
                    .map(call -> call.step().substring("undo-".length())).toList();
        }

        List<String> mintedAndNotRevoked() {
            List<String> tokens = new ArrayList<>(journal.events(id, 0).stream()
                    .flatMap(event -> event.as(StepEnded.class).stream()).filter(ended -> ended.step().equals("join-credentials"))
                    .map(ended -> ended.outputs().get("tokenId")).toList());
            calls().stream().filter(call -> call.step().equals("credentials-revoke"))
                    .forEach(call -> tokens.removeAll(List.of(call.environment().get("TOKEN_ID").split(" "))));
            return tokens;
        }

        String details() {
            return journal.events(id, 0).stream().map(event -> event.occurrence().toString())
                    .collect(Collectors.joining("\n")) + "\n"
                            + calls().stream().map(call -> call.host() + " " + call.step()).collect(Collectors.joining(", "));
        }
    }

    private static boolean isOf(Event event, String host, String step) {
        return event.host().equals(Optional.of(host)) && event.step().equals(Optional.of(step));
    }

    private static Map<String, Long> count(List<Call> calls) {
        return calls.stream().collect(Collectors.groupingBy(call -> call.host() + " " + call.step(), TreeMap::new, Collectors.counting()));
    }

    /* Asked for once: it is the same for all. */
    Map<String, Long> undisturbed(int controlPlanes) throws Exception {
        if (!undisturbed.containsKey(controlPlanes)) {
            undisturbed.put(controlPlanes, runUndisturbed(controlPlanes));
        }
        return undisturbed.get(controlPlanes);
    }

    private Map<String, Long> runUndisturbed(int controlPlanes) throws Exception {
        Lives one = new Lives(cluster(controlPlanes, "keep"), this::answer);
        hosts.script(one.script);
        try (Engine engine = engine(one.journal, new SshSessions())) {
            Run run = engine.runs().begin(one.order());
            one.id = run.id();
            assertThat(engine.runs().outcome(run).toCompletableFuture().get(LIMIT_SECONDS, TimeUnit.SECONDS).state().word())
                    .isEqualTo("succeeded");
        }
        return one.once();
    }

    static Engine engine(dev.caravan.journal.Journal journal, SshSessions sessions) throws Exception {
        EngineOptions options = new EngineOptions(directory.resolve("data"), Optional.empty(), false, false,
                SshTarget::of, Engines.impatient(1));
        return Engines.start(options, journal, sessions);
    }

    static Cluster cluster(int controlPlanes, String onFailure) {
        Cluster cluster = TestClusters.of("c" + CLUSTERS.incrementAndGet(), controlPlanes, 3 - controlPlanes, ScriptedHosts.ADDRESSES,
                hosts.port(), "  onFailure: " + onFailure);
        api.serve(cluster);
        return cluster;
    }

    private static CompletionStage<Reply> now(Reply reply) {
        return CompletableFuture.completedFuture(reply);
    }

    CompletionStage<Reply> answer(Call call) {
        return now(switch (call.step()) {
            case "facts" -> Reply.facts(call.host(), false);
            case "kubeadm-init" -> Reply.changed("initialise the control plane").output("caCertHash", CA_HASH);
            case "join-credentials" -> Reply.ok().output("tokenId", "abcde" + minted.incrementAndGet()).output("caCertHash", CA_HASH)
                    .secret("token", "abcdef.0123456789abcdef")
                    .secret("certificateKey", "0".repeat(64));
            case "kubeconfig-fetch" -> Reply.ok().secret("kubeconfig", api.kubeconfig());
            case "credentials-revoke", "label-nodes", "network", "network-ready", "probe-start", "probe", "probe-stop" -> Reply.ok();
            default -> new Reply("0", "caravan-found\tfile\t/etc/" + call.step() + "\tabsent\ndo it\n", "change\tdo " + call.step() + "\n");
        });
    }
}
