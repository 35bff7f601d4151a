package dev.caravan.spec;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UrlSecretsTest {
    @Test
    void passwordsAndWhatMayBeATokenAreSecretAndTheRestIsNot() throws Exception {
        Cluster cluster = SpecReader.read("""
                apiVersion: caravan/v1
                kind: Cluster
                metadata: {name: demo}
                spec:
                  kubernetes: {version: 1.20.2}
                  packages:
                    kubernetes:
                      baseUrl: "https://ops:pw-1@mirror.example.com/rpm/?arch=x86_64&token=token-of-kubernetes"
                      gpgKeys: ["https://mirror.example.com/key?sig=signature-1#pub"]
                    runtime: {baseUrl: "https://mirror.example.com/docker/"}
                  network: {manifest: "https://ops:pw-2@example.com/network.yaml?a=1&token=token-of-network"}
                  hosts: [{name: h1, address: 192.0.2.1, roles: [control-plane]}]
                """, "test", Expansion.in(Path.of("")));

        assertThat(UrlSecrets.of(cluster)).extracting(Secret::reveal)
                .containsExactlyInAnyOrder("pw-1", "token-of-kubernetes", "signature-1", "pw-2", "token-of-network");
    }

    /** Tokens of cloud registries are passwords of a thousand characters and more. */
    @Test
    void aLongPasswordInAnAddressIsASecretAsWell() throws Exception {
        String password = "pw-".repeat(500);
        Cluster cluster = SpecReader.read("""
                apiVersion: caravan/v1
                kind: Cluster
                metadata: {name: demo}
                spec:
                  kubernetes: {version: 1.20.2}
                  network: {manifest: "https://ops:%s@example.com/network.yaml"}
                  hosts: [{name: h1, address: 192.0.2.1, roles: [control-plane]}]
                """.formatted(password), "test", Expansion.in(Path.of("")));

        assertThat(UrlSecrets.of(cluster)).extracting(Secret::reveal).containsExactly(password);
        assertThat(Redaction.shown("https://ops:" + password + "@example.com/network.yaml"))
                .isEqualTo("https://***@example.com/network.yaml");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "https://u:p@example.com/|https://***@example.com/",
        "ops:pw@bastion.example.com|***@bastion.example.com",
        "a@b,ops:pw@c,d:e@f|a@b,***@c,***@f",
        "git@example.com:22|git@example.com:22",
        "[2001:db8::1]:22|[2001:db8::1]:22",
        "http://[2001:db8::1]/a:b@c|http://[2001:db8::1]/***@c",
        "::ops:pw@h|::***@h",
        "a:b c:d@e|a:b ***@e",
    })
    void whatStandsBeforeAnAtSignIsNotShown(String text, String shown) {
        assertThat(Redaction.shown(text)).isEqualTo(shown);
    }
}
