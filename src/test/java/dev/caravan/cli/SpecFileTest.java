package dev.caravan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.history.ExitStatus;
import dev.caravan.testkit.Serving;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** How commands are given their spec. */
class SpecFileTest {
    @TempDir
    private Path directory;

    @RegisterExtension
    final Console console = new Console();

    private String refused(String command, String... more) {
        console.forget();
        List<String> words = new ArrayList<>(List.of(command.split(" ")));
        words.addAll(List.of(more));
        if (!command.equals("validate")) {
            words.addAll(List.of("--data", directory.resolve("data").toString()));
        }
        assertThat(CaravanCommand.execute(words.toArray(String[]::new))).isEqualTo(ExitStatus.WRONG.code());
        return console.err();
    }

    @ParameterizedTest
    @ValueSource(strings = {"validate", "apply", "plan", "reset", "backup", "backups", "restore --set backup=x", "certificates",
        "renew-certificates", "run apply", "rehearse"})
    void aSpecIsAnArgumentOrFollowsTheOption(String command) {
        assertThat(refused(command, "nosuch.yaml")).isEqualTo("caravan: cannot read nosuch.yaml: there is no such file\n")
                .isEqualTo(refused(command, "-f", "nosuch.yaml")).isEqualTo(refused(command, "--file=nosuch.yaml"));
        assertThat(refused(command)).startsWith("caravan: the spec is missing");
        assertThat(refused(command, "one.yaml", "-f", "two.yaml")).contains("given twice, as one.yaml and with -f two.yaml");
    }

    @Test
    void aRollbackTakesTheRunAndThenTheSpec() {
        CommandLine rollback = CaravanCommand.commandLine().parseArgs("rollback-run", "7f3a", "spec.yaml").subcommand().commandSpec()
                .commandLine();
        assertThat(rollback.getParseResult().matchedPositionals()).extracting(parameter -> parameter.getValue().toString())
                .containsExactly("7f3a", "spec.yaml");
    }

    @Test
    void aValidSpecGivenAsAnArgumentIsRead() throws Exception {
        Path spec = directory.resolve("spec.yaml");
        Files.writeString(spec, Files.readString(Path.of("examples", "three-nodes.yaml")).replace("~/.ssh/id_ed25519", "key"));
        assertThat(CaravanCommand.execute("validate", spec.toString())).isEqualTo(ExitStatus.WRONG.code());
        assertThat(console.err()).contains(spec + ":22:").contains("the private key " + directory.resolve("key") + " is missing");
        Files.createFile(directory.resolve("key"));
        assertThat(CaravanCommand.execute("validate", spec.toString())).isZero();
        assertThat(console.out()).startsWith(spec + " is valid: cluster ").contains(", 3 hosts");
    }

    @Test
    void oneHostIsCountedAsOne() throws Exception {
        Path spec = Files.writeString(directory.resolve("one.yaml"), Serving.spec("demo", "192.0.2.1"));
        assertThat(CaravanCommand.execute("validate", spec.toString())).isZero();
        assertThat(console.out()).endsWith(", 1 host\n");
    }
}
