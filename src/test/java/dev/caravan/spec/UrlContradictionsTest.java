package dev.caravan.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UrlContradictionsTest {
    private static final String KEYS = "gpgKeys: ['https://h/k']";

    private static Cluster read(String section) throws InvalidSpec {
        return SpecReader.read("""
                apiVersion: caravan/v1
                kind: Cluster
                metadata: {name: demo}
                spec:
                  kubernetes: {version: 1.37.2}
                  %s
                  hosts:
                    - {name: h1, address: 192.0.2.1, roles: [control-plane]}
                """.formatted(section), "test");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            https://                        | not a valid URL
            https://exa mple/x.yml          | not a valid URL
            ftp://h/x.yml                   | begins with https:// or http://
            https:///x.yml                  | no host
            https://:8443/x.yml             | no host
            https://user:pw@h:70000/x.yml   | port
            https://[2001:db8::1]:70000/x   | port
            """)
    void namesWhatIsWrongWithAManifest(String url, String problem) {
        InvalidSpec invalid = catchThrowableOfType(InvalidSpec.class, () -> read("network: {manifest: '" + url + "'}"));
        assertThat(invalid.problems()).singleElement().satisfies(found -> {
            assertThat(found.path()).isEqualTo("spec.network.manifest");
            assertThat(found.message()).contains(problem).doesNotContain("user:pw");
        });
    }

    @Test
    void repositoriesKeysAndMirrorsAreLookedAtToo() {
        assertThat(catchThrowableOfType(InvalidSpec.class, () -> read(
                "packages: {mirror: custom, kubernetes: {baseUrl: 'https://:1/x', gpgKeys: ['https://h:99999/k']}}")).problems())
                .extracting(Problem::path)
                .containsExactly("spec.packages.kubernetes.baseUrl", "spec.packages.kubernetes.gpgKeys[0]");
        assertThat(catchThrowableOfType(InvalidSpec.class, () -> read(
                "runtime: {registries: {docker.io: {mirrors: ['https://h:99999']}}}")).problems()).extracting(Problem::path)
                .containsExactly("spec.runtime.registries.docker.io.mirrors[0]");
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "network: {manifest: 'https://h.example:8443/a/b.yml?x=1'}", "network: {manifest: 'http://[2001:db8::1]:8080/x.yml'}",
        "packages: {mirror: custom, kubernetes: {baseUrl: 'https://h/v{minor}/deb/ /', " + KEYS + "}}",
        "packages: {mirror: custom, kubernetes: {baseUrl: 'http://10.0.0.1:8080/kubernetes kubernetes-xenial main', " + KEYS + "}}",
        "runtime: {registries: {docker.io: {mirrors: ['https://mirror-1.example/hub']}}}"})
    void takesWhatIsRight(String section) throws Exception {
        assertThat(read(section).hosts()).hasSize(1);
    }
}
