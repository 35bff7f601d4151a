package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.Engine;
import dev.caravan.history.Finding;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.spec.Cluster;
import dev.caravan.testkit.Clusters;
import dev.caravan.testkit.RehearsedRuns;
import dev.caravan.testkit.RehearsedRuns.Ended;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Rehearsal: the manifest of the spec's network is not there. It is missed before hosts are changed, not after the cluster is built. */
class MissingManifestRehearsalTest {
    @RegisterExtension
    final Scratch scratch = new Scratch();

    private final RehearsedRuns runs = new RehearsedRuns(scratch);

    @Test
    void theRunIsRefusedBeforeItChangesAHost() throws Exception {
        Path manifest = scratch.parent().resolve("network.yaml");
        Cluster bare = Clusters.of(1, 0, "1.37.2", Cluster.RuntimeName.CONTAINERD, Clusters.root());
        Cluster cluster = new Cluster(bare.name(), bare.kubernetes(), bare.packages(), bare.runtime(),
                new Cluster.Network(Cluster.Cni.NONE, Optional.of(manifest.toString())), bare.hosts(), bare.onFailure());
        try (Rehearsal rehearsal = Rehearsal.start(cluster, List.of(), scratch.directory(), Rehearsal.Options.usual().withPace(0));
                Engine engine = runs.engine(rehearsal)) {
            Ended ended = runs.run(engine, cluster, "apply");

            assertThat(ended.state()).as(ended.details()).isEqualTo("refused");
            assertThat(ended.events().get(ended.events().size() - 1).as(RunEnded.class).orElseThrow().findings())
                    .extracting(Finding::problem).anyMatch(problem -> problem.contains(manifest.toString()));
            assertThat(ended.changed()).isEmpty();
            Set<String> steps = ended.events().stream().flatMap(event -> event.step().stream()).collect(Collectors.toSet());
            assertThat(steps).contains("facts", "preflight").doesNotContain("os-prepare", "kubeadm-init");
        }
    }
}
