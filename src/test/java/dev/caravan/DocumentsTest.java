package dev.caravan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.routes.RouteFiles;
import dev.caravan.spec.Expansion;
import dev.caravan.spec.SpecReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The README and what is in {@code docs/}: short enough, with links that lead somewhere, and as the code is. */
class DocumentsTest {
    private static final Markdown README = Markdown.of("README.md");
    private static final Path CODE = Path.of("src/main/java/dev/caravan");

    @TempDir
    private Path directory;

    static List<Path> documents() throws IOException {
        List<Path> documents = new ArrayList<>(List.of(Path.of("README.md"), Path.of("CONTRIBUTING.md")));
        for (String place : List.of("docs", "examples")) {
            documents.addAll(files(Path.of(place), ".*\\.md"));
        }
        return documents;
    }

    private static List<Path> files(Path place, String name) throws IOException {
        try (Stream<Path> files = Files.walk(place)) {
            return files.filter(file -> Files.isRegularFile(file) && file.getFileName().toString().matches(name)).sorted().toList();
        }
    }

    // ---- the README

    @Test
    void theReadmeIsShort() {
        assertThat(README.lines()).hasSizeLessThanOrEqualTo(120).allMatch(line -> line.length() <= 140, "at most 140 columns");
    }

    @Test
    void theReadmeSaysHowToRunTheTests() {
        assertThat(README.lines()).containsOnlyOnce("    mvn -B -ntp verify");
    }

    @ParameterizedTest
    @ValueSource(strings = {"README.md", "docs/reference.md"})
    void theSpecsThatItShowsAreValid(String document) throws Exception {
        List<String> specs = Markdown.of(document).blocks("yaml");
        assertThat(specs).isNotEmpty();
        for (String spec : specs) {
            assertThat(SpecReader.read(spec, document, Expansion.in(Path.of(""), variable -> "value", Path.of("/root"))).hosts())
                    .isNotEmpty();
        }
    }

    @Test
    void theReadmesWorkflowIsOfRoutesThatThereAre() {
        Set<String> routes = RouteFiles.builtIn().routes().stream()
                .map(file -> file.name().replaceFirst("^.*/", "").replace(".camel.yaml", ""))
                .collect(Collectors.toSet());
        String picture = README.blocks("").get(0);

        assertThat(Pattern.compile("[a-z]+(-[a-z]+)+").matcher(picture).results().map(MatchResult::group)).hasSizeGreaterThan(10)
                .isSubsetOf(routes);
    }

    // ---- links

    @ParameterizedTest
    @MethodSource("documents")
    void everyRelativeLinkLeadsToAFileAndAnAnchorThatAreThere(Path document) {
        assertThat(broken(document)).isEmpty();
    }

    @Test
    void aLinkThatLeadsNowhereIsSeen() throws IOException {
        Path other = directory.resolve("other.md");
        Files.writeString(other, "# A `title`, with words\n## Twice\n## Twice\n```sh\n# no heading\n```\n");
        Path document = Files.writeString(directory.resolve("document.md"),
                "# Here\n[1](other.md) [2](other.md#a-title-with-words) [3](other.md#twice-1) [4](#here)\n"
                + "[`5`](other.md#no-heading) [6](none.md) [7](#there) <img src=\"none.png\"> [8](https://example.com/none) `[9](none)`\n"
                + "```\n[10](none)\n```\n");

        assertThat(broken(document)).containsExactly("other.md#no-heading", "none.md", "#there", "none.png");
    }

    private static List<String> broken(Path document) {
        return Markdown.of(document).relativeLinks().stream().filter(link -> !leadsSomewhere(document, link)).toList();
    }

    private static boolean leadsSomewhere(Path document, String link) {
        String[] parts = link.split("#", 2);
        Path file = parts[0].isEmpty() ? document : document.resolveSibling(parts[0]);
        return Files.exists(file) && (parts.length == 1 || Markdown.of(file).anchors().contains(parts[1]));
    }

    @Test
    void everyDocumentThatCodeAndRoutesNameIsThere() throws IOException {
        Pattern name = Pattern.compile("\\bdocs/[\\w-]+\\.(md|1)\\b");
        Set<String> named = new TreeSet<>();
        for (String place : List.of("src/main", "routes", "examples")) {
            for (Path file : files(Path.of(place), ".*\\.(java|yaml|properties|sh|js|md)")) {
                name.matcher(Files.readString(file)).results().forEach(each -> named.add(each.group()));
            }
        }
        assertThat(named).contains("docs/routes.md", "docs/reference.md").allMatch(document -> Files.exists(Path.of(document)), "is there");
    }

