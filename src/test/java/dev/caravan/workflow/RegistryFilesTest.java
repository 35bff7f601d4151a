package dev.caravan.workflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.journal.MemoryJournal;
import dev.caravan.routes.BareContext;
import dev.caravan.run.Run;
import dev.caravan.run.TestRuns;
import dev.caravan.run.Variables;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Registry;
import dev.caravan.spec.Registry.Mirror;
import dev.caravan.spec.Secret;
import dev.caravan.step.StepFailure;
import dev.caravan.testkit.TestClusters;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.Exchange;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The files of each runtime for the same registries: two mirrors, one of them with an entry of its own, and a registry by itself. */
class RegistryFilesTest {
    private static final String HUB = "aHViOmh1Yi1wYXNzd29yZA==";
    private static final String MIRROR = "bTptaXJyb3ItcGFzc3dvcmQ=";
    private static final String OWN = "bzpvd24tcGFzc3dvcmQ=";

    @TempDir
    Path directory;

    private List<Registry> registries() throws Exception {
        Path ca = directory.resolve("ca.crt");
        Files.writeString(ca, "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n");
        return List.of(
                new Registry("docker.io",
                        List.of(new Mirror("https", "m.example.org", "hub"), new Mirror("http", "n.example.org:5000", "")),
                        Optional.of("hub"), Optional.of(new Secret("hub-password")), Optional.of(ca.toString()), false),
                new Registry("m.example.org", List.of(), Optional.of("m"), Optional.of(new Secret("mirror-password")),
                        Optional.empty(), true),
                new Registry("own.example.org:5000", List.of(), Optional.of("o"), Optional.of(new Secret("own-password")),
                        Optional.of(ca.toString()), false));
    }

    private Map<String, String> files(Cluster.RuntimeName runtime, List<Registry> registries) throws Exception {
        Cluster plain = TestClusters.of(1, 0);
        Cluster cluster = new Cluster(plain.name(), plain.kubernetes(), plain.packages(),
                new Cluster.Runtime(runtime, Optional.empty(), List.of(), registries), plain.network(), plain.hosts(), plain.onFailure());
        Run run = TestRuns.apply(cluster, new MemoryJournal());
        Exchange exchange = new DefaultExchange(BareContext.make());
        exchange.setVariable(Variables.RUN, run);
        exchange.setVariable(Variables.HOST, cluster.hosts().get(0));
        Secret lines = new RegistryFiles().files(exchange);
        assertThat(registries.stream().flatMap(Registry::secrets).map(Secret::reveal)).isNotEmpty()
                .allSatisfy(secret -> assertThat(run.redact("a " + secret + " b")).isEqualTo("a *** b"));
        Map<String, String> files = new LinkedHashMap<>();
        lines.reveal().lines().map(line -> line.split(" ")).forEach(field -> files.put(field[0] + " " + field[1],
                new String(Base64.getDecoder().decode(field[2]), StandardCharsets.UTF_8)));
        return files;
    }

    @Test
    void containerdSendsEachPasswordToItsOwnServer() throws Exception {
        Map<String, String> files = files(Cluster.RuntimeName.CONTAINERD, registries());

        assertThat(files.get("/etc/containerd/certs.d/docker.io/hosts.toml 0600")).isEqualTo("""
                # Written by Caravan for runtime.registries. Changes are overwritten.
                server = "https://registry-1.docker.io"

                [host."https://m.example.org/v2/hub"]
                capabilities = ["pull", "resolve"]
                override_path = true
                skip_verify = true
                [host."https://m.example.org/v2/hub".header]
                Authorization = "Basic %s"

                [host."http://n.example.org:5000"]
                capabilities = ["pull", "resolve"]
                ca = "/etc/containerd/certs.d/docker.io/caravan-ca-2.crt"
                [host."http://n.example.org:5000".header]
                Authorization = "Basic %s"
                """.formatted(MIRROR, HUB));
        assertThat(files.get("/etc/containerd/certs.d/own.example.org:5000/hosts.toml 0600")).isEqualTo("""
                # Written by Caravan for runtime.registries. Changes are overwritten.
                server = "https://own.example.org:5000"
                ca = "/etc/containerd/certs.d/own.example.org:5000/caravan-ca.crt"
                [header]
                Authorization = "Basic %s"

                [host."https://own.example.org:5000"]
                capabilities = ["push"]
                """.formatted(OWN));
        assertThat(files).containsOnlyKeys("/etc/containerd/certs.d/docker.io/caravan-ca-2.crt 0644",
                "/etc/containerd/certs.d/docker.io/hosts.toml 0600", "/etc/containerd/certs.d/m.example.org/hosts.toml 0600",
                "/etc/containerd/certs.d/own.example.org:5000/caravan-ca.crt 0644",
                "/etc/containerd/certs.d/own.example.org:5000/hosts.toml 0600");
    }

    @Test
    void criOHasMirrorsInOneFileAndPasswordsInAnother() throws Exception {
        Map<String, String> files = files(Cluster.RuntimeName.CRI_O, registries());

        assertThat(files.get("/etc/containers/registries.conf.d/20-caravan-registries.conf 0644")).contains("""
                [[registry]]
                prefix = "docker.io"
                location = "docker.io"

                [[registry.mirror]]
                location = "m.example.org/hub"
                insecure = true

                [[registry.mirror]]
                location = "n.example.org:5000"
                insecure = true
                """);
        assertThat(files.get("/etc/crio/caravan-auth.json 0600")).isEqualTo("{\"caravan\": \"runtime.registries\", \"auths\": {"
                + "\"m.example.org\": {\"auth\": \"" + MIRROR + "\"}, \"n.example.org:5000\": {\"auth\": \"" + HUB + "\"}, "
                + "\"own.example.org:5000\": {\"auth\": \"" + OWN + "\"}}}\n");
        assertThat(files).containsKeys("/etc/containers/certs.d/n.example.org:5000/caravan-ca.crt 0644",
                "/etc/containers/certs.d/own.example.org:5000/caravan-ca.crt 0644").doesNotContainKey(
                "/etc/containers/certs.d/docker.io/caravan-ca.crt 0644");
    }

    @Test
    void dockersPasswordsAreWhereKubeletReadsThem() throws Exception {
        Registry hub = new Registry("docker.io", List.of(), Optional.of("hub"), Optional.of(new Secret("hub-password")), Optional.empty(),
                false);
        Map<String, String> files = files(Cluster.RuntimeName.DOCKER, List.of(hub, registries().get(2)));

        assertThat(files.get("/var/lib/kubelet/config.json 0600")).isEqualTo("{\"caravan\": \"runtime.registries\", \"auths\": {"
                + "\"https://index.docker.io/v1/\": {\"auth\": \"" + HUB + "\"}, \"own.example.org:5000\": {\"auth\": \""
                + OWN + "\"}}}\n");
        assertThat(files).containsOnlyKeys("/var/lib/kubelet/config.json 0600",
                "/etc/docker/certs.d/own.example.org:5000/caravan-ca.crt 0644");
    }

    @Test
    void aCaThatIsGoneFailsTheStepWithItsPath() throws Exception {
        List<Registry> registries = registries();
        Files.delete(directory.resolve("ca.crt"));

        assertThatThrownBy(() -> files(Cluster.RuntimeName.CONTAINERD, registries)).isInstanceOf(StepFailure.class)
                .hasMessageContaining("the CA's file " + directory.resolve("ca.crt") + " is missing");
    }
}
