package dev.caravan.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.tuple;

import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Hosts of a spec that are to leave the cluster. */
class LeavingHostsTest {
    @TempDir
    Path directory;

    @Test
    void theyAreNotAmongTheHostsOfTheCluster() throws InvalidSpec {
        Cluster cluster = read(spec("192.0.2.10:6443", "", "absent", "lost"));

        assertThat(cluster.hosts()).extracting(Host::name).containsExactly("h1");
        assertThat(cluster.leaving()).extracting(Host::name, Host::state).containsExactly(
                tuple("h2", Host.State.ABSENT), tuple("h3", Host.State.LOST));
        assertThat(cluster.everyHost()).extracting(Host::name).containsExactly("h1", "h2", "h3");
        assertThat(cluster.backup().before()).contains(Cluster.Occasion.REMOVE_CONTROL_PLANE);
    }

    @Test
    void theFirstControlPlaneIsOneThatStays() throws InvalidSpec {
        Cluster cluster = read(spec("api.example.org:6443", "absent", "", "present"));

        assertThat(cluster.firstControlPlane().name()).isEqualTo("h2");
        assertThat(cluster.ledBy(cluster.hosts().get(1)).firstControlPlane().name()).isEqualTo("h3");
    }

    @Test
    void oneControlPlaneStays() {
        assertThat(problems(spec("192.0.2.10:6443", "absent", "lost", "absent"))).contains(
                "spec.hosts[0].state: no control plane would stay in the cluster");
    }

    @Test
    void theHostThatIsTheEndpointStays() {
        assertThat(problems(spec("192.0.2.11:6443", "absent", "", ""))).contains(
                "spec.hosts[0].state: h1 cannot leave: its address is the cluster's controlPlaneEndpoint");
        assertThat(problems(spec("192.0.2.12:6443", "", "lost", ""))).contains("spec.hosts[1].state: h2 cannot leave");
        assertThat(problems(spec("'[2001:DB8::1]:6443'", "absent", "", "").replace("192.0.2.11", "'2001:db8:0::1'")))
                .contains("h1 cannot leave");
    }

    @Test
    void anotherWordIsAnError() {
        assertThat(problems(spec("192.0.2.10:6443", "", "gone", ""))).contains("spec.hosts[1].state");
    }

    private static String spec(String endpoint, String... states) {
        StringBuilder text = new StringBuilder("""
                apiVersion: caravan/v1
                kind: Cluster
                metadata: {name: demo}
                spec:
                  kubernetes: {version: 1.37.2, controlPlaneEndpoint: %s}
                  hosts:
                """.formatted(endpoint));
        for (int number = 1; number <= states.length; number++) {
            String state = states[number - 1];
            text.append("    - {name: h%d, address: 192.0.2.1%d, roles: [control-plane]%s}%n".formatted(number, number,
                    state.isEmpty() ? "" : ", state: " + state));
        }
        return text.toString();
    }

    private Cluster read(String text) throws InvalidSpec {
        return SpecReader.read(text, "test", Expansion.in(directory, Map.<String, String>of()::get, directory));
    }

    private String problems(String text) {
        InvalidSpec invalid = catchThrowableOfType(InvalidSpec.class, () -> read(text));
        assertThat(invalid).as(text).isNotNull();
        return invalid.problems().stream().map(problem -> problem.path() + ": " + problem.message()).collect(Collectors.joining("\n"));
    }
}
