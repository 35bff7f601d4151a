package dev.caravan.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import dev.caravan.history.StepState;
import dev.caravan.spec.Secret;
import dev.caravan.step.StepResult;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReportTest {
    private static Optional<Report> parse(String stderr) {
        return Report.parse(stderr.getBytes(StandardCharsets.UTF_8));
    }

    private static Report report(String lines) {
        return parse("caravan-result 0\n" + lines + "caravan-end\n").orElseThrow();
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void readsWhatLibShWrites() {
        Report report = parse("bash: warning: setlocale\ncaravan-result 1\nchange\twrite /etc/hosts\nchange\tturn swap off\n"
                + "output\tcaCertHash\t" + base64("sha256:ä\nb")
                + "\nsecret\ttoken\t" + base64("abcdef.0123456789abcdef") + "\nwords\t" + base64("no space\nleft")
                + "\nproblem\tno disk\nremedy\tbuy one\ncaravan-end\n").orElseThrow();

        assertThat(report).isEqualTo(new Report("1", java.util.List.of("write /etc/hosts", "turn swap off"), java.util.List.of(),
                Optional.empty(), Map.of("caCertHash", "sha256:ä\nb"),
                Map.of("token", new Secret("abcdef.0123456789abcdef")), Optional.of("no disk"), Optional.of("buy one"),
                Optional.of("no space\nleft"), Optional.empty(), ""));
        assertThat(report.exitStatus()).hasValue(1);
        assertThat(report.toString()).doesNotContain("0123456789abcdef");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "caravan-result 0\n", "caravan-result 0\nchange\tx\n", "caravan-result 0\nchange\tcaravan-en",
            "sh: 1: tar: not found\n", "caravan-end\n", "caravan-end\ncaravan-result 0\n"})
    void aReportThatDidNotArriveWholeIsNone(String stderr) {
        assertThat(parse(stderr)).isEmpty();
    }

    @Test
    void aLostStepHasNoStatus() {
        Report report = parse("caravan-result lost\ncaravan-end\n").orElseThrow();

        assertThat(report.isLost()).isTrue();
        assertThat(report.succeeded()).isFalse();
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            '',                          OK,      ''
            'change\tturn swap off\n',   CHANGED, turn swap off
            'skip\tnot wanted here\n',   SKIPPED, not wanted here
            'change\ta\nskip\tb\n',      SKIPPED, b
            """)
    void theStateFollowsFromTheLines(String lines, StepState state, String message) {
        StepResult result = report(lines).toResult("swap", "h1", Optional.empty());

        assertThat(result.state()).isEqualTo(state);
        assertThat(result.message()).isEqualTo(message);
        assertThat(result.isChanged()).isEqualTo(state == StepState.CHANGED);
        assertThat(result.output("nothing")).isEmpty();
    }

    @Test
    void anOutputOfOneLineIsReadAsItIs() {
        StepResult result = report("text\tversion\t1.20.2 == 'x'\ntext\tnone\t\noutput\tlist\tYQpi\n")
                .toResult("facts", "h1", Optional.empty());

        assertThat(result.outputs()).containsOnly(entry("version", "1.20.2 == 'x'"), entry("none", ""), entry("list", "a\nb"));
    }

    /* A site's own script may write to $CARAVAN_RESULT without lib.sh. */
    @ParameterizedTest
    @ValueSource(strings = {"change\n", "output\tname\n", "output\n", "text\tname\n", "secret\tname\n", "output\tname\tnot base64!\n",
            "skip\n", "found\n", "\n", "\t\n", "something else\n"})
    void linesThatAreNoneOfItsFormArePassedOver(String line) {
        assertThat(report(line + "change\tturn swap off\n").changes()).containsExactly("turn swap off");
    }
}
