package dev.caravan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.testkit.Serving;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** {@code clusters} and {@code kubeconfig}, after rehearsals. */
class ClustersCommandTest {
    private static final String SPEC = "examples/three-nodes.yaml";

    @TempDir
    private Path directory;

    @RegisterExtension
    final Console console = new Console();

    /** What is printed; the command looks at the journal of rehearsals. */
    private String rehearsed(int status, String... words) {
        console.forget();
        String[] all = Arrays.copyOf(words, words.length + 2);
        all[words.length] = "--data";
        all[words.length + 1] = directory.resolve("rehearsal").toString();
        assertThat(CaravanCommand.execute(all)).as(console.err()).isEqualTo(status);
        return console.out();
    }

    private void rehearse(String spec, String... words) {
        String[] all = Arrays.copyOf(words, words.length + 7);
        System.arraycopy(new String[] {spec, "--pace", "0", "--output", "quiet", "--data", directory.toString()}, 0, all, words.length, 7);
        assertThat(CaravanCommand.execute(all)).as(console.err()).isZero();
    }

    @Tag("long")
    @Test
    void aClusterIsListedWithWhatRunsSawOfIt() throws Exception {
        assertThat(rehearsed(0, "clusters")).as("no cluster yet").hasLineCount(1);
        rehearse(SPEC, "rehearse");
        assertThat(rehearsed(0, "clusters").lines().skip(1)).singleElement().asString().matches(
                "\\S+ +\\d+\\.\\d+\\.\\d+ +3 +- +0 +[0-9a-f]{8}  .*  apply succeeded \\(rehearsal\\)");
        assertThat(rehearsed(0, "clusters", "--output", "json")).contains("\"nodes\":[{\"name\":").contains("\"kubeconfig\":true");
        rehearse(SPEC, "rehearse", "--plan");
        assertThat(rehearsed(0, "clusters").lines().skip(1)).as("the plan saw other, bare hosts").singleElement().asString()
                .matches("\\S+ +- +0 +- +0 +[0-9a-f]{8}  .*  plan succeeded \\(rehearsal\\)");
    }

    @Tag("long")
    @Test
    void theKubeconfigIsPrintedAsItIs() throws Exception {
        Path spec = Files.writeString(directory.resolve("spec.yaml"), Serving.spec("demo", "192.0.2.1"));
        rehearse(spec.toString(), "rehearse");
        String name = rehearsed(0, "clusters").lines().skip(1).findFirst().orElseThrow().split(" ")[0];
        assertThat(rehearsed(0, "kubeconfig", name))
                .isEqualTo(Files.readString(directory.resolve("rehearsal/clusters").resolve(name).resolve("kubeconfig")));
        rehearsed(2, "kubeconfig", "nosuch");
        assertThat(console.err()).contains("has no kubeconfig of a cluster nosuch").contains("caravan clusters");
        rehearsed(2, "kubeconfig", "../" + name);
    }
}
