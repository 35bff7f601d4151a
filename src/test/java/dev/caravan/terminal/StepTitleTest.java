package dev.caravan.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.routes.RouteFiles;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StepTitleTest {
    private static final String STEPS = "steps/";

    @ParameterizedTest
    @CsvSource({"images-pull, imag, pull", "os-prepare, os, prep", "kubeadm-init, kube, init", "control-plane-ready, cont, read",
            "verify, veri, fy", "undo, undo, ''", "preflight, pref, ligh"})
    void isTheBeginningOfTheFirstAndOfTheLastWord(String step, String above, String below) {
        assertThat(StepTitle.of(step, 4)).isEqualTo(new StepTitle(above, below));
    }

    @Test
    void theBuiltInStepsHaveDifferentOnes() {
        List<String> steps = RouteFiles.builtIn().all().keySet().stream().filter(name -> name.startsWith(STEPS))
                .map(name -> name.substring(STEPS.length()).replace(".camel.yaml", "")).toList();
        assertThat(steps).hasSizeGreaterThan(20);
        assertThat(steps.stream().map(step -> Map.entry(StepTitle.of(step, 4), step)).toList())
                .extracting(Map.Entry::getKey).doesNotHaveDuplicates();
    }
}
