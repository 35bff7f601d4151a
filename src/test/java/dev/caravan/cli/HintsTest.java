package dev.caravan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Commands that output names, after a rehearsal that fails. */
class HintsTest {
    @TempDir
    private Path directory;

    @RegisterExtension
    final Console console = new Console();

    @Tag("long")
    @Test
    void theCommandThatShowsTheLogWorksAsItIsPrinted() {
        String data = directory.resolve("data").toString();
        assertThat(CaravanCommand.execute("rehearse", "examples/three-nodes.yaml", "--fault", "h1:runtime-install:fail", "--pace", "0",
                "--output", "quiet", "--data", data)).isEqualTo(4);
        Matcher hint = Pattern.compile("Log: `caravan ([^`]+)`").matcher(console.out());
        assertThat(hint.find()).as(console.out()).isTrue();
        assertThat(hint.group(1)).matches("logs [0-9a-f]{8} --data " + Pattern.quote(data) + " --host h1 --step runtime-install");
        console.forget();
        assertThat(CaravanCommand.execute(hint.group(1).split(" "))).as(console.err()).isZero();
        assertThat(console.out()).isNotBlank();
    }
}
