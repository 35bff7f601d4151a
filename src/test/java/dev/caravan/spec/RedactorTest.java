package dev.caravan.spec;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RedactorTest {
    private static Redactor of(String... secrets) {
        return Redactor.of(Stream.of(secrets).map(Secret::new).toList(), List.of("alpha-1", "demo", "/srv/quux7/key"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"docker", "node", "kube", "x", "Docker", "alpha", "demo", "quux7", "sudopassword", "1", "-", "/"})
    void aShortOrCommonSecretSpoilsNoText(String secret) {
        String text = "alpha-1  runtime-install  docker.service on node demo: /var/lib/kubelet, kube-system/x; see /srv/quux7/key"
                + " - sudoPassword";
        assertThat(of(secret).redact(text)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"password: docker|password: ***", "Password=docker, more|Password=***, more",
        "the token is docker|the token is ***", "login --password docker now|login --password *** now",
        "{\"password\": \"docker\"}|{\"password\": \"***\"}", "https://u:docker@mirror.example|https://u:***@mirror.example",
        "password: docker-ce|password: docker-ce"})
    void itIsHiddenWhereTheTextSaysThatItIsASecret(String text, String hidden) {
        assertThat(of("docker").redact(text)).isEqualTo(hidden);
    }

    @Test
    void anyOtherIsHiddenEverywhere() {
        assertThat(of("c4n4ry", "c4n4ry-long").redact("xc4n4ryx c4n4ry-long /etc/c4n4ry")).isEqualTo("x***x *** /etc/***");
    }

    private static List<String> problems(String ssh) throws InvalidSpec {
        return Relaxations.of(SpecReader.read("""
                apiVersion: caravan/v1
                kind: Cluster
                metadata: {name: demo}
                spec:
                  kubernetes: {version: 1.20.2}
                  ssh: %s
                  hosts:
                    - {name: docker, address: 192.0.2.11, roles: [control-plane]}
                """.formatted(ssh), "test"));
    }

    @Test
    void aSpecWithAShortOrCommonSecretIsValidAndIsWarnedAbout() throws Exception {
        assertThat(problems("{sudoPassword: docker}")).singleElement().asString().contains("ssh.sudoPassword").contains("common word");
        assertThat(problems("{password: x, passphrase: correct-horse-battery}")).singleElement().asString().contains("ssh.password");
        assertThat(problems("{sudoPassword: correct-horse-battery}")).isEmpty();
    }

    @Test
    void whatIsKeptOfASpecLosesTheSecretAndNothingElse() {
        String kept = RedactedSpec.of("{metadata: {name: demo}, spec: {runtime: {name: docker}, ssh: {sudoPassword: docker, user: node}, "
                + "hosts: [{name: docker, ssh: {password: node}}]}}");
        assertThat(kept).contains("runtime: {name: docker}").contains("user: node").contains("hosts: [{name: docker").contains(
                "sudoPassword: \"***\"").contains("password: \"***\"");
    }
}
