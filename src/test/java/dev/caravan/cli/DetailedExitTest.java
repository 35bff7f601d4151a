package dev.caravan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.history.ExitStatus;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The exit status of plans, over simulated hosts. */
class DetailedExitTest {
    @TempDir
    private Path directory;

    @RegisterExtension
    final Console console = new Console();

    private int caravan(String words) {
        List<String> all = new ArrayList<>(List.of(words.split(" ")));
        all.addAll(List.of("--data", directory.resolve("data").toString()));
        return CaravanCommand.execute(all.toArray(String[]::new));
    }

    @Tag("long")
    @Test
    void aPlanThatShowsAChangeEndsWithEightIfThatIsAskedFor() {
        String plan = "rehearse examples/three-nodes.yaml --plan --pace 0 --output quiet";
        assertThat(caravan(plan)).isZero();
        assertThat(caravan(plan + " --detailed-exitcode")).isEqualTo(8);
    }

    @Test
    void aPlanThatShowsNoChangeEndsWithZero() throws Exception {
        Path actions = Files.createDirectories(directory.resolve("routes/actions"));
        Files.writeString(actions.resolve("look.camel.yaml"), """
                - route:
                    id: look
                    description: Only looks at the hosts.
                    note: |
                      title: Look
                      changesHosts: false
                    routeConfigurationId: workflow-errors
                    from:
                      uri: direct:look
                      steps:
                        - to: direct:gather-facts
                """);
        assertThat(caravan("rehearse examples/three-nodes.yaml --action look --pace 0 --output quiet --detailed-exitcode --routes "
                + directory.resolve("routes"))).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"run apply examples/three-nodes.yaml", "rehearse examples/three-nodes.yaml"})
    void whatIsNoPlanDoesNotTakeIt(String command) {
        assertThat(caravan(command + " --detailed-exitcode")).isEqualTo(ExitStatus.WRONG.code());
        assertThat(console.err()).contains("--detailed-exitcode is for plans, and apply is none");
    }
}
