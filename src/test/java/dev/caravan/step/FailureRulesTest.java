package dev.caravan.step;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.routes.RouteFiles;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The rules of routes/failures.yaml, held against what tools really print. */
class FailureRulesTest {
    private static final Set<String> PASSING = Set.of("token", "package-lock", "mirror", "registry", "api-server");
    private static FailureRules rules;

    @BeforeAll
    static void read() throws IOException {
        rules = FailureRules.read(RouteFiles.builtIn().text("failures.yaml").orElseThrow());
    }

    static List<String> messages() throws IOException, URISyntaxException {
        Path directory = Path.of(FailureRulesTest.class.getResource("messages").toURI());
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(file -> file.toString().endsWith(".txt")).map(file -> directory.relativize(file).toString()).sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("messages")
    void knowsWhatToolsPrint(String message) throws IOException {
        String kind = message.substring(0, message.indexOf('/'));
        String text = new String(FailureRulesTest.class.getResourceAsStream("messages/" + message).readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);

        FailureRules.Verdict verdict = rules.judge(1, text);

        assertThat(verdict.kind()).isEqualTo(kind);
        assertThat(verdict.passing()).isEqualTo(PASSING.contains(kind));
        assertThat(verdict.remedy()).isNotBlank();
    }

    @Test
    void thereIsAMessageForEachKind() throws Exception {
        assertThat(messages().stream().map(name -> name.substring(0, name.indexOf('/'))).distinct()).containsExactlyInAnyOrder(
                "package-lock", "package-signature", "package-missing", "mirror", "disk-full", "registry", "image-missing", "api-server", "token", "ca-hash");
    }

    @ParameterizedTest
    @CsvSource({"75, not-yet, true", "1, lasting, false", "2, lasting, false", "137, lasting, false"})
    void whatNoRuleKnowsIsLastingUnlessTheScriptSaysOtherwise(int status, String kind, boolean passing) {
        assertThat(rules.judge(status, "something went wrong\nin two lines")).isEqualTo(new FailureRules.Verdict(kind, passing, ""));
        assertThat(rules.judge(status, "")).isEqualTo(new FailureRules.Verdict(kind, passing, ""));
    }

    @Test
    void theFirstRuleThatMatchesWinsWhateverTheCase() {
        FailureRules two = new FailureRules(List.of(
                new FailureRules.Rule("first", "^no$", true, null), new FailureRules.Rule("second", "no", false, "say yes")));

        assertThat(two.judge(1, "yes\nNO\nyes")).isEqualTo(new FailureRules.Verdict("first", true, ""));
        assertThat(two.judge(1, "nobody")).isEqualTo(new FailureRules.Verdict("second", false, "say yes"));
    }
}
