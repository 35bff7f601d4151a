package dev.caravan.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.caravan.spec.SshAccess.HostKeyCheck;
import dev.caravan.ssh.SshException.Kind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.PublicKey;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import org.apache.sshd.client.ClientBuilder;
import org.apache.sshd.client.config.hosts.KnownHostDigest;
import org.apache.sshd.client.config.hosts.KnownHostHashValue;
import org.apache.sshd.common.NamedFactory;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.PublicKeyEntry;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which host keys are accepted, without a network. */
class HostKeysTest {
    private static PublicKey ecdsa;
    private static PublicKey otherEcdsa;
    private static PublicKey rsa;

    @TempDir
    private Path directory;

    @BeforeAll
    static void generate() throws Exception {
        ecdsa = KeyUtils.generateKeyPair("ecdsa-sha2-nistp256", 256).getPublic();
        otherEcdsa = KeyUtils.generateKeyPair("ecdsa-sha2-nistp256", 256).getPublic();
        rsa = KeyUtils.generateKeyPair("ssh-rsa", 2048).getPublic();
    }

    private Path file(String... lines) throws Exception {
        return Files.write(directory.resolve("known_hosts"), List.of(lines));
    }

    private static String line(String hosts, PublicKey key) {
        return hosts + " " + PublicKeyEntry.toString(key);
    }

    private static HostKeys keys(String host, int port, Path knownHosts, HostKeyCheck check) throws SshException {
        return HostKeys.of(Login.of(new SshTarget(host, Access.to(port).knownHosts(knownHosts, check).built())));
    }

