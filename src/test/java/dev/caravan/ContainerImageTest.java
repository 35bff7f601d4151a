package dev.caravan;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The two ways to build the image, and what names its version, say the same. */
class ContainerImageTest {
    private final String dockerfile = read("Dockerfile");
    private final String pom = read("pom.xml");

    private static String read(String file) {
        try {
            return Files.readString(Path.of(file));
        } catch (IOException e) {
            throw new AssertionError(file, e);
        }
    }

    private static String last(String text, String pattern) {
        List<String> found = Pattern.compile(pattern, Pattern.MULTILINE).matcher(text).results().map(each -> each.group(1)).toList();
        assertThat(found).as(pattern).isNotEmpty();
        return found.get(found.size() - 1);
    }

    private String version() {
        Matcher matcher = Pattern.compile("<version>(.*?)</version>").matcher(pom);
        assertThat(matcher.find()).isTrue();
        return matcher.group(1);
    }

    private static List<String> words(String json) throws IOException {
        return List.of(new ObjectMapper().readValue(json, String[].class));
    }

    private List<String> ofJib(String list, String element) {
        String content = last(pom, "<" + list + ">(<" + element + ">.*)</" + list + ">");
        return Pattern.compile("<" + element + ">(.*?)</" + element + ">").matcher(content).results().map(each -> each.group(1)).toList();
    }

    @Test
    void bothHaveTheSameBaseByDigest() {
        String base = last(dockerfile, "^FROM (\\S+)$");
        assertThat(base).matches(".+@sha256:[0-9a-f]{64}").isEqualTo(last(pom, "<image.base>(.*)</image.base>"));
    }

    @Test
    void bothStartTheSameAsTheSameUserWithTheSameVolumesAndPort() throws IOException {
        assertThat(ofJib("entrypoint", "arg")).isEqualTo(words(last(dockerfile, "^ENTRYPOINT (.*)$")));
        assertThat(ofJib("args", "arg")).isEqualTo(words(last(dockerfile, "^CMD (.*)$")));
        assertThat(ofJib("volumes", "volume")).isEqualTo(words(last(dockerfile, "^VOLUME (.*)$")));
        assertThat(ofJib("ports", "port")).containsExactly(last(dockerfile, "^EXPOSE (.*)$"));
        assertThat(last(pom, "<workingDirectory>(.*)</workingDirectory>")).isEqualTo(last(dockerfile, "^WORKDIR (.*)$"));
        assertThat(last(pom, "<user>(\\d+):0</user>")).isEqualTo(last(dockerfile, "^USER (\\d+):"));
    }

    @Test
    void theManifestsNameTheImageOfThisVersion() throws IOException {
        JsonNode images = new YAMLMapper().readTree(Path.of("examples/in-cluster/kustomization.yaml").toFile()).get("images");
        assertThat(images).filteredOn(image -> image.get("name").asText().equals("caravan"))
                .singleElement().satisfies(image -> assertThat(image.get("newTag").asText()).isEqualTo(version()));
    }

    @Test
    void theChangesHaveAPartForThisVersion() {
        assertThat(read("CHANGELOG.md").lines()).contains("## " + version());
    }
}
