package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.Engine;
import dev.caravan.engine.EngineOptions;
import dev.caravan.history.Event;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.packages.Family;
import dev.caravan.run.TestActions;
import dev.caravan.spec.Cluster;
import dev.caravan.testkit.Clusters;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Rehearsal: workers that fail in an upgrade are restored alone, and stop no other. */
class UpgradeWorkersRehearsalTest extends RehearsedUpgrades {
    private static final String KUBELET_THAT_DOES_NOT_START = "";
    private static final String AFTER_HOST = """
            - route:
                id: after-host
                description: Looks at each host once it is a node.
                routeConfigurationId: workflow-errors
                from:
                  uri: direct:after-host
                  steps:
                    - to: step:finicky
            """;
    private static final String FINICKY = """
            #!/bin/sh
            # Fails on h2 if its kubelet is 1.37.2.

            . "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"

            [ "$NODE_NAME" != h2 ] || [ "$(cat "$R/.rehearsal/packages/kubelet/version")" != 1.37.2 ] || fail "it is not to be"
            """;

    @Tag("long")
    @Test
    void aWorkerThatFailsIsRestoredAloneAndTheNextRunUpgradesIt() throws Exception {
        aWorkerFails(Family.YUM, "h2:upgrade-kubelet:fail*1");
    }

    @Tag("long")
    @Test
    void theSameWithAptAndWhereTheFaultComesBeforeItsDrain() throws Exception {
        aWorkerFails(Family.APT, "h2:upgrade-packages:fail*1");
    }

    /** The kubelet is upgraded by then, and does not become Ready. */
    @Tag("long")
    @Test
    void theSameWithAptAfterItsKubeletWasUpgraded() throws Exception {
        aWorkerFails(Family.APT, KUBELET_THAT_DOES_NOT_START);
    }

    /** Its kubelet ends after the upgrade, and starts again as it was before. */
    @Tag("long")
    @Test
    void aWorkerThatFailsFirstWhenTheClusterIsVerifiedIsRestoredAlone() throws Exception {
        aWorkerFailsAfterItsUpgrade(Optional.empty(), "verify on h2", (rehearsal, event) -> {
            if (event.is(StepEnded.class) && event.step().equals(Optional.of("label-nodes"))) {
                Path kubelet = rehearsal.roots().get("h2").resolve(".rehearsal/units/kubelet.service/active");
                assertThat(kubelet.toFile().delete()).isTrue();
            }
        });
    }

    /** All hosts go through their own pipelines after the upgrade. */
    @Tag("long")
    @Test
    void aWorkerThatFailsInItsOwnPipelineAfterItsUpgradeIsRestoredAlone() throws Exception {
        Path routes = Files.createDirectories(scratch.parent().resolve("routes"));
        Files.createDirectories(routes.resolve("scripts"));
        Files.writeString(routes.resolve("after-host.camel.yaml"), AFTER_HOST);
        Files.writeString(routes.resolve("scripts/finicky.sh"), FINICKY);
        aWorkerFailsAfterItsUpgrade(Optional.of(routes), "finicky on h2", (rehearsal, event) -> { });
    }

