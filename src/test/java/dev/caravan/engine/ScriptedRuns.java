package dev.caravan.engine;

import dev.caravan.actions.Action;
import dev.caravan.remote.ScriptedHosts;
import dev.caravan.remote.ScriptedHosts.Call;
import dev.caravan.remote.ScriptedHosts.Reply;
import dev.caravan.run.Run;
import dev.caravan.run.RunOrder;
import dev.caravan.spec.Cluster;
import dev.caravan.ssh.SshTarget;
import dev.caravan.testkit.TestClusters;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/**
 * The real routes in one real engine for a class, with hosts that answer as a test says. Only the pauses between attempts are shorter than
 * in the built-in files. What waits, waits for a latch: no test depends on how long something takes.
 */
abstract class ScriptedRuns {
    private static final AtomicInteger CLUSTERS = new AtomicInteger();

    @TempDir
    static Path directory;
    static ScriptedHosts hosts;
    static ClusterApi api;
    static Engine engine;
    private static RouteCoverage coverage;

    /** Hosts that are nodes already, in facts. */
    final Set<String> joined = ConcurrentHashMap.newKeySet();

    /** Makes the engine of a class. */
    @FunctionalInterface
    interface Starter {
        Engine start(EngineOptions options) throws Exception;
    }

    static void start(int count, Starter starter) throws Exception {
        hosts = ScriptedHosts.start(count);
        api = ClusterApi.start();
        engine = starter.start(options());
        coverage = new RouteCoverage();
        coverage.watch(engine.context());
    }

    static EngineOptions options() {
        return new EngineOptions(directory.resolve("data"), Optional.empty(), false, false, SshTarget::of, Engines.impatient(1));
    }

    @AfterAll
    static void stop(TestInfo test) throws Exception {
        if (engine != null) {
            coverage.report(test.getTestClass().orElseThrow().getSimpleName());
            engine.close();
            engine = null;
        }
        api.close();
        hosts.close();
    }

    @BeforeEach
    void forget() {
        hosts.forget();
        hosts.script(this::answer);
    }

    /** What a host answers unless a test says otherwise. */
    abstract CompletionStage<Reply> answer(Call call);

    static Cluster cluster(int controlPlanes, int workers, String onFailure) {
        Cluster cluster = TestClusters.of("c" + CLUSTERS.incrementAndGet(), controlPlanes, workers, ScriptedHosts.ADDRESSES, hosts.port(),
                "  onFailure: " + onFailure);
        api.serve(cluster);
        return cluster;
    }

    static Run begin(Cluster cluster, Action action) throws Exception {
        return engine.runs().begin(new RunOrder(cluster, "spec", "", action, "command", List.of()));
    }
}
