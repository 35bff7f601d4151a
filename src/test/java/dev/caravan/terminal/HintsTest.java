package dev.caravan.terminal;

import dev.caravan.spec.ShellWord;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class HintsTest {
    @Test
    void everyCommandAboutARunGetsTheOptionsBehindTheRun() {
        Hints hints = new Hints("--data /srv/data");
        assertThat(hints.in("see `caravan logs 3d7d9d55 --step facts`, or caravan rollback-run 3d7d9d55 rolls it back"))
                .isEqualTo("see `caravan logs 3d7d9d55 --data /srv/data --step facts`, or caravan rollback-run 3d7d9d55 --data /srv/data "
                        + "rolls it back");
        assertThat(hints.in("caravan logs, step probe; caravan serve; caravan logs 3d7d9d55 --data x"))
                .isEqualTo("caravan logs, step probe; caravan serve; caravan logs 3d7d9d55 --data x");
        assertThat(Hints.NONE.in("caravan logs 3d7d9d55")).isEqualTo("caravan logs 3d7d9d55");
    }

    @Test
    void aCommandAboutTheSpecNamesItsFile() {
        String text = "gone for good: caravan force-unlock -f SPEC --set run=3d7d9d55";
        assertThat(new Hints("--data /srv/data").about(Path.of("my specs/demo.yaml")).in(text))
                .isEqualTo("gone for good: caravan force-unlock -f 'my specs/demo.yaml' --data /srv/data --set run=3d7d9d55");
        assertThat(Hints.NONE.about(Path.of("spec.yaml")).in(text)).isEqualTo(text.replace("SPEC", "spec.yaml"));
        assertThat(Hints.NONE.in(text)).isEqualTo(text);
    }

    @Test
    void aWordIsQuotedWhereAShellWouldReadItDifferently() {
        assertThat(ShellWord.of("/srv/data")).isEqualTo("/srv/data");
        assertThat(ShellWord.of("my data's")).isEqualTo("'my data'\\''s'");
        assertThat(ShellWord.of("")).isEqualTo("''");
    }
}