    private void aWorkerFailsAfterItsUpgrade(Optional<Path> routes, String where, BiConsumer<Rehearsal, Event> during) throws Exception {
        Cluster three = Clusters.of(1, 2, "1.36.3", Cluster.RuntimeName.CONTAINERD, Clusters.root());
        try (Rehearsal rehearsal = start(three, Family.APT, List.of());
                Engine engine = runs.engine(new EngineOptions(runs.data(), routes, false, true, rehearsal::target,
                        Map.of("caravan.verify.seconds", "5")))) {
            assertThat(runs.run(engine, rehearsal.cluster(), TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            Map<String, String> before = kubernetesOf(rehearsal, "h2");
            rehearsal.offer("1.37.2");
            Cluster newer = at(rehearsal.cluster(), "1.37.2", Map.of());
            runs.events().clear();
            try (AutoCloseable listening = engine.journal().listen(event -> during.accept(rehearsal, event))) {
                assertThat(runs.run(engine, newer, TestActions.APPLY)).as(runs::details).isEqualTo("partly");
            }
            assertThat(runs.details()).contains(where, "Rolled back: h2");
            assertThat(versions(rehearsal)).containsOnly(Map.entry("h1", "1.37.2"), Map.entry("h2", "1.36.3"), Map.entry("h3", "1.37.2"));
            assertThat(kubernetesOf(rehearsal, "h2")).as(runs::details).isEqualTo(before);
            assertThat(rehearsal.roots().get("h2").resolve(".rehearsal/units/kubelet.service/active")).exists();
            assertThat(rehearsal.roots().get("h2").getParent().resolveSibling("shared").resolve("nodes/h2/cordoned")).doesNotExist();
        }
    }

    private void aWorkerFails(Family family, String fault) throws Exception {
        boolean refuses = fault.equals(KUBELET_THAT_DOES_NOT_START);
        try (Rehearsal rehearsal = start(Clusters.of(1, 2, "1.36.3", Cluster.RuntimeName.CONTAINERD, Clusters.root()), family,
                        refuses ? List.of() : List.of(Fault.parse(fault)));
                Engine engine = runs.engine(rehearsal)) {
            assertThat(runs.run(engine, rehearsal.cluster(), TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            Path refused = rehearsal.roots().get("h2").resolve(".rehearsal/kubelet-refuses");
            if (refuses) {
                Files.writeString(refused, "1.37.2\n");
            }
            Map<String, String> before = kubernetesOf(rehearsal, "h2");
            rehearsal.offer("1.37.2");
            Cluster newer = at(rehearsal.cluster(), "1.37.2", Map.of());

            runs.events().clear();
            assertThat(runs.run(engine, newer, TestActions.APPLY)).as(runs::details).isEqualTo("partly");
            assertThat(versions(rehearsal)).containsOnly(Map.entry("h1", "1.37.2"), Map.entry("h2", "1.36.3"), Map.entry("h3", "1.37.2"));
            assertThat(kubernetesOf(rehearsal, "h2")).as(runs::details).isEqualTo(before);
            assertThat(runs.details()).contains("Rolled back: h2");
            assertThat(rehearsal.roots().get("h2").getParent().resolveSibling("shared").resolve("nodes/h2/cordoned")).doesNotExist();

            Files.deleteIfExists(refused);
            runs.events().clear();
            assertThat(runs.run(engine, newer, TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            assertThat(runs.changed()).filteredOn(step -> step.endsWith(" drain-node")).containsExactly("h2 drain-node");
            assertThat(versions(rehearsal)).containsOnly(Map.entry("h1", "1.37.2"), Map.entry("h2", "1.37.2"), Map.entry("h3", "1.37.2"));

            assertThat(runs.run(engine, newer, TestActions.RESET)).as(runs::details).isEqualTo("succeeded");
            assertThat(rehearsal.roots().get("h2").resolve("var/lib/caravan")).doesNotExist();
            assertThat(rehearsal.roots().get("h2").resolve(".rehearsal/packages/kubelet")).doesNotExist();
        }
    }

    /** With onFailure keep, nothing is undone; the same command resumes. */
    @Tag("long")
    @Test
    void aWorkerThatFailsAndIsKeptStopsNoOther() throws Exception {
        try (Rehearsal rehearsal = Rehearsal.start(Clusters.of(1, 2, "1.36.3", Cluster.RuntimeName.CONTAINERD, Clusters.root()),
                        List.of(Fault.parse("h2:upgrade-kubelet:fail*1")), scratch.directory(),
                        Rehearsal.Options.usual().withFamily(Family.YUM).withPace(0));
                Engine engine = runs.engine(rehearsal)) {
            assertThat(runs.run(engine, rehearsal.cluster(), TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            rehearsal.offer("1.37.2");
            Cluster newer = at(rehearsal.cluster(), "1.37.2", Map.of());

            runs.events().clear();
            assertThat(runs.run(engine, newer, TestActions.APPLY)).as(runs::details).isEqualTo("failed");
            assertThat(versions(rehearsal)).containsOnly(Map.entry("h1", "1.37.2"), Map.entry("h2", "1.36.3"), Map.entry("h3", "1.37.2"));
            assertThat(runs.changed()).contains("h2 uncordon-node");

            runs.events().clear();
            assertThat(runs.run(engine, newer, TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            assertThat(runs.changed()).filteredOn(step -> step.endsWith(" drain-node")).containsExactly("h2 drain-node");
            assertThat(versions(rehearsal)).containsOnly(Map.entry("h1", "1.37.2"), Map.entry("h2", "1.37.2"), Map.entry("h3", "1.37.2"));
        }
    }
}
