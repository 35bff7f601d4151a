package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.actions.Action;
import dev.caravan.engine.Engine;
import dev.caravan.history.Event;
import dev.caravan.journal.Retention;
import dev.caravan.journal.RunRecord;
import dev.caravan.packages.Family;
import dev.caravan.run.Pruning;
import dev.caravan.run.TestActions;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.testkit.Clusters;
import dev.caravan.testkit.RehearsedRuns;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Rehearsal: a run that fails leaves its hosts as they were, whichever step fails, and so does a reset. On real hosts
 * {@code src/test/lab/residue} shows the same.
 */
class RollbackRehearsalTest {
    /** What a step leaves until the next one comes by, what the faults themselves keep, kubectl's own, and the process of etcd. */
    private static final List<String> NOT_THE_HOSTS = List.of("run/caravan", ".faults", "tmp", "run/caravan-kubectl",
            "proc/2379");
    @RegisterExtension
    final Scratch scratch = new Scratch();

    private final RehearsedRuns runs = new RehearsedRuns(scratch);

    @Test
    void leavesHostsAsTheyWereWhereInitFails() throws Exception {
        leavesHostsAsTheyWere(Family.YUM, Cluster.RuntimeName.CONTAINERD, List.of("kubeadm-init"));
    }

    @Tag("long")
    @ParameterizedTest
    @CsvSource({
        "YUM, DOCKER, os-prepare package-repository runtime-install images-pull kubeadm-init",
        "APT, CONTAINERD, package-repository kube-install network-prepare"
    })
    void leavesHostsAsTheyWereWhicheverStepFails(Family family, Cluster.RuntimeName runtime, String steps) throws Exception {
        leavesHostsAsTheyWere(family, runtime, List.of(steps.split(" ")));
    }

    private void leavesHostsAsTheyWere(Family family, Cluster.RuntimeName runtime, List<String> steps) throws Exception {
        // each fault is met by one run: the first run fails at the first step, the second at the second
        List<Fault> faults = new ArrayList<>(steps.stream().map(step -> Fault.parse("h1:" + step + ":fail*1")).toList());
        faults.add(Fault.parse("h2:kubeadm-join:fail*1"));
        try (Rehearsal rehearsal =
                Rehearsal.start(cluster(runtime), faults, scratch.directory(), Rehearsal.Options.usual().withFamily(family).withPace(0));
                Engine engine = runs.engine(rehearsal)) {
            Map<String, String> first = look(rehearsal, "h1");
            Map<String, String> second = look(rehearsal, "h2");
            for (String step : steps) {
                runs.events().clear();
                assertThat(runs.run(engine, rehearsal.cluster(), TestActions.APPLY)).as(runs::details).isEqualTo("rolled-back");
                assertThat(failed("h1", step)).as("%s failed: %s", step, runs.details()).isTrue();
                assertSame("h1 after " + step, first, look(rehearsal, "h1"));
                assertSame("h2 after " + step, second, look(rehearsal, "h2"));
            }
            // a worker that fails is rolled back alone; the cluster stays, and is reset
            assertThat(runs.run(engine, rehearsal.cluster(), TestActions.APPLY)).as(runs::details).isEqualTo("partly");
            assertSame("h2 after kubeadm-join", second, look(rehearsal, "h2"));
            assertThat(look(rehearsal, "h1")).containsKey("etc/kubernetes/admin.conf");
            assertThat(rehearsal.faultsNotMet()).isEmpty();
            Path kubeconfig = scratch.parent().resolve("data/clusters").resolve(rehearsal.cluster().name()).resolve("kubeconfig");
            assertThat(kubeconfig).exists();
            assertThat(runs.run(engine, rehearsal.cluster(), TestActions.RESET)).as(runs::details).isEqualTo("succeeded");
            assertSame("h1 after reset", first, look(rehearsal, "h1"));
            assertSame("h2 after reset", second, look(rehearsal, "h2"));
            assertThat(kubeconfig).doesNotExist();
        }
    }

