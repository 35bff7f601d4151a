package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.Engine;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.StepState;
import dev.caravan.packages.Family;
import dev.caravan.run.TestActions;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Proxy;
import dev.caravan.spec.Registry;
import dev.caravan.spec.Secret;
import dev.caravan.testkit.Clusters;
import dev.caravan.testkit.RehearsedRuns;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Rehearsal: {@code proxy} and {@code runtime.registries}. On real hosts, src/test/lab/proxies runs both. */
class ProxyRehearsalTest {
    private static final String PASSWORD = "c4n4ry-proxy";
    private static final String REGISTRY_PASSWORD = "c4n4ry-registry";
    private static final String BASIC = "cHVsbGVyOmM0bjRyeS1yZWdpc3RyeQ==";

    @RegisterExtension
    final Scratch scratch = new Scratch();

    private final RehearsedRuns runs = new RehearsedRuns(scratch);

    @Tag("long")
    @Test
    void proxyAndRegistriesComeAreChangedAndGo() throws Exception {
        Cluster bare = Clusters.of(1, 1, "1.37.2", Cluster.RuntimeName.CONTAINERD, Clusters.root());
        Path ca = scratch.parent().resolve("ca.crt");
        Files.writeString(ca, "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n");
        Registry hub = new Registry("docker.io", List.of(new Registry.Mirror("https", "m.example.org:5443", "hub")),
                Optional.of("puller"), Optional.of(new Secret(REGISTRY_PASSWORD)), Optional.of(ca.toString()), false);
        Cluster cluster = with(bare, proxy("http://ops:" + PASSWORD + "@proxy.example.org:3128"), List.of(hub));
        try (Rehearsal rehearsal = Rehearsal.start(cluster, List.of(), scratch.directory(),
                        new Rehearsal.Options(Family.YUM, Map.of("h1", Family.APT), 0));
                Engine engine = runs.engine(rehearsal)) {
            Path apt = rehearsal.roots().get("h1");
            Path yum = rehearsal.roots().get("h2");

            assertThat(runs.run(engine, cluster, TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            assertThat(apt.resolve("etc/caravan/proxy.env")).content().contains("HTTPS_PROXY=http://ops:" + PASSWORD + "@",
                    "NO_PROXY=localhost,127.0.0.1,::1,mirror.example.net,h1,10.77.0.11,h2,10.77.0.12,"
                    + "10.244.0.0/16,10.96.0.0/12,.svc,.cluster.local");
            assertThat(mode(apt.resolve("etc/caravan/proxy.env"))).isEqualTo("rw-------");
            assertThat(apt.resolve("etc/apt/apt.conf.d/90caravan-proxy")).content().contains(
                    "Acquire::https::Proxy \"http://ops:" + PASSWORD + "@proxy.example.org:3128\";",
                    "Acquire::http::Proxy::mirror.example.net \"DIRECT\";");
            assertThat(mode(apt.resolve("etc/apt/apt.conf.d/90caravan-proxy"))).isEqualTo("rw-------");
            assertThat(yum.resolve("etc/apt/apt.conf.d/90caravan-proxy")).doesNotExist();
            assertThat(yum.resolve("etc/yum.repos.d/kubernetes.repo")).content().contains("proxy=http://ops:" + PASSWORD + "@");
            assertThat(mode(yum.resolve("etc/yum.repos.d/kubernetes.repo"))).isEqualTo("rw-------");
            for (Path root : List.of(apt, yum)) {
                assertThat(root.resolve("etc/systemd/system/containerd.service.d/90-caravan-proxy.conf")).content()
                        .contains("EnvironmentFile=-/etc/caravan/proxy.env").doesNotContain(PASSWORD);
                Path hosts = root.resolve("etc/containerd/certs.d/docker.io/hosts.toml");
                assertThat(mode(hosts)).isEqualTo("rw-------");
                assertThat(hosts).content().isEqualTo("""
                        # Written by Caravan for runtime.registries. Changes are overwritten.
                        server = "https://registry-1.docker.io"

                        [host."https://m.example.org:5443/v2/hub"]
                        capabilities = ["pull", "resolve"]
                        override_path = true
                        ca = "/etc/containerd/certs.d/docker.io/caravan-ca-1.crt"
                        [host."https://m.example.org:5443/v2/hub".header]
                        Authorization = "Basic %s"
                        """.formatted(BASIC));
                assertThat(root.resolve("etc/containerd/certs.d/docker.io/caravan-ca-1.crt")).hasSameTextualContentAs(ca);
            }

            runs.events().clear();
            assertThat(runs.run(engine, cluster, TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            assertThat(changes()).isEmpty();

            Cluster changed = with(bare, proxy("http://ops:" + PASSWORD + "-2@proxy.example.org:3129"), List.of(hub));
            assertThat(runs.run(engine, changed, TestActions.PLAN)).as(runs::details).isEqualTo("succeeded");
            assertThat(changes()).containsExactlyInAnyOrder("h1 proxy", "h2 proxy");
            assertThat(runs.details()).contains("restart containerd.service for its new configuration: it runs with another proxy",
                    "update /etc/yum.repos.d/kubernetes.repo: its proxy").doesNotContain(PASSWORD);
            runs.events().clear();
            assertThat(runs.run(engine, changed, TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            assertThat(changes()).containsExactlyInAnyOrder("h1 proxy", "h2 proxy", "h2 package-repository", "h1 runtime-install",
                    "h2 runtime-install");
            runs.events().clear();
            assertThat(runs.run(engine, changed, TestActions.PLAN)).as(runs::details).isEqualTo("succeeded");
            assertThat(changes()).isEmpty();

            // noProxy alone: a host that was added restarts nothing, an entry of the spec does
            Cluster except = with(bare, new Proxy(changed.proxy().orElseThrow().http(), changed.proxy().orElseThrow().https(),
                    List.of("mirror.example.net", "other.example.net")), List.of(hub));
            assertThat(runs.run(engine, except, TestActions.PLAN)).as(runs::details).isEqualTo("succeeded");
            assertThat(runs.details()).contains("restart containerd.service for its new configuration: it runs with another proxy");
            assertThat(yum.resolve("etc/yum.repos.d/kubernetes.repo")).content().contains("proxy.example.org:3129");

            runs.events().clear();
            assertThat(runs.run(engine, bare, TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            assertThat(apt.resolve("etc/caravan/proxy.env")).doesNotExist();
            assertThat(apt.resolve("etc/apt/apt.conf.d/90caravan-proxy")).doesNotExist();
            assertThat(yum.resolve("etc/yum.repos.d/kubernetes.repo")).content().doesNotContain("proxy=");
            assertThat(yum.resolve("etc/systemd/system/containerd.service.d")).doesNotExist();
            assertThat(yum.resolve("etc/containerd/certs.d/docker.io")).doesNotExist();
            assertThat(changes()).contains("h1 package-repository", "h1 runtime-install");
            assertThat(runs.run(engine, bare, TestActions.RESET)).as(runs::details).isEqualTo("succeeded");
            assertThat(runs.details()).doesNotContain(PASSWORD, REGISTRY_PASSWORD, BASIC);
        }
    }

    @Tag("long")
    @Test
    void aResetLeavesNothingOfThem() throws Exception {
        Registry own = new Registry("registry.example:5000", List.of(), Optional.of("puller"), Optional.of(new Secret(REGISTRY_PASSWORD)),
                Optional.empty(), false);
        Cluster cluster = with(Clusters.of(1, 0, "1.20.2", Cluster.RuntimeName.DOCKER, Clusters.root()),
                proxy("http://proxy.example.org:3128"), List.of(own,
                        new Registry("docker.io", List.of(new Registry.Mirror("https", "m.example.org", "")), Optional.empty(),
                                Optional.empty(), Optional.empty(), false)));
        try (Rehearsal rehearsal = Rehearsal.start(cluster, List.of(), scratch.directory(), Rehearsal.Options.usual().withPace(0));
                Engine engine = runs.engine(rehearsal)) {
            Path root = rehearsal.roots().get("h1");
            assertThat(runs.run(engine, cluster, TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            assertThat(root.resolve("var/lib/kubelet/config.json")).content()
                    .isEqualTo("{\"caravan\": \"runtime.registries\", \"auths\": {\"registry.example:5000\": {\"auth\": \""
                            + BASIC + "\"}}}\n");
            assertThat(root.resolve("etc/docker/daemon.json")).content().contains("\"registry-mirrors\": [\"https://m.example.org\"]");
            assertThat(root.resolve("etc/systemd/system/docker.service.d/90-caravan-proxy.conf")).exists();
            runs.events().clear();
            assertThat(runs.run(engine, cluster, TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            assertThat(changes()).isEmpty();

            assertThat(runs.run(engine, cluster, TestActions.RESET)).as(runs::details).isEqualTo("succeeded");

            for (String path : List.of("etc/caravan", "var/lib/kubelet", "etc/docker", "etc/systemd/system/docker.service.d",
                    "etc/yum.repos.d/kubernetes.repo")) {
                assertThat(root.resolve(path)).as(path).doesNotExist();
            }
            assertThat(runs.details()).doesNotContain(REGISTRY_PASSWORD, BASIC);
        }
    }

    @Test
    void kubeadmFindsNoProxyAndPackageManagersFindTheHosts() throws Exception {
        Cluster cluster = Clusters.of(1, 0, "1.37.2", Cluster.RuntimeName.CONTAINERD, Clusters.root());
        try (Rehearsal rehearsal = Rehearsal.start(cluster, List.of(), scratch.directory(), Rehearsal.Options.usual().withPace(0));
                Connection connection = new Connection(rehearsal.host("h1"))) {
            Files.writeString(rehearsal.host("h1").root().resolve("etc/environment"),
                    "PATH=/bin\nhttp_proxy=\"http://site.example:3128\"\nexport NO_PROXY='.corp.example'\n");
            Path lib = StepDriver.SCRIPTS.toAbsolutePath();

            String text = "export HTTPS_PROXY=http://x:1 ftp_proxy=http://x:1 any_Proxy=x; CARAVAN_LIB='" + lib + "'; . '" + lib
                    + "/lib.sh'; "
                    + "{ env | grep -i _proxy || true; }; with_proxy env | grep -i _proxy | sort";
            Connection.Answer login = connection.run("sh -c \"" + text + "\"", "");
            assertThat(login.out().strip().lines()).containsExactly("HTTPS_PROXY=http://x:1", "https_proxy=http://x:1");

            Connection.Answer file = connection.run("sh -c \"" + text.substring(text.indexOf("; ") + 2) + "\"", "");
            assertThat(file.out().strip().lines()).containsExactly("HTTP_PROXY=http://site.example:3128", "NO_PROXY=.corp.example",
                    "http_proxy=http://site.example:3128", "no_proxy=.corp.example");
        }
    }

    private static Proxy proxy(String url) {
        return new Proxy(Optional.of(new Secret(url)), Optional.of(new Secret(url)), List.of("mirror.example.net"));
    }

    private static Cluster with(Cluster cluster, Proxy proxy, List<Registry> registries) {
        Cluster.Runtime runtime = new Cluster.Runtime(cluster.runtime().name(), cluster.runtime().version(),
                cluster.runtime().insecureRegistries(), registries);
        return new Cluster(cluster.name(), cluster.kubernetes(), cluster.packages(), runtime, cluster.network(), cluster.hosts(),
                cluster.onFailure(), cluster.maxFailedHosts(), cluster.backup(), cluster.leaving(), cluster.leader(), Optional.of(proxy));
    }

    private static String mode(Path file) throws Exception {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }

    private List<String> changes() {
        return runs.events().stream()
                .filter(event -> event.as(StepEnded.class).filter(ended -> ended.state() == StepState.CHANGED).isPresent())
                .map(event -> event.host().orElse("") + " " + event.step().orElse(""))
                .filter(step -> !step.contains("credentials")).toList();
    }
}
