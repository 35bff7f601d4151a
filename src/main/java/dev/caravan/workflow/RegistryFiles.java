package dev.caravan.workflow;

import dev.caravan.run.Run;
import dev.caravan.run.Variables;
import dev.caravan.spec.CertificateFile;
import dev.caravan.spec.Registry;
import dev.caravan.spec.Registry.Mirror;
import dev.caravan.spec.Secret;
import dev.caravan.step.StepFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.camel.Exchange;
import org.apache.camel.Variable;

/** What {@code runtime.registries} is in the files of a runtime: bean {@code registries}. */
public final class RegistryFiles {
    private static final String MARK = "# Written by Caravan for runtime.registries. Changes are overwritten.\n";
    private static final String CA = "caravan-ca.crt";
    private static final String PRIVATE = "0600";
    private static final String PUBLIC = "0644";

    /** Whether the spec says anything of registries. */
    public boolean isWanted(@Variable(Variables.RUN) Run run) {
        return !run.cluster().runtime().registries().isEmpty();
    }

    /**
     * The files for the runtime of the cluster: a line PATH MODE CONTENT-IN-BASE64 for each.
     *
     * @throws StepFailure where the file of a CA cannot be read
     */
    public Secret files(Exchange exchange) throws StepFailure {
        Run run = exchange.getVariable(Variables.RUN, Run.class);
        Files files = new Files(run.cluster().runtime().registries(), new LinkedHashMap<>());
        try {
            switch (run.cluster().runtime().name()) {
                case DOCKER -> files.docker();
                case CRI_O -> files.criO();
                default -> files.containerd();
            }
        } catch (IOException e) {
            throw new StepFailure(Variables.hostName(exchange), "registries", "certificates", false, e.getMessage(),
                    "See runtime.registries in the spec.", List.of(), e);
        }
        return new Secret(files.lines.values().stream().collect(Collectors.joining()));
    }

    /** @param lines by path */
    private record Files(List<Registry> all, Map<String, String> lines) {
        private void put(String path, String mode, String content) {
            lines.put(path, path + " " + mode + " " + Base64.getEncoder().encodeToString(content.getBytes(StandardCharsets.UTF_8)) + "\n");
        }

        // ---- containerd: hosts.toml, which it reads at each pull

        private void containerd() throws IOException {
            for (Registry registry : all) {
                String directory = "/etc/containerd/certs.d/" + registry.host();
                // no password leaves the file for another server than the one that it is for: mirror and registry have tables of their own
                StringBuilder hosts = new StringBuilder(MARK).append("server = \"https://").append(registry.server()).append("\"\n");
                if (registry.isForItself(all)) {
                    hosts.append(settings(registry, directory, CA));
                    registry.basic().ifPresent(basic -> hosts.append("[header]\n").append(authorization(basic)));
                }
                if (registry.mirrors().isEmpty()) {
                    // containerd 1 ignores a file without such a table. This one sends no further request: nodes do not push
                    hosts.append("\n[host.\"https://").append(registry.server()).append("\"]\ncapabilities = [\"push\"]\n");
                }
                int number = 0;
                for (Mirror mirror : registry.mirrors()) {
                    number++;
                    Registry values = registry.entryOf(mirror, all);
                    String table = "host.\"" + mirror.scheme() + "://" + mirror.host()
                            + (mirror.path().isEmpty() ? "" : "/v2/" + mirror.path()) + "\"";
                    hosts.append("\n[").append(table).append("]\ncapabilities = [\"pull\", \"resolve\"]\n");
                    if (!mirror.path().isEmpty()) {
                        hosts.append("override_path = true\n");
                    }
                    hosts.append(settings(values, directory, "caravan-ca-" + number + ".crt"));
                    values.basic().ifPresent(basic -> hosts.append("[").append(table).append(".header]\n").append(authorization(basic)));
                }
                put(directory + "/hosts.toml", PRIVATE, hosts.toString());
            }
        }

        private String settings(Registry values, String directory, String name) throws IOException {
            StringBuilder settings = new StringBuilder();
            if (values.caFile().isPresent()) {
                put(directory + "/" + name, PUBLIC, CertificateFile.read(values.caFile().get()));
                settings.append("ca = \"").append(directory).append('/').append(name).append("\"\n");
            }
            if (values.insecure()) {
                settings.append("skip_verify = true\n");
            }
            return settings.toString();
        }

        private static String authorization(Secret basic) {
            return "Authorization = \"Basic " + basic.reveal() + "\"\n";
        }

        // ---- Docker: mirrors and insecure registries are in daemon.json, which runtime-install writes

        private void docker() throws IOException {
            certificates("/etc/docker/certs.d/");
            auths(registry -> registry.host().equals(Registry.DOCKER) ? "https://index.docker.io/v1/" : registry.host())
                    .ifPresent(auths -> put("/var/lib/kubelet/config.json", PRIVATE, auths));
        }

        // ---- CRI-O: containers-registries.conf(5), containers-certs.d(5), containers-auth.json(5)

        private void criO() throws IOException {
            StringBuilder conf = new StringBuilder(MARK);
            for (Registry registry : all) {
                conf.append("\n[[registry]]\nprefix = \"").append(registry.host()).append("\"\nlocation = \"").append(registry.host())
                        .append("\"\n");
                if (registry.isForItself(all) && registry.insecure()) {
                    conf.append("insecure = true\n");
                }
                for (Mirror mirror : registry.mirrors()) {
                    conf.append("\n[[registry.mirror]]\nlocation = \"").append(location(mirror)).append("\"\n");
                    if (mirror.isPlain() || registry.entryOf(mirror, all).insecure()) {
                        conf.append("insecure = true\n");
                    }
                }
            }
            put("/etc/containers/registries.conf.d/20-caravan-registries.conf", PUBLIC, conf.toString());
            certificates("/etc/containers/certs.d/");
            auths(Registry::host).ifPresent(auths -> put("/etc/crio/caravan-auth.json", PRIVATE, auths));
        }

        private static String location(Mirror mirror) {
            return mirror.host() + (mirror.path().isEmpty() ? "" : "/" + mirror.path());
        }

        // ---- both

        private void certificates(String directory) throws IOException {
            for (Registry registry : all) {
                if (registry.isForItself(all) && registry.caFile().isPresent()) {
                    put(directory + registry.host() + "/" + CA, PUBLIC, CertificateFile.read(registry.caFile().get()));
                }
                for (Mirror mirror : registry.mirrors()) {
                    Optional<String> file = registry.entryOf(mirror, all).caFile();
                    if (file.isPresent()) {
                        put(directory + mirror.host() + "/" + CA, PUBLIC, CertificateFile.read(file.get()));
                    }
                }
            }
        }

        private Optional<String> auths(Function<Registry, String> name) {
            Map<String, String> auths = new LinkedHashMap<>();
            for (Registry registry : all) {
                if (registry.isForItself(all)) {
                    registry.basic().ifPresent(basic -> auths.put(name.apply(registry), basic.reveal()));
                }
                registry.mirrors().forEach(mirror -> registry.entryOf(mirror, all).basic()
                        .ifPresent(basic -> auths.putIfAbsent(mirror.host(), basic.reveal())));
            }
            return auths.isEmpty() ? Optional.empty() : Optional.of("{\"caravan\": \"runtime.registries\", \"auths\": {"
                    + auths.entrySet().stream().map(each -> "\"" + each.getKey() + "\": {\"auth\": \"" + each.getValue() + "\"}")
                            .collect(Collectors.joining(", ")) + "}}\n");
        }
    }
}