    // ---- docs/architecture.md

    private static List<String> packages() {
        return Markdown.of("docs/architecture.md").table("| package | is for |").stream()
                .map(row -> Markdown.codes(row.get(0)).get(0)).toList();
    }

    @Test
    void theArchitectureNamesEveryPackage() throws IOException {
        try (Stream<Path> all = Files.list(CODE)) {
            assertThat(packages()).containsExactlyInAnyOrderElementsOf(all.filter(Files::isDirectory)
                    .map(each -> each.getFileName().toString()).toList());
        }
    }

    @Test
    void aPackageUsesOnlyThoseBelowIt() throws IOException {
        List<String> packages = packages();
        Pattern used = Pattern.compile("\\bdev\\.caravan\\.([a-z]+)\\.[A-Z]");
        Set<String> upwards = new TreeSet<>();
        for (String user : packages) {
            for (Path file : files(CODE.resolve(user), ".*\\.java")) {
                used.matcher(Files.readString(file)).results().map(each -> each.group(1))
                        .filter(other -> packages.indexOf(other) < packages.indexOf(user))
                        .forEach(other -> upwards.add(user + " uses " + other));
            }
        }
        assertThat(upwards).as("uses of packages above, which would make a circle").isEmpty();
    }

    @Test
    void onlyTheCommandLineMayUseTheRehearsal() throws IOException {
        assertThat(packages()).as("the table of packages").startsWith("cli", "rehearsal");
    }

    // ---- words

    /** As the tables of words in CONTRIBUTING.md and docs/glossary.md have it. Some words have several meanings, and are not here. */
    private static final Pattern REPLACED = Pattern.compile("\\b(anew|whoever|(taken?|takes|took|given?|gives|gave) back"
            + "|(take|give|gave)s?Back|(taken|given)Back|(gone|goes?|went|going) on with|goneOn\\w*|lets? go|letGo"
            + "|let end|taken for gone|passing|lasting)\\b",
            Pattern.CASE_INSENSITIVE);
    /** The same within a name in camel case, and words that mean something else in prose. */
    private static final Pattern IN_NAMES = Pattern.compile("(?<=[a-z])(Anew|Whoever|Told|(Taken?|Takes|Took|Given?|Gives|Gave)Back"
            + "|(Gone|Goes|Went|Going)OnWith|LetsGo|LetGo|GoneOn|Passing|Lasting)(?![a-z])|\\b(gaveUp|TOLD)\\b|told-by-"
            + "|\\b[tT]he article\\b");
    /** Earlier names that are still read, and tables whose checksums are kept. */
    private static final Set<String> EARLIER = Set.of("FailureRules.java", "StepFailure.java", "FailureRulesTest.java", "EventRow.java",
            "EventRowTest.java", "Rollback.java", "V2__found_and_claims.sql", "DocumentsTest.java", "CONTRIBUTING.md");

    @Test
    void codeRoutesAndDocumentsUseTheWordsOfTheGlossary() throws IOException {
        List<String> found = new ArrayList<>();
        for (String place : List.of("src/main", "src/test/java", "routes", "examples", "docs")) {
            for (Path file : files(Path.of(place), ".*\\.(java|yaml|properties|sh|js|css|html|md|sql|json|1)")) {
                if (!EARLIER.contains(file.getFileName().toString())) {
                    List<String> lines = Files.readAllLines(file);
                    for (int i = 0; i < lines.size(); i++) {
                        if (REPLACED.matcher(lines.get(i)).find() || IN_NAMES.matcher(lines.get(i)).find()) {
                            found.add(file + ":" + (i + 1) + ": " + lines.get(i).strip());
                        }
                    }
                }
            }
        }
        assertThat(found).isEmpty();
    }

    // ---- how tables are read

    @Test
    void aTableThatIsNotThereIsNoEmptyOne() throws IOException {
        Markdown document = Markdown.of(Files.writeString(directory.resolve("tables.md"),
                "| a | b |\n|---|---|\n| `x` | |\n| y | z |\n\n| c | d |\n"));

        assertThat(document.table("| a | b |")).containsExactly(List.of("`x`", ""), List.of("y", "z"));
        assertThatThrownBy(() -> document.table("| a | c |")).isInstanceOf(AssertionError.class).hasMessageContaining("| a | c |");
    }
}
