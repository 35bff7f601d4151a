package dev.caravan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** NOTICE names each component of the jar with its licence, and the jar has the texts that those licences ask for. */
class NoticeTest {
    /** Written by the build before the tests are compiled. */
    private static final Path DEPENDENCIES = Path.of("target/runtime-dependencies.txt");

    private static final Pattern DEPENDENCY = Pattern.compile("^ +([^: ]+:[^: ]+):jar:\\S+:(?:compile|runtime)\\b", Pattern.MULTILINE);
    private static final Pattern LINE = Pattern.compile("^  (\\S+:\\S+) +((?:\\S+ (?:OR|AND) )?[A-Z]\\S+) +(\\S+)$", Pattern.MULTILINE);
    private static final String NO_TEXT = "-";

    private record Component(String name, String licence, String text) {}

    private static List<Component> components() throws IOException {
        return LINE.matcher(Files.readString(Path.of("NOTICE"))).results()
                .map(line -> new Component(line.group(1), line.group(2), line.group(3))).toList();
    }

    @Test
    void eachComponentHasALineAndEachLineAComponent() throws IOException {
        List<String> dependencies = DEPENDENCY.matcher(Files.readString(DEPENDENCIES)).results().map(found -> found.group(1)).toList();
        assertThat(dependencies).hasSizeGreaterThan(100);
        assertThat(components()).extracting(Component::name).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(dependencies);
    }

    @Test
    void whatIsNotApacheLicensedComesWithItsText() throws IOException {
        for (Component component : components()) {
            boolean asksForNone = component.licence().matches("Apache-2.0( OR .*)?|CC0-1.0");
            assertThat(component.text().equals(NO_TEXT)).as("%s is under %s and needs no text", component.name(), component.licence())
                    .isEqualTo(asksForNone);
        }
    }

    @Test
    void theTextsAreInTheJar() throws IOException {
        Map<String, List<Component>> byText = components().stream().filter(component -> !component.text().equals(NO_TEXT))
                .collect(Collectors.groupingBy(Component::text));
        try (Stream<Path> files = Files.list(Path.of("licenses"))) {
            assertThat(files.map(file -> file.getFileName().toString())).containsExactlyInAnyOrderElementsOf(byText.keySet());
        }
        assertThat(byText.keySet()).allSatisfy(text -> assertThat(NoticeTest.class.getResource("/META-INF/licenses/" + text)).as(text)
                .isNotNull());
    }
}
