package dev.caravan.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterTry;
import net.jqwik.api.lifecycle.BeforeTry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class StepLogTest {
    private static final String MARK = Launcher.LOG_MARK + "\n";

    private Path file;
    private StepLog log;
    private final List<String> doing = new ArrayList<>();

    @BeforeEach
    @BeforeTry
    void open() throws IOException {
        file = Files.createTempDirectory("caravan-log").resolve("h1/os-prepare.log");
        doing.clear();
        log = new StepLog(file, text -> text.replace("hunter22", "***"), line -> { });
        log.attach(doing::add);
    }

    @AfterEach
    @AfterTry
    void remove() throws IOException {
        if (Files.isDirectory(file.getParent())) {
            Files.deleteIfExists(file);
        }
        Files.deleteIfExists(file.getParent());
        Files.deleteIfExists(file.getParent().getParent());
    }

    private void arrive(String text) {
        log.accept(text.getBytes(StandardCharsets.UTF_8));
    }

    private String kept() {
        try {
            return Files.exists(file) ? Files.readString(file) : "";
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Property(tries = 200)
    void whereverTheChunksEndTheLogIsTheSame(@ForAll("texts") String text, @ForAll("cuts") List<Integer> cuts) {
        byte[] sent = ("banner of a login shell\n" + MARK + text).getBytes(StandardCharsets.UTF_8);
        int at = 0;
        for (int size : cuts) {
            int end = Math.min(sent.length, at + size);
            log.accept(Arrays.copyOfRange(sent, at, end));
            at = end;
        }
        log.accept(Arrays.copyOfRange(sent, at, sent.length));
        int wholeLines = text.substring(0, text.lastIndexOf('\n') + 1).getBytes(StandardCharsets.UTF_8).length;
        assertThat(log.known()).isEqualTo(wholeLines);
        log.end();
        assertThat(kept()).isEqualTo(text.isEmpty() || text.endsWith("\n") ? text : text + "\n");
    }

    @Provide
    Arbitrary<String> texts() {
        return Arbitraries.strings().withChars("ab =\nä€\t").withCharRange('\u3040', '\u3050').ofMaxLength(60);
    }

    @Provide
    Arbitrary<List<Integer>> cuts() {
        return Arbitraries.integers().between(1, 9).list().ofMaxSize(40);
    }

    @Test
    void theFileAndWhatIsMadeForItAreForTheirOwnerOnly() throws IOException {
        arrive(MARK + "line\n");

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file))).isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file.getParent()))).isEqualTo("rwx------");
    }

    @Test
    void knowsNothingBeforeItsMark() {
        arrive("Last login: yesterday\n== not a step\ncaravan-log of somebody else\n");

        assertThat(log.known()).isZero();
        assertThat(kept()).isEmpty();
        assertThat(doing).isEmpty();
    }

    @Test
    void handsOnWhatTheScriptIsDoing() {
        arrive(MARK + "== downloading\n  50%\n== unpacking\r\n");

        assertThat(doing).containsExactly("downloading", "unpacking");
        assertThat(log.lastLines(9)).containsExactly("  50%");
        assertThat(kept()).isEqualTo("== downloading\n  50%\n== unpacking\n");
    }

    @Test
    void takesCarriageReturnsFromLineEndsButCountsThem() {
        arrive(MARK + "one\r\ntwo\r\n");

        assertThat(kept()).isEqualTo("one\ntwo\n");
        assertThat(log.known()).isEqualTo("one\r\ntwo\r\n".length());
    }

    @Test
    void showsNoSecretAnywhere() {
        arrive(MARK + "password hun");
        arrive("ter22 given\n== trying hunter22\nhunter22");
        log.end();

        assertThat(kept()).isEqualTo("password *** given\n== trying ***\n***\n");
        assertThat(doing).containsExactly("trying ***");
        assertThat(log.lastLines(9)).containsExactly("password *** given", "***");
    }

    @Test
    void takesAllThatComesOfAStepThatItsHostBeganAgain() {
        arrive(MARK + "one\ntwo\n");

        log.attach(doing::add);
        arrive("banner\n" + Launcher.RESTARTED_MARK + "\none again\n");

        assertThat(log.known()).isEqualTo("one again\n".length());
        assertThat(kept()).isEqualTo("one\ntwo\none again\n");
    }

    @Test
    void continuesAfterALostConnectionFromTheLastWholeLine() {
        arrive(MARK + "one\ntw");
        assertThat(log.known()).isEqualTo(4);

        log.attach(doing::add);
        arrive("another banner\n" + MARK + "two\nthree\n");

        assertThat(kept()).isEqualTo("one\ntwo\nthree\n");
        assertThat(log.known()).isEqualTo("one\ntwo\nthree\n".length());
    }

    @Test
    void keepsTheLastLinesThatSaySomething() {
        arrive(MARK);
        for (int line = 1; line <= 200; line++) {
            arrive("line " + line + "\n\n   \n");
        }

        assertThat(log.lastLines(3)).containsExactly("line 198", "line 199", "line 200");
        assertThat(log.lastLines(1000)).hasSize(60).endsWith("line 200");
        assertThat(log.lastLines(0)).isEmpty();
    }

    @Test
    void aFileThatCannotBeWrittenStopsNothing() throws IOException {
        Files.createDirectories(file.getParent().getParent());
        Files.writeString(file.getParent(), "a file where the directory belongs");
        arrive(MARK + "== going on\none\n");

        assertThat(doing).containsExactly("going on");
        assertThat(log.lastLines(1)).containsExactly("one");
        assertThat(log.known()).isEqualTo(17 - 1);
    }

    @Test
    void bytesThatAreNoTextDoNotUpsetTheCount() {
        log.accept(MARK.getBytes(StandardCharsets.UTF_8));
        log.accept(new byte[] {(byte) 0xc3, '\n', (byte) 0xff, 0, '\n'});

        assertThat(log.known()).isEqualTo(5);
        assertThat(log.lastLines(9)).hasSize(2);
    }

    @Test
    void ofALineThatIsTooLongTheBeginningIsKeptAndNoPartOfASecret() {
        arrive(MARK + "a".repeat(StepLog.LONGEST_LINE - 3) + "hunter22" + "b".repeat(100_000) + "\nnext\n");

        assertThat(kept().lines().toList()).hasSize(2).last().isEqualTo("next");
        assertThat(kept()).startsWith("aaaa").contains("a ... (cut: the line is longer than 64 KiB)\n").doesNotContain("hun");
        assertThat(kept().length()).isLessThan(StepLog.LONGEST_LINE);
        assertThat(log.known()).isEqualTo(StepLog.LONGEST_LINE - 3 + 8 + 100_000 + 1 + 5);
        assertThat(log.lastLines(2).get(0).length()).isLessThan(2_100);
    }

    @Test
    void aLoginShellThatGreetsWithoutEndIsTooMuch() {
        assertThatThrownBy(() -> arrive("x".repeat(StepLog.LARGEST_GREETING + 1))).isInstanceOf(StepLog.TooMuch.class)
                .hasMessage("its login shell prints more than 1 MiB");
        log.attach(doing::add);
        assertThatThrownBy(() -> arrive("hello\n".repeat(StepLog.LARGEST_GREETING / 6 + 1))).isInstanceOf(StepLog.TooMuch.class);
    }
}
