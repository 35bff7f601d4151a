package dev.caravan.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AllowedTest {
    @TempDir
    Path directory;

    private Path open;
    private Expansion expansion;

    @BeforeEach
    void files() throws Exception {
        open = Files.createDirectories(directory.resolve("open"));
        Files.writeString(open.resolve("password"), "from-file");
        Files.writeString(directory.resolve("closed"), "closed");
        Files.createSymbolicLink(open.resolve("link"), directory.resolve("closed"));
        Files.createDirectories(directory.resolve("home/.ssh/below"));
        Map<String, String> environment = Map.of("SITE_PASSWORD", "from-environment", "SUDO", "sudo", "SUDOKU", "not");
        expansion = Expansion.in(directory, environment::get, directory.resolve("home"))
                .confinedTo(Allowed.of("env:SITE_*, env:SUDO ,file:" + open + ",,"));
    }

    @ParameterizedTest
    @CsvSource({"${env:SITE_PASSWORD},from-environment", "${env:SUDO},sudo", "${file:open/password},from-file",
            "${file:./open/../open/password},from-file"})
    void whatIsNamedMayBeRead(String text, String value) throws Exception {
        assertThat(expansion.expand(text)).isEqualTo(value);
    }

    @ParameterizedTest
    @ValueSource(strings = {"${env:SUDOKU}", "${env:PATH}", "${file:closed}", "${file:open/../closed}", "${file:open/link}",
        "${file:opened}", "${file:/etc/passwd}", "${file:http://../open/../closed}", "${file:no-such-file}"})
    void nothingElseMayNorIsSaidWhetherItIsThere(String text) {
        assertThatThrownBy(() -> expansion.expand(text)).isInstanceOf(Expansion.NotExpanded.class).hasMessageContaining("may not name");
    }

    @Test
    void filesThatAreReadInASpecsSteadAreConfinedAsWell() {
        assertThat(expansion.mayName("knownHosts", "~/.ssh/known_hosts")).isFalse();
        assertThat(expansion.mayName("manifest", "https://example.com/network.yaml")).isTrue();
        assertThat(expansion.mayName("manifest", open + "/network.yaml")).isTrue();
        assertThat(expansion.mayName("manifest", "closed")).isFalse();
        assertThat(expansion.mayName("manifest", "x://../closed")).isFalse();
    }

    @Test
    void nothingIsAllowedByDefault() {
        assertThat(Allowed.of("")).isEqualTo(Allowed.NOTHING);
    }

    @ParameterizedTest
    @ValueSource(strings = {"SUDO", "env:", "env:A-B", "env:*", "file:relative", "any:thing"})
    void whatCannotBeReadIsAnError(String setting) {
        assertThatThrownBy(() -> Allowed.of(setting)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(setting)
                .hasMessageContaining("env:NAME");
    }
}
