package dev.caravan;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Sentences that users read are short: in the documents, and in the descriptions of routes, actions, failures, the spec and the API. A
 * code in backticks is one word.
 */
class SentencesTest {
    private static final int MOST_WORDS = 25;
    private static final Pattern END = Pattern.compile("(?<=[.:;?])[\\s\"]+(?=[A-Z`*\\[0])");
    private static final Pattern WORD = Pattern.compile("\\S*\\w\\S*");
    private static final Pattern ITEM = Pattern.compile("(- |\\d+\\. ).*");
    private static final Set<String> PROSE = Set.of("description", "summary", "title", "remedy");

    static Stream<Path> documents() throws IOException {
        try (Stream<Path> docs = Files.list(Path.of("docs")); Stream<Path> examples = Files.walk(Path.of("examples"))) {
            return Stream.concat(Stream.of(Path.of("README.md"), Path.of("CONTRIBUTING.md")),
                    Stream.concat(docs, examples).filter(file -> file.toString().endsWith(".md"))).toList().stream();
        }
    }

    static Stream<Path> described() throws IOException {
        List<Path> files = new ArrayList<>();
        for (String root : List.of("routes", "examples", "src/main/resources/openapi", "src/main/resources/schema")) {
            try (Stream<Path> below = Files.walk(Path.of(root))) {
                below.filter(file -> file.toString().matches(".*[.](yaml|json)") && !file.endsWith("grafana-dashboard.json"))
                        .forEach(files::add);
            }
        }
        return files.stream();
    }

    @ParameterizedTest
    @MethodSource("documents")
    void sentencesOfDocumentsAreShort(Path document) throws IOException {
        List<String> paragraph = new ArrayList<>();
        List<String> paragraphs = new ArrayList<>();
        boolean code = false;
        for (String line : Files.readAllLines(document)) {
            code ^= line.startsWith("```");
            if (!code && line.startsWith("|")) {
                // A cell is notes rather than prose: a sentence in it may begin with any word.
                Stream.of(line.split(" \\| ")).flatMap(cell -> Stream.of(shown(cell).split("(?<=[.:;?]) ")))
                        .forEach(SentencesTest::assertBrief);
            }
            boolean ends = code || line.isBlank() || line.startsWith("```") || line.startsWith("|") || line.startsWith("#")
                    || line.startsWith("    ") && paragraph.isEmpty() || line.startsWith("[") && line.contains(" · ");
            if (ends || ITEM.matcher(line.strip()).matches()) {
                paragraphs.add(String.join(" ", paragraph));
                paragraph.clear();
            }
            if (!ends) {
                paragraph.add(ITEM.matcher(line.strip()).matches() ? line.strip().replaceFirst("^(- |\\d+\\. )", "") : line.strip());
            }
        }
        paragraphs.add(String.join(" ", paragraph));
        assertThat(paragraphs).allSatisfy(SentencesTest::assertShort);
    }

    @ParameterizedTest
    @MethodSource("described")
    void sentencesOfDescriptionsAreShort(Path file) throws IOException {
        YAMLMapper yaml = new YAMLMapper();
        try (MappingIterator<JsonNode> documents = yaml.readerFor(JsonNode.class).readValues(file.toFile())) {
            documents.forEachRemaining(document -> eachText(yaml, document, text -> {
                for (String paragraph : text.split("\\n\\s*\\n|\\n\\s*- ")) {
                    assertShort(paragraph);
                }
            }));
        }
    }

    private static void eachText(YAMLMapper yaml, JsonNode node, Consumer<String> reader) {
        node.properties().forEach(member -> {
            if (member.getValue().isTextual() && PROSE.contains(member.getKey())) {
                reader.accept(member.getValue().asText());
            } else if (member.getValue().isTextual() && member.getKey().equals("note")) {
                eachText(yaml, read(yaml, member.getValue().asText()), reader);
            }
        });
        node.forEach(child -> eachText(yaml, child, reader));
    }

    private static JsonNode read(YAMLMapper yaml, String text) {
        try {
            return yaml.readTree(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // ---- messages and help

    private static final Pattern COMMENT = Pattern.compile("/\\*.*?\\*/|^\\s*//[^\n]*$|\"{3}.*?\"{3}", Pattern.DOTALL | Pattern.MULTILINE);
    private static final Pattern VALUE = Pattern.compile("\"\\s*\\+\\s*[\\w.]+(?:\\([^()\"]*(?:\\([^()\"]*\\)[^()\"]*)*\\)(?:\\.\\w+)*)*"
            + "\\s*\\+\\s*\"");
    private static final Pattern LITERAL = Pattern.compile("\"((?:[^\"\\\\\n]++|\\\\.)*+)\"");
    /** Their literals are shell commands. */
    private static final Pattern COMMANDS = Pattern.compile("(Launcher|ArtefactCommands)[.]java");

    static Stream<Path> sources() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .filter(file -> !COMMANDS.matcher(file.getFileName().toString()).matches()).toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("sources")
    void sentencesOfMessagesAndHelpAreShort(Path source) throws IOException {
        literals(Files.readString(source)).filter(text -> !text.matches("(?s)(select|insert|update|delete) .*"))
                .flatMap(text -> Stream.of(text.split("\\\\n"))).forEach(SentencesTest::assertShort);
    }

    /** The texts of a source, put together where it does so, with X for a value within. */
    private static Stream<String> literals(String source) {
        String joined = COMMENT.matcher(source).replaceAll("").replaceAll("\"\\s*\\+\\s*\"", "");
        for (String before = ""; !before.equals(joined);) {
            before = joined;
            joined = VALUE.matcher(joined).replaceAll("X");
        }
        return LITERAL.matcher(joined).results().map(text -> text.group(1));
    }

    @Test
    void aTextIsPutTogetherAsItsSourceDoes() {
        assertThat(literals("throw new UserError(\"--host \" + host + \" is not\"\n + \" here: \" + of(it(\"a\")) + \".\"); // \"no\"\n"))
                .contains("--host X is not here: ");
    }

    private static void assertShort(String paragraph) {
        sentences(paragraph).forEach(SentencesTest::assertBrief);
    }

    private static void assertBrief(String sentence) {
        assertThat(WORD.matcher(sentence).results().count()).as("words of: " + sentence).isLessThanOrEqualTo(MOST_WORDS);
    }

    private static List<String> sentences(String paragraph) {
        return List.of(END.split(shown(paragraph)));
    }

    private static String shown(String text) {
        return text.replaceAll("`[^`]*`", "`x`").replaceAll("\\]\\([^)]*\\)", "]").replaceAll("\\s+", " ");
    }

    @Test
    void aLongSentenceIsSeen() {
        String words = "word ".repeat(MOST_WORDS);
        assertShort(words + ". Another one.");
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> assertShort("Short. " + words + "more."))
                .isInstanceOf(AssertionError.class);
        assertThat(sentences("One `a. B` sentence. [Another](x. Y) one: `c` it.")).hasSize(3);
    }
}
