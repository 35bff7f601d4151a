package dev.caravan.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.caravan.spec.SshAccess.Jump;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code ~/.ssh/config} means for the hosts of a spec. */
class OpenSshConfigTest {
    @TempDir
    private Path home;

    @BeforeEach
    void makeDirectory() throws IOException {
        Files.createDirectories(home.resolve(".ssh/config.d"));
    }

    private void config(String text) throws IOException {
        write(".ssh/config", text);
    }

    private void write(String name, String text) throws IOException {
        Files.writeString(home.resolve(name), text);
        Files.setPosixFilePermissions(home.resolve(name), PosixFilePermissions.fromString("rw-r--r--"));
    }

    private Host host(String address, String ssh) throws InvalidSpec {
        return SpecReader.read("""
                apiVersion: caravan/v1
                kind: Cluster
                metadata: {name: demo}
                spec:
                  kubernetes: {version: 1.20.2}
                  ssh: %s
                  hosts:
                    - {name: h1, address: %s, roles: [control-plane]}
                """.formatted(ssh, address), "test", Expansion.in(home, Map.<String, String>of()::get, home)).hosts().get(0);
    }

    private String refused(String address) {
        return catchThrowableOfType(InvalidSpec.class, () -> host(address, "{}")).problems().get(0).message();
    }

    @Test
    void withoutAFileTheDefaultsHold() throws Exception {
        Host host = host("h1.example", "{}");
        assertThat(host.address()).isEqualTo("h1.example");
        assertThat(host.ssh().user()).isEqualTo("root");
        assertThat(host.ssh().port()).isEqualTo(22);
    }

    @Test
    void givesWhatTheSpecLeavesOpen() throws Exception {
        write("first", "");
        write("second", "");
        config("""
                # the office
                Host h1.example h2.example
                    HostName 192.0.2.11
                    User=ops
                    Port 2222
                    IdentityFile ~/first
                    IdentityFile "%d/second"
                    IdentityFile ~/missing
                    ForwardAgent yes
                """);
        Host host = host("h1.example", "{}");
        assertThat(host.address()).as("where the cluster finds it, too").isEqualTo("192.0.2.11");
        assertThat(host.ssh().user()).isEqualTo("ops");
        assertThat(host.ssh().port()).isEqualTo(2222);
        assertThat(host.ssh().privateKey()).contains(home.resolve("first").toString());
        assertThat(host.ssh().furtherKeys()).containsExactly(home.resolve("second").toString());
        assertThat(host("h3.example", "{}").ssh().port()).isEqualTo(22);
    }

    @Test
    void theSpecHasTheFirstWord() throws Exception {
        write("first", "");
        config("Host *\n User ops\n Port 2222\n IdentityFile ~/first\n ProxyJump bastion\n");
        SshAccess access = host("192.0.2.11", "{user: root, port: 23, privateKey: ~/own, proxyJump: none}").ssh();
        assertThat(access.user()).isEqualTo("root");
        assertThat(access.port()).isEqualTo(23);
        assertThat(access.privateKey()).contains(home.resolve("own").toString());
        assertThat(access.furtherKeys()).isEmpty();
        assertThat(access.proxyJump()).isEmpty();
    }

    @Test
    void canBeIgnored() throws Exception {
        config("Host *\n User ops\n HostName 192.0.2.99\n ProxyCommand nc %h %p\n");
        Host host = host("h1.example", "{config: false}");
        assertThat(host.address()).isEqualTo("h1.example");
        assertThat(host.ssh().user()).isEqualTo("root");
        assertThat(host.ssh().proxyCommand()).isEmpty();
    }

    @Test
    void theFirstValueCountsAndPatternsMayExclude() throws Exception {
        config("""
                Port 2001
                Host *.example !h2.example
                  User first
                Host h?.example
                  User second
                  Port 2002
                Host *
                  User last
                """);
        assertThat(host("h1.example", "{}").ssh().user()).isEqualTo("first");
        assertThat(host("h1.example", "{}").ssh().port()).isEqualTo(2001);
        assertThat(host("h2.example", "{}").ssh().user()).isEqualTo("second");
        assertThat(host("192.0.2.1", "{}").ssh().user()).isEqualTo("last");
    }

    @Test
    void matchSectionsApplyInOrder() throws Exception {
        config("""
                Host alias
                  HostName inner.example
                Match host inner.example
                  Port 2001
                Match originalhost other,alias !user root
                  ProxyCommand connect %h
                Match user ops host *.example
                  ProxyCommand never
                Match exec "test -f /etc/passwd"
                  User unknown
                Match all
                  IdentityFile ~/none
                """);
        assertThat(host("alias", "{user: ops}").ssh().proxyCommand()).contains("connect inner.example");
        assertThat(host("alias", "{}").ssh().port()).isEqualTo(2001);
        assertThat(host("alias", "{user: root}").ssh().proxyCommand()).isEmpty();
        assertThat(host("alias", "{}").ssh().user()).as("an unknown criterion is met by nothing").isEqualTo("root");
    }

