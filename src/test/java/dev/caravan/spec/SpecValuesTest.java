package dev.caravan.spec;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpecValuesTest {
    private static final String SPEC = """
            apiVersion: caravan/v1
            kind: Cluster
            metadata: {name: demo}
            spec:
              kubernetes:
                version: 1.36.3
                imageRepository: registry.example/k8s
                kubeadm: {KubeletConfiguration: {clusterDomain: key-a, maxPods: 60}}
              packages:
                mirror: custom
                kubernetes: {baseUrl: "https://u:pw-a@mirror.example/k8s", gpgKeys: ["https://mirror.example/key"]}
                runtime: {baseUrl: "https://mirror.example/runtime", gpgKeys: ["https://mirror.example/key"]}
              runtime: {name: containerd, registries: {docker.io: {username: u, password: registry-a}}}
              proxy: {http: "http://u:proxy-a@proxy.example:3128"}
              backup: {passphrase: passphrase-a}
              ssh: {user: root, password: ssh-a}
              hosts: [{name: h1, address: 192.0.2.11, roles: [control-plane]}]
            """;

    @ParameterizedTest
    @CsvSource({"key-a, spec.kubernetes.kubeadm", "pw-a, spec.packages.kubernetes", "registry-a, spec.runtime.registries.docker.io",
            "proxy-a, spec.proxy", "passphrase-a, spec.backup.passphrase", "registry.example/k8s, spec.kubernetes", "ssh-a, "})
    void aValueThatTheTextHidesIsDistinguishedByItsPlace(String value, String place) throws Exception {
        SpecValues other = SpecValues.of(SpecReader.read(SPEC.replace(value, value + "2"), "test"));
        assertThat(SpecValues.parse(SpecValues.of(SpecReader.read(SPEC, "test")).toString()).differences(other))
                .isEqualTo(place == null ? List.of() : List.of(place));
        assertThat(other.toString()).doesNotContain(value);
    }

    @Test
    void valuesOfVariablesAreDistinguished() throws Exception {
        String text = SPEC.replace("registry.example/k8s", "\"${env:IMAGES}\"");
        assertThat(values(text, "a.example").differences(values(text, "b.example"))).containsExactly("spec.kubernetes");
        assertThat(values(text, "a.example").differences(values(text, "a.example"))).isEmpty();
    }

    private static SpecValues values(String text, String images) throws Exception {
        return SpecValues.of(SpecReader.read(text, "test", Expansion.in(Path.of(""), Map.of("IMAGES", images)::get, Path.of("/"))));
    }
}
