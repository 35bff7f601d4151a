package dev.caravan.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Expansions from environment and files, and secrets that no message shows. */
class SpecSecretsTest extends SpecReading {
    @Test
    void expandsWholeValuesFromEnvironmentAndFiles() throws Exception {
        Files.writeString(directory.resolve("sudo"), "from file\n");
        Cluster cluster = read(
                SMALLEST.replace("1.20.2", "\"${env:VERSION}\"")
                        + """
                  ssh: {user: ops, password: "${env:NUMERIC}", sudoPassword: "${file:sudo}", port: "${env:PORT}"}
                """,
                Map.of("VERSION", "1.20.5", "NUMERIC", "12345", "PORT", "2222"));

        SshAccess ssh = cluster.hosts().get(0).ssh();
        assertThat(cluster.kubernetes().version()).isEqualTo("1.20.5");
        assertThat(ssh.password()).contains(new Secret("12345"));
        assertThat(ssh.sudoPassword()).contains(new Secret("from file"));
        assertThat(ssh.port()).isEqualTo(2222);
        assertThat(ssh.privateKey())
                .as("a password is given and the default key does not exist")
                .isEmpty();
    }

    @Test
    void whatCannotBeExpandedIsAProblemAtItsPlace() {
        String ssh = "  ssh: {password: \"%s\"}\n";

        assertThat(shown(SMALLEST + ssh.formatted("${env:NOT_SET}")))
                .isEqualTo("8:19 spec.ssh.password: environment variable NOT_SET is not set -> set NOT_SET before"
                        + " starting Caravan");
        assertThat(shown(SMALLEST + ssh.formatted("${file:none}")))
                .startsWith("8:19 spec.ssh.password: there is no file none -> ");
        assertThat(shown(SMALLEST + ssh.formatted("x${env:HOME}")))
                .startsWith("8:19 spec.ssh.password: an expansion must be the whole value -> ");
        assertThat(shown(SMALLEST.replace("1.20.2", "\"${env:NOT_SET}\"")))
                .isEqualTo("5:25 spec.kubernetes.version: environment variable NOT_SET is not set -> set NOT_SET before"
                        + " starting Caravan");
    }

    @Test
    void makesNoExpansionsForThoseWhoMustNotSeeThisProcess() {
        InvalidSpec invalid = catchThrowableOfType(
                InvalidSpec.class,
                () -> SpecReader.read(
                        SMALLEST + "  ssh: {password: \"${env:PATH}\"}\n", "request",
                        Expansion.in(Path.of("")).confinedTo(Allowed.NOTHING)));

        assertThat(invalid.problems())
                .singleElement()
                .extracting(Problem::message)
                .isEqualTo("a spec that comes this way may not name this variable of the engine's");
    }

    @Test
    void aConfinedSpecMayUseKeysAndKnownHostsOfTheEngineButNotHaveThemWritten() throws Exception {
        Expansion confined = Expansion.in(Path.of("")).confinedTo(Allowed.NOTHING);
        String ssh = "  ssh: {privateKey: /srv/keys/all, knownHosts: /srv/known_hosts%s}\n";

        assertThat(SpecReader.read(SMALLEST + ssh.formatted(""), "request", confined).hosts().get(0).ssh().privateKey())
                .contains("/srv/keys/all");
        InvalidSpec invalid = catchThrowableOfType(InvalidSpec.class,
                () -> SpecReader.read(SMALLEST + ssh.formatted(", hostKeyCheck: accept-new"), "request", confined));
        assertThat(invalid.problems()).singleElement().extracting(Problem::path).isEqualTo("spec.ssh.knownHosts");
    }

    /** Who types a password where it belongs may have typed it elsewhere first. */
    @Test
    void aDeclaredSecretIsShownInNoMessageAboutAnotherField() {
        String canary = "c4n4ry 'pw' \\33";
        String long100 = "x".repeat(95) + canary;
        for (String declared : List.of("sudoPassword: \"c4n4ry 'pw' \\\\33\"", "password: 'c4n4ry ''pw'' \\33'",
                "passphrase: c4n4ry 'pw' \\33", "sudoPassword: \"${env:CANARY}\"")) {
            for (String wrong : List.of("user: \"ops:CANARY\"", "port: \"CANARY\"", "\"CANARY\": 1", "hostKey: \"CANARY\"",
                    "knownHosts: [\"CANARY\"]", "user: \"" + long100 + "\"")) {
                String spec = SMALLEST + "  ssh:\n    " + declared + "\n    "
                        + wrong.replace("CANARY", "c4n4ry 'pw' \\\\33").replace(long100, long100.replace("\\", "\\\\")) + "\n";
                InvalidSpec invalid = catchThrowableOfType(InvalidSpec.class, () -> read(spec, Map.of("CANARY", canary)));
                assertThat(invalid).as(spec).isNotNull();
                assertThat(invalid.getMessage()).as(spec).doesNotContain("c4n4r");
                assertThat(invalid.problems().toString()).as(spec).doesNotContain("c4n4r");
            }
        }
        assertThat(shown(SMALLEST + "  ssh: {sudoPassword: CANARYsudopw33, user: \"ops:CANARYsudopw33\"}\n")).contains("ops:***");
        assertThat(shown(SMALLEST + "  ssh: {password: 12345678, port: 12345678}\n")).doesNotContain("12345678");
        assertThat(shown(SMALLEST + "  ssh: {password: a, user: \"a b\", agnt: true}\n")).as("a short one spoils no text")
                .contains("\"a b\"").contains("not a valid user name").contains("agnt").contains("agent");
    }

    @Test
    void neverShowsASecretNorWhatAnExpansionGave() {
        String canary = "c4n4ry";
        String spec = SMALLEST.replace(
                        "version: 1.20.2",
                        "version: \"${env:CANARY}\", kubeadm: {JoinConfiguration: {discovery: {tlsBootstrapToken:"
                                + " [c4n4ry]}}}")
                + "  ssh: {password: [c4n4ry], passphrase: {a: c4n4ry}, sudoPassword: 0xc4, proxyJump:"
                + " 'ops:c4n4ry@bastion', user: \"${env:CANARY}\", port: \"${env:CANARY}\"}\n";

        InvalidSpec invalid = catchThrowableOfType(InvalidSpec.class, () -> read(spec, Map.of("CANARY", "c4n4ry: x")));

        assertThat(invalid.problems()).hasSizeGreaterThan(5);
        assertThat(invalid.getMessage()).doesNotContain(canary);
        for (String broken : List.of(
                "password: *c4n4ry",
                "password: !c4n4ry x",
                "password: @c4n4ry",
                "password: 'c4n4ry",
                "password: \"\\c4n4ry\"",
                "password: %c4n4ry",
                "password: a: c4n4ry",
                "? [c4n4ry]\n    : x")) {
            assertThat(problems(SMALLEST + "  ssh:\n    " + broken + "\n").getMessage())
                    .as(broken)
                    .doesNotContain(canary);
        }
    }
}
