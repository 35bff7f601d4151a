package dev.caravan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Commands that are to do exactly what a plan said. */
class ApprovedPlanCommandTest {
    private static final String SPEC = """
            apiVersion: caravan/v1
            kind: Cluster
            metadata: {name: demo}
            spec:
              kubernetes: {version: 1.20.2}
              ssh: {user: root, port: 1}
              hosts: [{name: h1, address: 127.0.0.1, roles: [control-plane]}]
            """;

    @TempDir
    private Path directory;

    @RegisterExtension
    final Console console = new Console();

    private int caravan(String... words) {
        List<String> all = new ArrayList<>(List.of(words));
        all.addAll(List.of("--data", directory.resolve("data").toString()));
        return CaravanCommand.execute(all.toArray(String[]::new));
    }

    @Test
    void aPlanThatTheJournalDoesNotHaveIsRefusedAndTheWayOutWorksAsPrinted() throws Exception {
        Path spec = Files.writeString(directory.resolve("spec.yaml"), SPEC);
        assertThat(caravan("apply", "-f", spec.toString(), "--plan", "3d7d9d55", "--output", "plain")).isEqualTo(3);
        assertThat(console.out()).contains("demo was refused by check-plan", "the journal has no run 3d7d9d55")
                .containsPattern("caravan plan -f\\s+" + spec + "\\s+--data\\s+" + directory.resolve("data"));
    }

    /** Rehearsal: each run begins with bare hosts, so the same spec finds the same world. */
    @Tag("long")
    @Test
    void theSameSpecIsAppliedAndAnotherIsRefused() throws Exception {
        Path spec = Files.writeString(directory.resolve("spec.yaml"), SPEC);
        String rehearse = "rehearse " + spec + " --pace 0 --output json --action ";
        assertThat(caravan((rehearse + "plan").split(" "))).isZero();
        Matcher id = Pattern.compile("\"run\":\"([0-9a-f]{8})\"").matcher(console.out());
        assertThat(id.find()).isTrue();
        assertThat(caravan((rehearse + "apply --set plan=" + id.group(1)).split(" "))).as(console.out()).isZero();
        Files.writeString(spec, SPEC.replace("1.20.2", "1.20.4"));
        console.forget();
        assertThat(caravan((rehearse + "apply --set plan=" + id.group(1)).split(" "))).isEqualTo(3);
        assertThat(console.out()).contains("version: 1.20.2", "version: 1.20.4");
    }
}