    @Test
    void filesAreIncludedUnderTheConditionAroundThem() throws Exception {
        write(".ssh/config.d/10-ports", "Port 2001\nHost h2.example\n  User second\n");
        write(".ssh/config.d/20-users", "Host h1.example\n  User ops\n");
        write("elsewhere", "User nobody\n");
        config("""
                Include config.d/* missing
                Host h9.example
                  Include ~/elsewhere
                """);
        assertThat(host("h1.example", "{}").ssh().user()).isEqualTo("ops");
        assertThat(host("h1.example", "{}").ssh().port()).isEqualTo(2001);
        assertThat(host("h2.example", "{}").ssh().user()).isEqualTo("second");
        assertThat(host("h9.example", "{}").ssh().user()).isEqualTo("nobody");
        assertThat(host("h8.example", "{}").ssh().user()).isEqualTo("root");
    }

    @Test
    void jumpHostsAreLookedUpToo() throws Exception {
        write("first", "");
        config("""
                Host bastion
                  HostName 192.0.2.1
                  User jumper
                  Port 2200
                  IdentityFile ~/first
                  ProxyJump outer
                Host outer
                  HostName 192.0.2.2
                Host *
                  ProxyJump bastion,ops@middle:23
                """);
        Jump middle = host("h1.example", "{privateKey: ~/own}").ssh().proxyJump().orElseThrow();
        Jump bastion = middle.access().proxyJump().orElseThrow();
        Jump outer = bastion.access().proxyJump().orElseThrow();
        assertThat(middle.address()).isEqualTo("middle");
        assertThat(middle.access().user()).isEqualTo("ops");
        assertThat(middle.access().port()).isEqualTo(23);
        assertThat(middle.access().privateKey()).as("taken over").contains(home.resolve("own").toString());
        assertThat(bastion.address()).isEqualTo("192.0.2.1");
        assertThat(bastion.access().user()).isEqualTo("jumper");
        assertThat(bastion.access().port()).isEqualTo(2200);
        assertThat(bastion.access().privateKey()).as("its own").contains(home.resolve("first").toString());
        assertThat(outer.address()).isEqualTo("192.0.2.2");
    }

    @Test
    void aJumpHostForAllIsNoneForItselfAndCirclesEnd() throws Exception {
        config("Host *\n ProxyJump bastion\n");
        assertThat(host("h1.example", "{}").ssh().proxyJump().orElseThrow().access().proxyJump()).isEmpty();
        config("Host a\n ProxyJump b\nHost b\n ProxyJump a\n");
        assertThat(host("a", "{}").ssh().proxyJump()).isPresent();
    }

    @Test
    void whatComesFirstOfJumpAndCommandCounts() throws Exception {
        config("Host h1.example\n ProxyCommand none\nHost *\n ProxyJump bastion\n");
        assertThat(host("h1.example", "{}").ssh().proxyJump()).isEmpty();
        assertThat(host("h1.example", "{}").ssh().proxyCommand()).isEmpty();
        assertThat(host("h2.example", "{}").ssh().proxyJump()).isPresent();
    }

    @Test
    void aCommandKeepsItsQuotesAndGetsItsValues() throws Exception {
        config("Host *\n HostName %h.inner\n ProxyCommand sh -c \"nc '%h' %p\" # %n %r %%\n");
        assertThat(host("h1", "{user: ops, port: 23}").ssh().proxyCommand()).contains("sh -c \"nc 'h1.inner' 23\" # h1 ops %");
    }

    @ParameterizedTest
    @ValueSource(strings = {"$(touch${IFS}x)", "a;b", "'x", "`x`", "a|b"})
    void nothingOfASpecBecomesACommand(String user) throws Exception {
        config("Host *\n ProxyCommand connect %r@%h\n");
        assertThat(catchThrowableOfType(InvalidSpec.class, () -> host("h1.example", "{user: \"" + user + "\"}")).problems().get(0)
                .message()).contains(".ssh/config, line 2", "%r");
    }

    @Test
    void wrongLinesAreNamed() throws Exception {
        config("Host *\n Port ssh\n");
        assertThat(refused("h1.example")).contains(".ssh/config, line 2", "1 to 65535");
        config("\n\nUser\n");
        assertThat(refused("h1.example")).contains("line 3", "no value");
        config("ProxyJump a b@c:99999\n");
        assertThat(host("h1.example", "{}").ssh().proxyJump().orElseThrow().address()).isEqualTo("a");
        config("ProxyJump b@c:99999\n");
        assertThat(refused("h1.example")).contains("line 1", "ProxyJump");
        config("IdentityFile %C/key\n");
        assertThat(refused("h1.example")).contains("line 1", "%h");
        config("Include config\n");
        assertThat(refused("h1.example")).contains("files deep");
        config(String.join("", IntStream.range(0, 20_001).mapToObj(i -> "User u\n").toList()));
        assertThat(refused("h1.example")).contains("20000");
    }

    @Test
    void aFileThatOthersCanWriteToIsRefused() throws Exception {
        config("Host *\n User ops\n");
        Files.setPosixFilePermissions(home.resolve(".ssh/config"), PosixFilePermissions.fromString("rw-rw-r--"));
        assertThat(refused("h1.example")).contains("can be written by other users", "chmod go-w");
    }
}
