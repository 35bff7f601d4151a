package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.Engine;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.Occurrence.StepRetried;
import dev.caravan.history.StepState;
import dev.caravan.packages.Family;
import dev.caravan.run.TestActions;
import dev.caravan.spec.Cluster;
import dev.caravan.testkit.Clusters;
import dev.caravan.testkit.RehearsedRuns;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Rehearsal: the engine with the built-in routes, from spec to verified cluster, on simulated hosts. */
class EngineRehearsalTest {
    @RegisterExtension
    final Scratch scratch = new Scratch();

    private final RehearsedRuns runs = new RehearsedRuns(scratch);

    /** A host of each family in each cluster; control planes of the other two kinds are in the tests below and in ServedRehearsalTest. */
    @Test
    void bringsBareHostsToAVerifiedClusterAndASecondRunChangesNothing() throws Exception {
        bringsHostsToACluster(Family.YUM, Family.APT, Cluster.RuntimeName.DOCKER);
    }

    @Tag("long")
    @Test
    void bringsBareHostsOfTheOtherFamiliesToAVerifiedCluster() throws Exception {
        bringsHostsToACluster(Family.APT, Family.YUM, Cluster.RuntimeName.CONTAINERD);
    }

    private void bringsHostsToACluster(Family first, Family second, Cluster.RuntimeName runtime) throws Exception {
        Rehearsal.Options options = new Rehearsal.Options(first, Map.of("h2", second), 0);
        try (Rehearsal rehearsal = Rehearsal.start(Clusters.of(1, 1, runtime, Clusters.root()), List.of(), scratch.directory(), options);
                Engine engine = runs.engine(rehearsal)) {
            assertThat(runs.run(engine, rehearsal.cluster(), TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            runs.events().clear();
            assertThat(runs.run(engine, rehearsal.cluster(), TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            assertThat(runs.events().stream().flatMap(event -> event.as(StepEnded.class).stream())).isNotEmpty()
                    .allSatisfy(ended -> assertThat(ended.state()).as(ended.toString()).isIn(StepState.OK, StepState.SKIPPED));
        }
    }

    @Tag("long")
    @Test
    void bringsUpSeveralControlPlanesThroughSudo() throws Exception {
        try (Rehearsal rehearsal =
                start(Clusters.of(3, 1, Cluster.RuntimeName.CONTAINERD, Clusters.ops("secret word")), List.of(), Family.YUM);
                Engine engine = runs.engine(rehearsal)) {
            assertThat(runs.run(engine, rehearsal.cluster(), TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
        }
    }

    @Tag("long")
    @Test
    void continuesAfterACutConnectionAndATransientError() throws Exception {
        List<Fault> faults = List.of(Fault.parse("h2:runtime-install:drop"), Fault.parse("h1:kube-install:busy*2"),
                Fault.parse("h2:kubeadm-join:busy"));
        try (Rehearsal rehearsal = start(Clusters.of(1, 1, Cluster.RuntimeName.DOCKER, Clusters.root()), faults, Family.YUM);
                Engine engine = runs.engine(rehearsal)) {
            assertThat(runs.run(engine, rehearsal.cluster(), TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            assertThat(retries("h1", "kube-install")).isEqualTo(2);
            assertThat(retries("h2", "kubeadm-join")).isEqualTo(1);
        }
    }

    @Tag("long")
    @Test
    void failsWithTheCommandsOwnWordsWhereAFaultLasts() throws Exception {
        List<Fault> faults = List.of(Fault.parse("h2:kubeadm-join:fail"));
        try (Rehearsal rehearsal = start(Clusters.of(1, 1, Cluster.RuntimeName.DOCKER, Clusters.root()), faults, Family.YUM);
                Engine engine = runs.engine(rehearsal)) {
            assertThat(runs.run(engine, rehearsal.cluster(), TestActions.APPLY)).as(runs::details).isEqualTo("failed");
            assertThat(runs.events()).anySatisfy(event -> {
                assertThat(event.step()).contains("kubeadm-join");
                assertThat(event.host()).contains("h2");
                assertThat(event.message()).contains("rehearsed fault");
            });
            assertThat(retries("h2", "kubeadm-join")).isZero();
        }
    }

    @Tag("long")
    @Test
    void whatAPodDoesNotReachIsNamedWithItsNodeAndTheProbesAreGone() throws Exception {
        List<Fault> faults = List.of(Fault.parse("h2:probe:fail"));
        try (Rehearsal rehearsal = start(Clusters.of(1, 1, Cluster.RuntimeName.CONTAINERD, Clusters.root()), faults, Family.YUM);
                Engine engine = runs.engine(rehearsal, Map.of("caravan.probe.seconds", "5"))) {
            assertThat(runs.run(engine, rehearsal.cluster(), TestActions.APPLY)).as(runs::details).isIn("failed", "rolled-back");
            assertThat(runs.events()).filteredOn(event -> event.is(StepEnded.class) && event.step().equals(Optional.of("verify")))
                    .singleElement()
                    .satisfies(event -> assertThat(event.message()).startsWith("probe on h2: a pod on h2 does not reach 4 of 4")
                            .contains("the pod on h1 at 10.244.", "rehearsed fault"));
            assertThat(retries("h2", "probe")).isZero();
            assertThat(runs.events()).anySatisfy(event -> assertThat(event.step()).contains("probe-stop"));
            assertThat(scratch.directory().resolve("shared/probes")).doesNotExist();
            assertThat(rehearsal.host("h1").root().resolve("proc/4100")).doesNotExist();
        }
    }

    @Tag("long")
    @Test
    void everyStepCanMeetAFaultAndThoseThatNothingMetAreNamed() throws Exception {
        List<Fault> faults = List.of(Fault.parse("h2:facts:busy"), Fault.parse("h1:kubeconfig-fetch:busy"),
                Fault.parse("h1:network-prepare:slow*2"), Fault.parse("h2:verify:busy*2"), Fault.parse("h2:kubeadm-jion:fail"));
        try (Rehearsal rehearsal = start(Clusters.of(1, 1, Cluster.RuntimeName.CONTAINERD, Clusters.root()), faults, Family.APT);
                Engine engine = runs.engine(rehearsal)) {
            assertThat(rehearsal.faultsNotMet()).containsExactlyElementsOf(faults);
            assertThat(runs.run(engine, rehearsal.cluster(), TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            assertThat(retries("h2", "facts")).isEqualTo(1);
            assertThat(retries("h1", "kubeconfig-fetch")).isEqualTo(1);
            assertThat(rehearsal.faultsNotMet()).containsExactly(Fault.parse("h2:kubeadm-jion:fail"));
        }
    }

    @Test
    void aFaultOfAHostThatTheSpecDoesNotHaveIsRefused() {
        assertThatThrownBy(() -> start(Clusters.of(1, 1, Cluster.RuntimeName.DOCKER, Clusters.root()),
                List.of(Fault.parse("h9:facts:fail")), Family.YUM))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("h9")
                .hasMessageContaining("h1, h2");
    }

    private long retries(String host, String step) {
        return runs.events().stream()
                .filter(event -> event.is(StepRetried.class) && event.host().equals(Optional.of(host))
                        && event.step().equals(Optional.of(step)))
                .count();
    }

    private Rehearsal start(Cluster cluster, List<Fault> faults, Family family) throws Exception {
        return Rehearsal.start(cluster, faults, scratch.directory(), Rehearsal.Options.usual().withFamily(family).withPace(0));
    }
}