    /** The first apply is older than all that is kept, and has the records that the reset reads. */
    @Tag("long")
    @Test
    void aResetRestoresEverythingFromAJournalFromWhichRunsWereDeleted() throws Exception {
        Path data = scratch.parent().resolve("data");
        Retention newest = new Retention(OptionalInt.of(1), OptionalInt.empty());
        long full;
        try (Rehearsal rehearsal =
                Rehearsal.start(cluster(Cluster.RuntimeName.CONTAINERD), List.of(), scratch.directory(),
                        Rehearsal.Options.usual().withPace(0));
                Engine engine = runs.engine(rehearsal)) {
            Map<String, String> first = look(rehearsal, "h1");
            Map<String, String> second = look(rehearsal, "h2");
            for (Action action : List.of(TestActions.APPLY, TestActions.APPLY, TestActions.PLAN, TestActions.APPLY)) {
                assertThat(runs.run(engine, rehearsal.cluster(), action)).as(runs::details).isEqualTo("succeeded");
            }
            List<String> applied = ids(engine);
            Pruning pruning = new Pruning(engine.journal(), data, newest);
            List<Event> before = engine.journal().events(applied.get(1), 0);
            assertThat(pruning.deletable()).extracting(RunRecord::id).containsExactly(applied.get(1), applied.get(2));
            assertThat(ids(engine)).as("to ask deletes nothing").isEqualTo(applied);
            assertThat(engine.journal().events(applied.get(1), 0)).isEqualTo(before).hasSizeGreaterThan(20);
            assertThat(logs(data)).containsExactlyInAnyOrderElementsOf(applied);

            full = Files.size(data.resolve("journal.db")) + Files.size(data.resolve("journal.db-wal"));
            assertThat(pruning.prune()).extracting(RunRecord::id).containsExactly(applied.get(1), applied.get(2));
            assertThat(ids(engine)).containsExactly(applied.get(0), applied.get(3));
            assertThat(engine.journal().events(applied.get(1), 0)).isEmpty();
            assertThat(logs(data)).containsExactlyInAnyOrder(applied.get(0), applied.get(3));

            assertThat(runs.run(engine, rehearsal.cluster(), TestActions.RESET)).as(runs::details).isEqualTo("succeeded");
            assertSame("h1 after reset", first, look(rehearsal, "h1"));
            assertSame("h2 after reset", second, look(rehearsal, "h2"));
            assertThat(pruning.prune()).as("nothing needs the applies now").extracting(RunRecord::id)
                    .containsExactly(applied.get(0), applied.get(3));
            assertThat(logs(data)).isEqualTo(ids(engine)).hasSize(1);
        }
        assertThat(Files.size(data.resolve("journal.db"))).isLessThanOrEqualTo(full);
    }

    /** Oldest first. */
    private static List<String> ids(Engine engine) {
        List<String> ids = new ArrayList<>(engine.journal().runs(100).stream().map(RunRecord::id).toList());
        Collections.reverse(ids);
        return ids;
    }

    private static List<String> logs(Path data) throws IOException {
        try (Stream<Path> logs = Files.list(data.resolve("logs"))) {
            return logs.map(log -> log.getFileName().toString()).toList();
        }
    }

    private void assertSame(String what, Map<String, String> before, Map<String, String> after) {
        assertThat(difference(before, after)).as("what is different on %s: %s", what, runs.details()).isEmpty();
    }

    private static List<String> difference(Map<String, String> before, Map<String, String> after) {
        List<String> lines = new ArrayList<>();
        before.forEach((path, state) -> {
            if (!state.equals(after.get(path))) {
                lines.add("- " + path + " " + state);
            }
        });
        after.forEach((path, state) -> {
            if (!state.equals(before.get(path))) {
                lines.add("+ " + path + " " + state);
            }
        });
        return lines;
    }

    /** By path, type, mode and content of all that stands in for the host's file system, and of what its stand-ins keep. */
    private static Map<String, String> look(Rehearsal rehearsal, String host) throws IOException {
        Path root = rehearsal.host(host).root();
        Map<String, String> state = new TreeMap<>();
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) throws IOException {
                String path = root.relativize(directory).toString();
                if (NOT_THE_HOSTS.contains(path)) {
                    return FileVisitResult.SKIP_SUBTREE;
                }
                if (!path.startsWith(".rehearsal/")) {
                    state.put(path, "directory " + mode(directory));
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                String path = root.relativize(file).toString();
                if (attributes.isSymbolicLink()) {
                    state.put(path, "link " + Files.readSymbolicLink(file));
                } else if (attributes.isRegularFile()) {
                    state.put(path, "file " + mode(file) + " " + Arrays.hashCode(Files.readAllBytes(file)));
                }
                return FileVisitResult.CONTINUE;
            }
        });
        return state;
    }

    private static String mode(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    private boolean failed(String host, String step) {
        return runs.events().stream().anyMatch(event -> event.host().equals(Optional.of(host)) && event.step().equals(Optional.of(step))
                && event.occurrence().toString().contains("rehearsed fault"));
    }

    private static Cluster cluster(Cluster.RuntimeName runtime) {
        Cluster plain = Clusters.of(1, 1, runtime, Clusters.root());
        List<Host> labelled = plain.hosts().stream()
                .map(host -> new Host(host.name(), host.address(), host.roles(), host.ssh(), Map.of("site", "north"), host.taints()))
                .toList();
        return new Cluster(plain.name(), plain.kubernetes(), plain.packages(), plain.runtime(), plain.network(), labelled,
                Cluster.OnFailure.ROLLBACK);
    }
}
