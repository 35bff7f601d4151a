package dev.caravan.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.caravan.routes.RouteFiles;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The rules of routes/errors/failures.yaml, held against what tools really print. */
class FailureRulesTest {
    private static final Set<String> TRANSIENT = Set.of("token", "package-lock", "mirror", "registry", "runtime", "definitions",
            "api-server", "kubelet", "cluster-busy");
    private static FailureRules rules;

    @BeforeAll
    static void read() throws IOException {
        rules = FailureRules.read(RouteFiles.builtIn().text("errors/failures.yaml").orElseThrow());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "kind: x | line 1: it should be a list of rules, each with kind, pattern, transient and remedy",
        "[{kind: x, pattern: '(', transient: true}] | the pattern ( is no regular expression: Unclosed group",
        "[{kind: x, pattern: y, transent: true}] | line 1: a rule has no transent; it has kind, pattern, transient and remedy",
        "[{kind: x | line 1: while parsing a flow mapping, expected ',' or '}', but got <stream end>"}, quoteCharacter = '"')
    void whatIsWrongWithRulesIsReportedInTheirOwnWords(String yaml, String told) {
        assertThatThrownBy(() -> FailureRules.read(yaml)).isInstanceOfSatisfying(Exception.class,
                wrong -> assertThat(FailureRules.explain(wrong)).isEqualTo(told));
    }

    /** Users have files of their own. */
    @Test
    void readsTheKeyOfEarlierVersions() throws IOException {
        FailureRules own = FailureRules.read("[{kind: x, pattern: busy, passing: true}, {kind: y, pattern: gone, passing: false}]");

        assertThat(own.judge(1, "busy")).isEqualTo(new FailureRules.Verdict("x", true, ""));
        assertThat(own.judge(1, "gone")).isEqualTo(new FailureRules.Verdict("y", false, ""));
        assertThat(new StepFailure("h1", "facts", "x", true, "", "", List.of(), null).isPassing()).as("as their routes ask").isTrue();
    }

    static List<String> messages() throws IOException, URISyntaxException {
        Path directory = Path.of(FailureRulesTest.class.getResource("messages").toURI());
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(file -> file.toString().endsWith(".txt")).map(file -> directory.relativize(file).toString())
                    .sorted().toList();
        }
    }

    /* Its first line tells where it comes from, which no rule may judge by. */
    private static String words(String message) throws IOException {
        String text = new String(FailureRulesTest.class.getResourceAsStream("messages/" + message).readAllBytes(), StandardCharsets.UTF_8);
        assertThat(text).as(message).startsWith("# ");
        return text.substring(text.indexOf('\n') + 1);
    }

    @ParameterizedTest
    @MethodSource("messages")
    void knowsWhatToolsPrint(String message) throws IOException {
        String kind = message.substring(0, message.indexOf('/'));
        String text = words(message);

        FailureRules.Verdict verdict = rules.judge(1, text);

        assertThat(verdict.kind()).isEqualTo(kind);
        assertThat(verdict.isTransient()).isEqualTo(TRANSIENT.contains(kind));
        // the script's own remedy names the run
        assertThat(verdict.remedy().isBlank()).as(verdict.remedy()).isEqualTo(kind.equals("held"));
    }

    @Test
    void eachRuleDecidesAMessage() throws Exception {
        List<FailureRules.Rule> all = new ObjectMapper(new YAMLFactory())
                .readValue(RouteFiles.builtIn().text("errors/failures.yaml").orElseThrow(),
                        new TypeReference<List<FailureRules.Rule>>() {});
        Set<FailureRules.Rule> deciding = new HashSet<>();
        for (String message : messages()) {
            String text = words(message);
            all.stream().filter(rule -> !new FailureRules(List.of(rule)).judge(1, text).kind().equals("permanent")).findFirst()
                    .ifPresent(deciding::add);
        }

        assertThat(deciding).containsExactlyInAnyOrderElementsOf(all);
    }

    /* From "unknown argument" the reader goes to the script that has the arguments. */
    @Test
    void theScriptThatARemedyNamesCallsThePackageManager() throws IOException {
        String remedy = rules.judge(1, "Unknown argument \"--disableexcludes=kubernetes\" for command \"install\".").remedy();
        Matcher script = Pattern.compile("scripts/\\S+\\.sh").matcher(remedy);

        assertThat(script.find()).as(remedy).isTrue();
        assertThat(RouteFiles.builtIn().text(script.group()).orElseThrow()).contains("\"$(yum_command)\" install");
    }

    @ParameterizedTest
    @CsvSource({"75, not-yet, true", "1, permanent, false", "2, permanent, false", "137, permanent, false"})
    void whatNoRuleKnowsIsPermanentUnlessTheScriptSaysOtherwise(int status, String kind, boolean isTransient) {
        assertThat(rules.judge(status, "something went wrong\nin two lines")).isEqualTo(new FailureRules.Verdict(kind, isTransient, ""));
        assertThat(rules.judge(status, "")).isEqualTo(new FailureRules.Verdict(kind, isTransient, ""));
    }

    @Test
    void theFirstRuleThatMatchesWinsWhateverTheCase() {
        FailureRules two = new FailureRules(List.of(
                new FailureRules.Rule("first", "^no$", true, null), new FailureRules.Rule("second", "no", false, "say yes")));

        assertThat(two.judge(1, "yes\nNO\nyes")).isEqualTo(new FailureRules.Verdict("first", true, ""));
        assertThat(two.judge(1, "nobody")).isEqualTo(new FailureRules.Verdict("second", false, "say yes"));
    }
}
