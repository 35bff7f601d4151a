package dev.caravan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.actions.Actions;
import dev.caravan.routes.RouteFiles;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The line that a command begins with on a terminal. */
class StartingTest {
    @ParameterizedTest
    @ValueSource(strings = {"apply -f spec.yaml", "rehearse -f spec.yaml --output plain", "run reboot-hosts", "serve --port 1"})
    void aCommandThatShowsNothingForSecondsSaysThatItStarts(String line) {
        assertThat(Starting.line(List.of(line.split(" ")))).contains("caravan " + line.split(" ")[0] + ": starting");
    }

    @Test
    void noCommandIsServe() {
        assertThat(Starting.line(List.of())).contains("caravan serve: starting");
        assertThat(Starting.line(List.of("--port", "8090"))).contains("caravan serve: starting");
    }

    @ParameterizedTest
    @ValueSource(strings = {"validate -f spec.yaml", "runs", "--help", "--version", "apply --help", "apply -f s --output json",
            "apply --output=quiet -f s"})
    void otherCommandsSayNothing(String line) {
        assertThat(Starting.line(List.of(line.split(" ")))).isEmpty();
    }

    @Test
    void everyBuiltInActionIsKnown() {
        assertThat(Actions.of(RouteFiles.builtIn()).all()).allSatisfy(action ->
                assertThat(Starting.line(List.of(action.name()))).as(action.name()).isPresent());
    }
}