    private static Kind refusal(HostKeys keys, PublicKey offered) {
        SshException failure = catchThrowableOfType(SshException.class, () -> keys.verify(offered));
        return failure == null ? null : failure.kind();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        // the entry's hosts | host | port | known
        "10.0.0.1              | 10.0.0.1        | 22   | true",
        "127.0.0.100           | 127.0.0.1       | 22   | false",
        "127.0.0.1             | 127.0.0.100     | 22   | false",
        "10.0.0.1              | 10.0.0.1        | 2222 | false",
        "[10.0.0.1]:2222       | 10.0.0.1        | 2222 | true",
        "[10.0.0.1]:2222       | 10.0.0.1        | 22   | false",
        "node1,10.0.0.1        | 10.0.0.1        | 22   | true",
        "node1,10.0.0.1        | NODE1           | 22   | true",
        "*.example.com         | a.example.com   | 22   | true",
        "*.example.com         | aexample.com    | 22   | false",
        "!b.example.com,*.example.com | b.example.com | 22 | false",
        "10.0.0.?              | 10.0.0.7        | 22   | true",
        "10.0.0.?              | 10.0.0.17       | 22   | false",
        "2001:db8::1           | 2001:db8::1     | 22   | true",
        "[2001:db8::1]:2222    | 2001:db8::1     | 2222 | true",
    })
    void matchesNamesAsOpenSshDoes(String hosts, String host, int port, boolean known) throws Exception {
        HostKeys keys = keys(host, port, file(line(hosts, ecdsa)), HostKeyCheck.STRICT);

        assertThat(refusal(keys, ecdsa)).isEqualTo(known ? null : Kind.UNKNOWN_HOST_KEY);
        assertThat(refusal(keys, otherEcdsa)).isEqualTo(known ? Kind.CHANGED_HOST_KEY : Kind.UNKNOWN_HOST_KEY);
    }

    @ParameterizedTest
    @CsvSource({"node1, 22, node1", "node1, 2222, [node1]:2222", "NODE1, 22, node1"})
    void matchesHashedNames(String host, int port, String hashed) throws Exception {
        byte[] salt = new byte[20];
        var mac = KnownHostDigest.SHA1.create();
        mac.init(salt);
        mac.update(hashed.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        String hash = KnownHostHashValue.append(
                new StringBuilder(), KnownHostDigest.SHA1, salt, mac.doFinal()).toString();

        HostKeys keys = keys(host, port, file(line(hash, ecdsa)), HostKeyCheck.STRICT);

        assertThat(refusal(keys, ecdsa)).isNull();
        assertThat(refusal(keys("node2", port, file(line(hash, ecdsa)), HostKeyCheck.STRICT), ecdsa))
                .isEqualTo(Kind.UNKNOWN_HOST_KEY);
    }

    @Test
    void readsPastCommentsBlanksAndLinesThatMakeNoSense() throws Exception {
        HostKeys keys = keys("node1", 22, file(
                "# a comment", "", "nonsense", "node1 ssh-ed25519 not-base64",
                "node1 ssh-new " + Base64.getEncoder().encodeToString("new".getBytes()),
                line("node1", ecdsa) + " root@node1 set up by Ann"), HostKeyCheck.STRICT);

        assertThat(refusal(keys, ecdsa)).isNull();
    }

    @Test
    void anyOfSeveralKeysWillDo() throws Exception {
        HostKeys keys = keys("node1", 22, file(line("node1", ecdsa), line("node1", rsa)), HostKeyCheck.STRICT);

        assertThat(refusal(keys, ecdsa)).isNull();
        assertThat(refusal(keys, rsa)).isNull();
        assertThat(refusal(keys, otherEcdsa)).isEqualTo(Kind.CHANGED_HOST_KEY);
    }

    @Test
    void aFileIsParsedOnceAsLongAsItSaysTheSame() throws Exception {
        Path file = file(line("node1", ecdsa), line("[node2]:2222,node3", ecdsa), line("node*", rsa));
        KnownHostLines lines = KnownHostLines.of(file);
        assertThat(KnownHostLines.of(file)).isSameAs(lines);
        assertThat(lines.about("Node2")).extracting(each -> each.getConfigLine().split(" ")[0])
                .containsExactly("[node2]:2222,node3", "node*");

        FileTime at = Files.getLastModifiedTime(file);
        assertThat(refusal(keys("node1", 22, file, HostKeyCheck.STRICT), ecdsa)).isNull();
        Files.setLastModifiedTime(file(line("node1", otherEcdsa), line("[node2]:2222,node3", ecdsa), line("node*", rsa)), at);
        assertThat(refusal(keys("node1", 22, file, HostKeyCheck.STRICT), ecdsa)).as("of one length and one time")
                .isEqualTo(Kind.CHANGED_HOST_KEY);
        assertThat(refusal(keys("node1", 22, file, HostKeyCheck.STRICT), otherEcdsa)).isNull();
    }

    @Test
    void aRevokedKeyIsRefusedWhateverElseIsThere() throws Exception {
        Path file = file(line("node1", ecdsa), line("@revoked *", ecdsa));

        assertThat(refusal(keys("node1", 22, file, HostKeyCheck.STRICT), ecdsa)).isEqualTo(Kind.CHANGED_HOST_KEY);
        assertThat(refusal(keys("node2", 22, file, HostKeyCheck.ACCEPT_NEW), ecdsa)).isEqualTo(Kind.CHANGED_HOST_KEY);
    }

    @Test
    void theKeyOfACertificateAuthorityIsNoHostKey() throws Exception {
        HostKeys keys = keys("node1", 22, file(line("@cert-authority node1", ecdsa)), HostKeyCheck.STRICT);

        assertThat(refusal(keys, ecdsa)).isEqualTo(Kind.UNKNOWN_HOST_KEY);
    }

    @Test
    void anUnknownKeyIsShownWithTheWaysToTrustIt() throws Exception {
        HostKeys keys = keys("node1", 2222, directory.resolve("none"), HostKeyCheck.STRICT);

        SshException failure = catchThrowableOfType(SshException.class, () -> keys.verify(ecdsa));

        assertThat(failure).hasMessageContaining("node1:2222")
                .hasMessageContaining("hostKey: " + HostKeys.fingerprint(ecdsa))
                .hasMessageContaining(line("[node1]:2222", ecdsa));
        assertThat(failure.isTransient()).isFalse();
        assertThat(HostKeys.fingerprint(ecdsa)).startsWith("SHA256:").doesNotEndWith("=");
        // The line that the message proposes is one that is accepted then.
        assertThat(refusal(keys("node1", 2222, file(line("[node1]:2222", ecdsa)), HostKeyCheck.STRICT), ecdsa))
                .isNull();
    }

    @Test
    void acceptNewWritesTheKeyOnceAndRefusesAnotherAfterwards() throws Exception {
        Path file = directory.resolve("fresh/dir/known_hosts");

        keys("node1", 22, file, HostKeyCheck.ACCEPT_NEW).verify(ecdsa);
        keys("node1", 22, file, HostKeyCheck.ACCEPT_NEW).verify(ecdsa);

        assertThat(file).hasContent(line("node1", ecdsa));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file))).isEqualTo("rw-------");
        assertThat(refusal(keys("node1", 22, file, HostKeyCheck.ACCEPT_NEW), otherEcdsa))
                .isEqualTo(Kind.CHANGED_HOST_KEY);
        assertThat(refusal(keys("node1", 22, file, HostKeyCheck.STRICT), ecdsa)).isNull();
    }

    @Test
    void twoThatMeetANewHostAtATimeWriteItsKeyOnce() throws Exception {
        Path file = directory.resolve("known_hosts");
        HostKeys first = keys("node1", 22, file, HostKeyCheck.ACCEPT_NEW);
        HostKeys second = keys("node1", 22, file, HostKeyCheck.ACCEPT_NEW);

        first.verify(ecdsa);
        second.verify(ecdsa);

        assertThat(file).hasContent(line("node1", ecdsa));
    }

    @Test
    void acceptNewAddsALineOfItsOwnToAFileThatEndsWithoutOne() throws Exception {
        Path file = directory.resolve("known_hosts");
        Files.writeString(file, line("node1", ecdsa));

        keys("node2", 22, file, HostKeyCheck.ACCEPT_NEW).verify(rsa);

        assertThat(file).hasContent(line("node1", ecdsa) + "\n" + line("node2", rsa));
    }

    @Test
    void acceptNewThatCannotWriteAcceptsNothing() throws Exception {
        Path directoryInTheWay = Files.createDirectory(directory.resolve("in-the-way"));
        HostKeys keys = HostKeys.of(Login.of(new SshTarget("node1",
                Access.to(22).knownHosts(directory.resolve("none"), HostKeyCheck.ACCEPT_NEW).built())));
        Files.createDirectory(directory.resolve("none"));

        assertThat(refusal(keys, ecdsa)).isEqualTo(Kind.CONFIGURATION);
        assertThat(catchThrowableOfType(SshException.class,
                () -> keys("node1", 22, directoryInTheWay, HostKeyCheck.STRICT)).kind()).isEqualTo(Kind.CONFIGURATION);
    }

    @Test
    void offAcceptsEverything() throws Exception {
        assertThat(refusal(keys("node1", 22, file(line("node1", rsa)), HostKeyCheck.OFF), ecdsa)).isNull();
    }

    @Test
    void aPinIsTheOnlyKeyAccepted() throws Exception {
        for (String pin : List.of(HostKeys.fingerprint(ecdsa), HostKeys.fingerprint(ecdsa) + "=",
                PublicKeyEntry.toString(ecdsa), PublicKeyEntry.toString(ecdsa) + " comment")) {
            HostKeys keys = HostKeys.of(Login.of(new SshTarget("node1", Access.to(22).hostKey(pin).built())));

            assertThatCode(() -> keys.verify(ecdsa)).doesNotThrowAnyException();
            assertThat(refusal(keys, otherEcdsa)).isEqualTo(Kind.CHANGED_HOST_KEY);
            assertThat(refusal(keys, rsa)).isEqualTo(Kind.CHANGED_HOST_KEY);
        }
    }

    @ParameterizedTest
    @CsvSource({"nonsense", "MD5:00:11", "ssh-ed25519 not-base64", "ssh-ed25519"})
    void aPinThatMakesNoSenseIsAnError(String pin) {
        assertThat(catchThrowableOfType(SshException.class,
                () -> HostKeys.of(Login.of(new SshTarget("node1", Access.to(22).hostKey(pin).built())))).kind())
                .isEqualTo(Kind.CONFIGURATION);
    }

    @Test
    void asksForTheTypesItKnowsFirstAndForCertificatesOnlyWithAnAuthority() throws Exception {
        var all = ClientBuilder.setUpDefaultSignatureFactories(true);

        List<String> plain = names(keys("node1", 22, file(line("node1", rsa)), HostKeyCheck.STRICT)
                .order(all, Set.of()));
        assertThat(plain.get(0)).startsWith("rsa-sha2-");
        assertThat(plain).contains("ssh-ed25519", "ecdsa-sha2-nistp256").noneMatch(name -> name.contains("-cert-"));

        assertThat(names(keys("node1", 22, file(line("@cert-authority node1", rsa)), HostKeyCheck.STRICT)
                .order(all, Set.of())).get(0)).contains("-cert-");
    }

    private static List<String> names(List<? extends NamedFactory<?>> factories) {
        return factories.stream().map(NamedFactory::getName).toList();
    }
}
