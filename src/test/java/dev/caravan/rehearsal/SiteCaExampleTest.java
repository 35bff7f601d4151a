package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.Engine;
import dev.caravan.engine.EngineOptions;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.packages.Family;
import dev.caravan.run.TestActions;
import dev.caravan.spec.Cluster;
import dev.caravan.testkit.Clusters;
import dev.caravan.testkit.RehearsedRuns;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Rehearsal: {@code examples/site-ca}, a site's own step on every host, added with two files and no Java. */
class SiteCaExampleTest {
    private static final Path EXAMPLE = Path.of("examples", "site-ca");

    @RegisterExtension
    final Scratch scratch = new Scratch();

    private final RehearsedRuns runs = new RehearsedRuns(scratch);

    @Tag("long")
    @Test
    void bringsTheCertificateToEveryHostBeforeAnythingElseAndOnlyOnce() throws Exception {
        try (Rehearsal rehearsal = Rehearsal.start(Clusters.of(1, 1, Cluster.RuntimeName.DOCKER, Clusters.root()), List.of(),
                        scratch.directory().resolve("hosts"), new Rehearsal.Options(Family.YUM, Map.of("h2", Family.APT), 0));
                Engine engine = runs.engine(new EngineOptions(runs.data(), Optional.of(EXAMPLE.resolve("routes")), false, true,
                        rehearsal::target, Map.of()))) {
            assertThat(runs.run(engine, rehearsal.cluster(), TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            assertThat(states("site-ca")).containsOnlyKeys("h1", "h2").containsValue("changed").doesNotContainValue("ok");
            for (String host : List.of("h1", "h2")) {
                assertThat(stepsOf(host)).as(host).containsSubsequence("facts", "site-ca", "os-prepare", "kube-install");
            }
            runs.events().clear();
            assertThat(runs.run(engine, rehearsal.cluster(), TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            assertThat(states("site-ca")).containsOnlyKeys("h1", "h2").doesNotContainValue("changed");
        }
    }

    private Map<String, String> states(String step) {
        return runs.events().stream()
                .flatMap(event -> event.as(StepEnded.class).stream()).filter(ended -> ended.step().equals(step))
                .collect(java.util.stream.Collectors.toMap(ended -> ended.host().orElseThrow(), ended -> ended.state().word()));
    }

    private List<String> stepsOf(String host) {
        return runs.events().stream()
                .filter(event -> event.is(StepEnded.class) && event.host().equals(Optional.of(host)))
                .map(event -> event.step().orElseThrow())
                .toList();
    }
}
