package dev.caravan.spec;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.AlphaChars;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

class RedactedSpecTest {
    @Test
    void showsEverythingButTheSecrets() {
        String redacted = RedactedSpec.of(
                """
                # the old password was c4n4ry
                apiVersion: caravan/v1
                spec:
                  kubernetes:
                    kubeadm:
                      InitConfiguration: {certificateKey: c4n4ry, bootstrapTokens: [{token: c4n4ry}]}
                  packages:
                    kubernetes: {baseUrl: "https://user:c4n4ry@mirror.example.org/rpm/?arch=c4n4ry&token=c4n4ry%20x?y=c4n4ry&c4n4ry bionic main?", gpgKeys: ["https://mirror.example.org/key?c4n4ry"]}
                  ssh:
                    user: ops
                    password: &p c4n4ry   # c4n4ry
                    sudoPassword: "${env:SUDO_PASSWORD}"
                    passphrase: |
                      c4n4ry
                      c4n4ry
                  hosts:
                  - {name: h1, labels: {leak: *p, other: x-c4n4ry}, ssh: {password: [c4n4ry, {a: c4n4ry}]}}
                """);

        assertThat(redacted)
                .doesNotContain("c4n4ry")
                .isEqualTo(
                        """
                apiVersion: caravan/v1
                spec:
                  kubernetes:
                    kubeadm:
                      InitConfiguration: {certificateKey: "***", bootstrapTokens: [{token: "***"}]}
                  packages:
                    kubernetes: {baseUrl: "https://***@mirror.example.org/rpm/?arch=***&token=***&*** bionic main?", gpgKeys: ["https://mirror.example.org/key?***"]}
                  ssh:
                    user: ops
                    password: "***"
                    sudoPassword: "${env:SUDO_PASSWORD}"
                    passphrase: "***"
                  hosts:
                  - {name: h1, labels: {leak: "***", other: x-***}, ssh: {password: ["***", {"***": "***"}]}}
                """);
    }

    @Test
    void showsNothingOfWhatItCannotRead() {
        assertThat(RedactedSpec.of("password: *c4n4ry"))
                .startsWith("# not shown")
                .doesNotContain("c4n4ry");
        assertThat(RedactedSpec.of("a: &a [*a]")).doesNotContain("Exception");
        assertThat(RedactedSpec.of("")).startsWith("# not shown");
    }

    @Property(tries = 200)
    void noSecretGetsThrough(@ForAll @AlphaChars @StringLength(min = 12, max = 20) String secret) {
        assertThat(RedactedSpec.of("spec: {ssh: {password: " + secret + "}, hosts: [{name: h1, ssh: {sudoPassword: '"
                        + secret + "'}}]}"))
                .doesNotContain(secret);
    }
}
