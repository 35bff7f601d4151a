package dev.caravan.step;

import com.fasterxml.jackson.annotation.JsonAlias;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;

/**
 * Decides by what a command printed whether its error is transient or permanent. The rules are data, in
 * {@code routes/errors/failures.yaml}; the first that matches wins. Immutable and thread-safe.
 */
public final class FailureRules {
    /** sysexits.h, EX_TEMPFAIL: how a script says itself that another try may succeed. */
    static final int EX_TEMPFAIL = 75;

    /**
     * @param pattern regular expression, looked for in the failed command's words, ignoring case
     * @param isTransient whether another attempt may succeed; files of earlier versions say {@code passing}
     */
    public record Rule(
            @JsonProperty(required = true) String kind,
            @JsonProperty(required = true) String pattern,
            @JsonProperty("transient") @JsonAlias("passing") boolean isTransient,
            String remedy) {}

    /** What a failure is. */
    public record Verdict(String kind, boolean isTransient, String remedy) {}

    private record Compiled(Rule rule, Pattern pattern) {}

    private final List<Compiled> rules;

    public FailureRules(List<Rule> rules) {
        this.rules = rules.stream()
                .map(rule -> new Compiled(rule, Pattern.compile(rule.pattern(), Pattern.CASE_INSENSITIVE | Pattern.MULTILINE)))
                .toList();
    }

    /** Reads rules from YAML: a list of kind, pattern, transient, remedy. */
    public static FailureRules read(String yaml) throws IOException {
        return new FailureRules(new ObjectMapper(new YAMLFactory()).readValue(yaml, new TypeReference<List<Rule>>() {}));
    }

    /** What is wrong with rules that could not be read, and in which line, without the names of Java's types. */
    public static String explain(Exception failure) {
        if (failure instanceof PatternSyntaxException wrong) {
            return "the pattern " + wrong.getPattern() + " is no regular expression: " + wrong.getDescription();
        }
        String line = failure instanceof JsonProcessingException json && json.getLocation() != null
                ? "line " + json.getLocation().getLineNr() + ": "
                : "";
        if (failure instanceof UnrecognizedPropertyException unknown) {
            return line + "a rule has no " + unknown.getPropertyName() + "; it has kind, pattern, transient and remedy";
        }
        if (failure instanceof MismatchedInputException) {
            return line + "it should be a list of rules, each with kind, pattern, transient and remedy";
        }
        // Of YAML's errors the lines that are set in show the text, or say again where that is.
        return failure instanceof JsonProcessingException json
                ? line + json.getOriginalMessage().lines().filter(text -> !text.startsWith(" ") && !text.isBlank())
                        .collect(Collectors.joining(", ")) : failure.getMessage();
    }

    /**
     * Judges a failed script.
     *
     * @param exitStatus the script's
     * @param lastWords  what its failed command printed; else what it says of the problem; else the end of its log
     */
    public Verdict judge(int exitStatus, String lastWords) {
        return rules.stream()
                .filter(compiled -> compiled.pattern().matcher(lastWords).find())
                .map(Compiled::rule)
                .map(rule -> new Verdict(rule.kind(), rule.isTransient(), rule.remedy() == null ? "" : rule.remedy()))
                .findFirst()
                .orElseGet(() -> exitStatus == EX_TEMPFAIL
                        ? new Verdict("not-yet", true, "")
                        : new Verdict("permanent", false, ""));
    }
}
