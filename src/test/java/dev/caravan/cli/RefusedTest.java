package dev.caravan.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.history.ExitStatus;
import dev.caravan.routes.RouteFiles;
import dev.caravan.spec.SpecReader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** What a command is given and cannot work with: one message, no stack trace, exit status 2. */
class RefusedTest {
    @TempDir
    Path directory;

    /** What is said on standard error; the exit status is 2. */
    private String said(String... arguments) {
        StringWriter err = new StringWriter();
        CommandLine caravan = CaravanCommand.commandLine().setErr(new PrintWriter(err, true));
        caravan.getSubcommands().values().forEach(each -> each.setErr(new PrintWriter(err, true)));
        assertThat(caravan.execute(arguments)).as(err.toString()).isEqualTo(ExitStatus.WRONG.code());
        return err.toString();
    }

    @Test
    void aRouteThatLeadsNowhereIsOneMessageWithFileAndLine() throws Exception {
        String apply = RouteFiles.builtIn().text("actions/apply.camel.yaml").orElseThrow();
        Files.createDirectories(directory.resolve("routes/actions"));
        Files.writeString(directory.resolve("routes/actions/apply.camel.yaml"), apply.replace("direct:preflight", "direct:prefligth"));
        long line = apply.lines().takeWhile(each -> !each.contains("direct:preflight")).count() + 1;
        String said = said("plan", "-f", Path.of("examples", "three-nodes.yaml").toString(), "--data", directory.resolve("data").toString(),
                "--routes", directory.resolve("routes").toString());
        assertThat(said.lines()).singleElement().asString()
                .matches("caravan: .*routes/actions/apply\\.camel\\.yaml, line " + line + ": no route begins with direct:prefligth; "
                        + "did you mean direct:preflight\\?");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "node-9:kubeadm-join:fail|there is no host node-9; there are ",
        "FIRST:join:fail|there is no step join; did you mean join-credentials or kubeadm-join?",
        "FIRST:kubeadm-jion:drop|there is no step kubeadm-jion; did you mean kubeadm-join?",
        "FIRST:nonsense:slow|there is no step nonsense; there are ",
    })
    void aFaultThatNothingCanMeetIsRefusedBeforeAnythingBegins(String fault, String why) throws Exception {
        Path spec = Path.of("examples", "three-nodes.yaml");
        String first = SpecReader.read(spec).hosts().get(0).name();
        assertThat(said("rehearse", spec.toString(), "--data", directory.toString(), "--fault", fault.replace("FIRST", first)))
                .contains(why);
        assertThat(directory.resolve("rehearsal/journal.db")).doesNotExist();
    }

    @Test
    void aDataDirectoryThatCannotBeOneIsNamedWithTheReason() throws Exception {
        Path file = Files.writeString(directory.resolve("file"), "");
        assertThat(said("runs", "--data", file.toString())).contains(file + " is not a directory; name another directory with --data")
                .doesNotContain("Exception");

        Path damaged = Files.createDirectories(directory.resolve("damaged"));
        Files.write(damaged.resolve("journal.db"), new byte[9000]);
        assertThat(said("runs", "--data", damaged.toString())).contains("journal.db is damaged").doesNotContain("Exception");
    }

    @Test
    void anInboxThatCannotBeOneIsRefused() throws Exception {
        Path file = Files.writeString(directory.resolve("file"), "");
        assertThatThrownBy(() -> ServeCommand.requireInbox(file)).isInstanceOf(UserError.class).hasMessageContaining("is not a directory");
        assertThatThrownBy(() -> ServeCommand.requireInbox(file.resolve("below"))).isInstanceOf(UserError.class)
                .hasMessageContaining("cannot be made");
        ServeCommand.requireInbox(directory.resolve("inbox"));
        assertThat(directory.resolve("inbox")).isDirectory();
        ServeCommand.requireInbox(Files.createSymbolicLink(directory.resolve("link"), directory.resolve("inbox")));
    }

    @ParameterizedTest
    @CsvSource({"nosuch, ''", "applly, Did you mean: caravan apply?", "rol, ''", "--dtaa, Did you mean: caravan --data?"})
    void onlyANearWordIsSuggested(String word, String suggestion) {
        String said = said(word);
        assertThat(said.lines().filter(line -> line.startsWith("Did you mean")).findFirst().orElse("")).isEqualTo(suggestion);
    }
}
