package dev.caravan.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.remote.ScriptedHosts.Reply;
import dev.caravan.spec.Cluster;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Kills the engine at every step of a run, at five points of each, and has another one go on: what the hosts are asked to do
 * in both lives together is what an undisturbed run asks, each exactly once. One point of each step is tried with every build,
 * the others are long tests.
 */
class KillMatrixTest extends KilledRuns {
    private static final List<String> STEPS = List.of("h1 facts", "h2 facts", "h1 os-prepare", "h2 os-prepare", "h1 package-repository",
            "h3 package-repository", "h1 runtime-install", "h1 kube-install", "h1 network-prepare", "h2 images-pull", "h1 kubeadm-init",
            "h1 kubeconfig-fetch", "h1 join-credentials", "h2 kubeadm-join", "h3 kubeadm-join", "h1 network", "h1 label-nodes",
            "h1 probe-start", "h2 probe", "h1 probe-stop", "h1 credentials-revoke");
    private static final List<String> STEPS_OF_SEVERAL_CONTROL_PLANES = List.of("h2 images-pull", "h1 join-credentials", "h2 kubeadm-join",
            "h3 kubeadm-join");
    private static final List<String> STEPS_OF_A_ROLLBACK =
            List.of("h1 kubeadm-init", "h1 undo-network-prepare", "h2 undo-images-pull", "h1 undo-kube-install", "h1 undo-os-prepare",
                    "h3 undo-os-prepare");

    /** Each step at one of the points, each point in its turn. */
    private static Stream<Arguments> eachAtOnePoint(List<String> steps) {
        return IntStream.range(0, steps.size()).mapToObj(number -> at(steps.get(number), Point.values()[number % Point.values().length]));
    }

    /** Each step at the points that {@link #eachAtOnePoint} leaves out. */
    private static Stream<Arguments> atTheOtherPoints(List<String> steps) {
        return IntStream.range(0, steps.size()).boxed().flatMap(number -> IntStream.range(0, Point.values().length)
                .filter(point -> point != number % Point.values().length)
                .mapToObj(point -> at(steps.get(number), Point.values()[point])));
    }

    private static Arguments at(String step, Point point) {
        return Arguments.of(step.split(" ")[0], step.split(" ")[1], point);
    }

    static Stream<Arguments> points() {
        return eachAtOnePoint(STEPS);
    }

    static Stream<Arguments> otherPoints() {
        return atTheOtherPoints(STEPS);
    }

    @ParameterizedTest
    @MethodSource("points")
    void aRunThatIsKilledIsResumedWhereItStopped(String host, String step, Point point) throws Exception {
        resumesWhereItStopped(1, host, step, point);
    }

    @Tag("long")
    @ParameterizedTest
    @MethodSource("otherPoints")
    void aRunThatIsKilledElsewhereIsResumedWhereItStopped(String host, String step, Point point) throws Exception {
        resumesWhereItStopped(1, host, step, point);
    }

    static Stream<Arguments> pointsOfSeveralControlPlanes() {
        return eachAtOnePoint(STEPS_OF_SEVERAL_CONTROL_PLANES);
    }

    static Stream<Arguments> otherPointsOfSeveralControlPlanes() {
        return atTheOtherPoints(STEPS_OF_SEVERAL_CONTROL_PLANES);
    }

    @ParameterizedTest
    @MethodSource("pointsOfSeveralControlPlanes")
    void aRunOfThreeControlPlanesThatIsKilledIsResumedWhereItStopped(String host, String step, Point point) throws Exception {
        resumesWhereItStopped(3, host, step, point);
    }

    @Tag("long")
    @ParameterizedTest
    @MethodSource("otherPointsOfSeveralControlPlanes")
    void aRunOfThreeControlPlanesThatIsKilledElsewhereIsResumedWhereItStopped(String host, String step, Point point) throws Exception {
        resumesWhereItStopped(3, host, step, point);
    }

    private void resumesWhereItStopped(int controlPlanes, String host, String step, Point point) throws Exception {
        Lives lives = new Lives(cluster(controlPlanes, "keep"), this::answer);

        lives.die(host, step, point);
        assertThat(lives.resume()).as(lives::details).isEqualTo("succeeded");

        assertThat(lives.once()).as(lives::details).isEqualTo(undisturbed(controlPlanes));
        assertThat(lives.asked("join-credentials")).as(lives::details).isLessThanOrEqualTo(2);
        assertThat(lives.mintedAndNotRevoked()).as(lives::details).isEmpty();
    }

    static Stream<Arguments> pointsOfARollback() {
        return eachAtOnePoint(STEPS_OF_A_ROLLBACK);
    }

    static Stream<Arguments> otherPointsOfARollback() {
        return atTheOtherPoints(STEPS_OF_A_ROLLBACK);
    }

    @ParameterizedTest
    @MethodSource("pointsOfARollback")
    void aRollbackThatIsKilledIsResumedWhereItStopped(String host, String step, Point point) throws Exception {
        rollbackResumesWhereItStopped(host, step, point);
    }

    @Tag("long")
    @ParameterizedTest
    @MethodSource("otherPointsOfARollback")
    void aRollbackThatIsKilledElsewhereIsResumedWhereItStopped(String host, String step, Point point) throws Exception {
        rollbackResumesWhereItStopped(host, step, point);
    }

    private void rollbackResumesWhereItStopped(String host, String step, Point point) throws Exception {
        Cluster cluster = cluster(1, "rollback");
        // Not before the others have done what is then rolled back.
        CompletableFuture<Void> others = new CompletableFuture<>();
        Set<String> pulled = ConcurrentHashMap.newKeySet();
        Lives lives = new Lives(cluster, call -> {
            if (call.is("h2", "images-pull") || call.is("h3", "images-pull")) {
                pulled.add(call.host());
                if (pulled.size() == 2) {
                    others.complete(null);
                }
            }
            return call.is("h1", "kubeadm-init") ? others.thenApply(done -> Reply.failed("no")) : answer(call);
        });

        lives.die(host, step, point);
        assertThat(lives.resume()).as(lives::details).isEqualTo("rolled-back");

        for (String name : List.of("h1", "h2", "h3")) {
            assertThat(lives.undos(name)).as(lives::details).isEqualTo(lives.changed(name)).isNotEmpty();
        }
        assertThat(lives.journal.found(cluster.name(), cluster.hosts().get(0).address())).isEmpty();
    }
}
