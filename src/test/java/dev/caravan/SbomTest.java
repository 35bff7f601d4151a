package dev.caravan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/** The list of components that a build with {@code -Dsbom} writes into the jar. Other builds write none: it needs the network. */
class SbomTest {
    private static final Path LIST = Path.of("target/classes/META-INF/sbom/caravan.cdx.json");
    private static final Pattern DEPENDENCY = Pattern.compile("^ +([^: ]+):([^: ]+):jar:(\\S+):(?:compile|runtime)\\b", Pattern.MULTILINE);

    @Test
    void eachDependencyOfTheJarIsInItWithItsVersion() throws Exception {
        assumeTrue(Files.exists(LIST), "this build wrote no list of components: it was not run with -Dsbom");
        // a classifier, as of native libraries, comes before the version
        List<String> dependencies = DEPENDENCY.matcher(Files.readString(Path.of("target/runtime-dependencies.txt"))).results()
                .map(found -> found.group(1) + ":" + found.group(2) + ":" + found.group(3).replaceFirst(".*:", "")).distinct().toList();
        JsonNode list = new ObjectMapper().readTree(LIST.toFile());

        assertThat(dependencies).hasSizeGreaterThan(100);
        assertThat(StreamSupport.stream(list.path("components").spliterator(), false)
                .map(each -> String.join(":", each.path("group").asText(), each.path("name").asText(), each.path("version").asText()))
                .distinct())
                .containsExactlyInAnyOrderElementsOf(dependencies);
    }
}
