package dev.caravan.spec;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

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
                    kubernetes: {baseUrl: "https://ops:pw-1@mirror.example.com/rpm/?arch=x86_64&token=token-of-kubernetes", gpgKeys: ["https://mirror.example.com/key?sig=signature-1#pub"]}
                    runtime: {baseUrl: "https://mirror.example.com/docker/"}
                  network: {manifest: "https://ops:pw-2@example.com/network.yaml?a=1&token=token-of-network"}
                  hosts: [{name: h1, address: 192.0.2.1, roles: [control-plane]}]
                """, "test", Expansion.in(Path.of("")));

        assertThat(UrlSecrets.of(cluster)).extracting(Secret::reveal)
                .containsExactlyInAnyOrder("pw-1", "token-of-kubernetes", "signature-1", "pw-2", "token-of-network");
    }
}
