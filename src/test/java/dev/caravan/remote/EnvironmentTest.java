package dev.caravan.remote;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.lifecycle.AfterProperty;
import net.jqwik.api.lifecycle.BeforeProperty;

/** Any environment reaches a script as it is, through the real run.sh, in the shells that hosts have as {@code sh}. */
class EnvironmentTest {
    private Path directory;

    @BeforeProperty
    void make() throws IOException {
        directory = Files.createTempDirectory("caravan-environment");
    }

    @AfterProperty
    void remove() throws IOException {
        try (var paths = Files.walk(directory)) {
            paths.sorted(java.util.Comparator.reverseOrder()).forEach(path -> {
                try {
                    Files.delete(path);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }

    @Property(tries = 20, shrinking = ShrinkingMode.BOUNDED)
    void everyValueArrivesInDash(@ForAll("environments") Map<String, String> environment) throws IOException {
        assertArrives("/bin/dash", environment);
    }

    @Property(tries = 20, shrinking = ShrinkingMode.BOUNDED)
    void everyValueArrivesInBash(@ForAll("environments") Map<String, String> environment) throws IOException {
        assertArrives("/bin/bash", environment);
    }

    /* What shells treat in a way of their own: quoting, globbing, line ends, and the bytes that dash uses as marks. */
    @Example
    void theUsualSuspectsArrive() throws IOException {
        StringBuilder everyByteOfUtf8 = new StringBuilder();
        for (int point = 1; point < 0x900; point++) {
            everyByteOfUtf8.appendCodePoint(point);
        }
        Map<String, String> environment = new LinkedHashMap<>();
        List.of("", " ", "\n", "\n\n", " \n ", "=", "=A", "\n=A", "$(id)", "`id`", "'", "\"", "\\", "\\n", "a\\\nb", "\r", "\r\n", "\t",
                "*", "~", "-n", "EOF\n", "é\u0081Á\u20ac\ud83d\ude80",
                everyByteOfUtf8.toString()).forEach(value -> environment.put("V" + environment.size(), value));
        for (String name : List.of("name", "value", "first", "line", "code", "n", "id", "step", "known", "b", "d", "x", "_a", "A1")) {
            environment.put(name, "value of " + name);
        }
        assertArrives("/bin/dash", environment);
        assertArrives("/bin/bash", environment);
    }

    private void assertArrives(String shell, Map<String, String> environment) throws IOException {
        Assume.that(Files.isExecutable(Path.of(shell)));
        Path host = Files.createTempDirectory(directory, "host");
        Path bin = Files.createDirectories(host.resolve("bin"));
        Files.createSymbolicLink(bin.resolve("sh"), Path.of(shell));
        Map<String, String> sent = new LinkedHashMap<>(environment);
        sent.put("CARAVAN_STEP", "look");
        LocalHost local = new LocalHost(host, Map.of("PATH", bin + ":" + System.getenv("PATH")));

        LocalHost.Said said = local.launch(new HostOrder.Launch("7f3a-1", "look", 0, List.of(), sent, "env -0 > \"$CARAVAN_ROOT/seen\"\n",
                Map.of(), new byte[0], 60_000));

        assertThat(said.report().status()).isEqualTo("0");
        Map<String, String> seen = new LinkedHashMap<>();
        for (String entry : Files.readString(host.resolve("seen"), StandardCharsets.UTF_8).split("\0")) {
            seen.put(entry.substring(0, entry.indexOf('=')), entry.substring(entry.indexOf('=') + 1));
        }
        assertThat(seen).containsAllEntriesOf(environment);
    }

    @Provide
    Arbitrary<Map<String, String>> environments() {
        Arbitrary<String> characters = Arbitraries.strings().withCharRange('\u0001', '\ud7ff').ofMaxLength(12);
        Arbitrary<String> awkward = Arbitraries.strings().withChars("\n\r\t =\\'\"$`*;&#%-").withCharRange('\u0080', '\u008f')
                .ofMaxLength(12);
        Arbitrary<String> names = Arbitraries.strings().withChars("abcdefghijklmnopqrstuvwxyz_").ofMinLength(1).ofMaxLength(6)
                .map(name -> "v" + name);
        return Arbitraries.maps(names, Arbitraries.oneOf(characters, awkward)).ofMinSize(5).ofMaxSize(25);
    }
}
