package dev.caravan.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StepTitlesTest {
    @Test
    void tellsTheBuiltInStepsApart() {
        assertThat(StepTitles.of(List.of("facts", "preflight", "os-prepare", "package-repository", "runtime-install",
                "kube-install", "images-pull", "kubeadm-init", "join-credentials", "kubeadm-join", "network", "verify"), 4))
                .containsExactly("fact", "pref", "os-p", "pack", "runt", "inst", "imag", "init", "cred", "join", "netw", "veri");
        assertThat(StepTitles.of(List.of("os-prepare", "runtime-install", "kube-install", "network-prepare", "images-pull", "kubeadm-init",
                "kubeconfig-fetch", "join-credentials", "kubeadm-join", "network", "label-nodes"), 4))
                .containsExactly("os-p", "runt", "inst", "prep", "imag", "init", "fetc", "cred", "join", "netw", "labe");
    }

    @Test
    void neverGivesTwoStepsOneTitle() {
        List<String> alike = IntStream.range(0, 300).mapToObj(i -> "install-part").toList();
        assertThat(StepTitles.of(alike, 4)).doesNotHaveDuplicates().allMatch(title -> title.length() <= 4);
    }
}
