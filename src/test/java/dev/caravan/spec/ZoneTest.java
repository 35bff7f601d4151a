package dev.caravan.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code zone} of hosts: whose runner reaches them. */
class ZoneTest {
    @TempDir
    private Path home;

    private static String spec(String first, String second) {
        return """
                apiVersion: caravan/v1
                kind: Cluster
                metadata: {name: demo}
                spec:
                  kubernetes: {version: 1.37.2}
                  packages: {mirror: community}
                  network: {cni: bridge}
                  hosts:
                    - {name: h1, address: 192.0.2.11, roles: [control-plane]%s}
                    - {name: h2, address: 192.0.2.12, roles: [worker]%s}
                """.formatted(first, second);
    }

    private Cluster read(String first, String second) throws InvalidSpec {
        return SpecReader.read(spec(first, second), "test", Expansion.in(home, variable -> null, home));
    }

    @Test
    void aHostWithoutAZoneIsOfTheEnginesOwn() throws Exception {
        Cluster cluster = read("", ", zone: site-a");
        assertThat(cluster.hosts()).extracting(Host::zone).containsExactly("default", "site-a");
        assertThat(cluster.hosts()).extracting(Host::isOfDefaultZone).containsExactly(true, false);
        assertThat(read(", zone: default", "").hosts().get(0).isOfDefaultZone()).isTrue();
    }

    @Test
    void whatIsNoNameOfAZoneIsRefused() {
        for (String wrong : new String[] {"Site", "a.b", "-a", "\"\"", "a/b", "\"{zone}\"", "[a]"}) {
            assertThatThrownBy(() -> read("", ", zone: " + wrong)).isInstanceOf(InvalidSpec.class)
                    .hasMessageContaining("spec.hosts[1].zone");
        }
    }

    @Test
    void theEnginesOpenSshConfigurationIsForItsOwnHosts() throws Exception {
        Files.createDirectories(home.resolve(".ssh"));
        Files.writeString(home.resolve(".ssh/config"), "Host 192.0.2.*\n  User ops\n  HostName 198.51.100.7\n");
        Cluster cluster = read("", ", zone: site-a");
        assertThat(cluster.hosts().get(0).ssh().user()).isEqualTo("ops");
        assertThat(cluster.hosts().get(0).address()).isEqualTo("198.51.100.7");
        assertThat(cluster.hosts().get(1).ssh().user()).isEqualTo("root");
        assertThat(cluster.hosts().get(1).address()).isEqualTo("192.0.2.12");
    }

    @Test
    void keyFilesOfAnotherZoneAreNotLookedForHere() throws Exception {
        Path file = home.resolve("cluster.yaml");
        String key = ", ssh: {privateKey: /nowhere/key}";
        Files.writeString(file, spec(", zone: site-a" + key, ", zone: site-b" + key));
        assertThat(SpecReader.validate(file).hosts()).hasSize(2);
        Files.writeString(file, spec(key, ", zone: site-b" + key));
        assertThatThrownBy(() -> SpecReader.validate(file)).isInstanceOf(InvalidSpec.class)
                .hasMessageContaining("spec.hosts[0].ssh.privateKey").hasMessageNotContaining("spec.hosts[1]");
    }
}
