package dev.caravan.rehearsal;

import dev.caravan.packages.Family;
import dev.caravan.routes.RouteFiles;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.spec.Role;
import dev.caravan.tables.KubernetesTable;
import dev.caravan.tables.Minor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Runs the step scripts on a simulated host one after the other, as the engine does but in the plainest way. */
final class StepDriver {
    static final Path SCRIPTS = Path.of("routes/scripts");
    private static final RouteFiles FILES = RouteFiles.builtIn();
    private static final List<String> NAMES = FILES.all().keySet().stream().filter(name -> name.matches("scripts/[^/]+"))
            .map(name -> name.substring("scripts/".length())).toList();
    private static final String RECORD = "caravan-found\t";
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private final Rehearsal rehearsal;
    private final Map<String, Family> families;

    /** @param outputs outputs and secrets by name */
    record Result(int status, String log, List<String> changes, Map<String, String> outputs) {
        String records() {
            return StepDriver.records(log);
        }
    }

    /** What a step with that log recorded, the newest first, as an undo reads it. */
    static String records(String log) {
        List<String> records = new ArrayList<>(log.lines().filter(line -> line.startsWith(RECORD))
                .map(line -> line.substring(RECORD.length())).toList());
        Collections.reverse(records);
        return String.join("\n", records) + "\n";
    }

    StepDriver(Rehearsal rehearsal, Map<String, Family> families) {
        this.rehearsal = rehearsal;
        this.families = families;
    }

    Result run(String hostName, String step, Map<String, String> more, String input) throws IOException {
        SimulatedHost host = rehearsal.host(hostName);
        String id = step + "-" + NUMBER.incrementAndGet();
        Path directory = Files.createDirectories(host.root().resolve("run/caravan").resolve(id));
        for (String name : NAMES) {
            if (name.endsWith("lib.sh") || name.equals(step + ".sh")) {
                Files.writeString(directory.resolve(name), FILES.script(name).orElseThrow());
            }
        }
        Files.writeString(directory.resolve("stdin"), input);
        Map<String, String> environment = environment(hostName, step, directory);
        environment.putAll(more);
        Files.writeString(directory.resolve("environment"), environment.entrySet().stream()
                .map(entry -> "export " + entry.getKey() + "='" + entry.getValue() + "'\n")
                .collect(Collectors.joining()));
        Host specified = rehearsal.cluster().hosts().stream().filter(one -> one.name().equals(hostName)).findFirst().orElseThrow();
        boolean root = specified.ssh().user().equals("root");
        String body = "cd \"" + directory + "\" && . ./environment && sh " + step + ".sh < stdin";
        String command = root ? body : "sudo -S -p '' sh -c '" + body + "'";
        String password = specified.ssh().sudoPassword().map(secret -> secret.reveal() + "\n").orElse("");
        try (Connection connection = new Connection(host, specified.ssh().user())) {
            Connection.Answer answer = connection.run(command, password + id + " " + step + "\n");
            return new Result(answer.status() == null ? -1 : answer.status(), answer.out() + answer.err(), changes(directory),
                    outputs(directory));
        }
    }

    private Map<String, String> environment(String hostName, String step, Path directory) {
        Cluster cluster = rehearsal.cluster();
        Host host = cluster.hosts().stream().filter(one -> one.name().equals(hostName)).findFirst().orElseThrow();
        int number = cluster.hosts().indexOf(host);
        boolean yum = families.getOrDefault(hostName, Family.YUM) == Family.YUM;
        boolean docker = cluster.runtime().name() == Cluster.RuntimeName.DOCKER;
        Map<String, String> environment = new TreeMap<>();
        environment.put("CARAVAN_STEP", step);
        environment.put("CARAVAN_LIB", directory.toString());
        environment.put("CARAVAN_RESULT", directory.resolve("result").toString());
        environment.put("CLUSTER_NAME", cluster.name());
        environment.put("NODE_NAME", hostName);
        environment.put("NODE_ADDRESS", host.address());
        environment.put("NODE_ROLES", host.roles().stream().map(Role::word).collect(Collectors.joining(" ")));
        environment.put("KUBERNETES_VERSION", cluster.kubernetes().version());
        environment.put("KUBERNETES_MINOR", Integer.toString(cluster.kubernetes().minor()));
        Minor minor = KubernetesTable.builtIn().minor(cluster.kubernetes().minor());
        environment.put("KUBERNETES_COMMANDS", String.join(" ", minor.commands()));
        environment.put("KUBELET_ASKS_AMAZON", Boolean.toString(minor.kubeletAsksAmazon()));
        environment.put("IMAGE_REPOSITORY", cluster.kubernetes().imageRepository());
        environment.put("CONTROL_PLANE_ENDPOINT", cluster.kubernetes().controlPlaneEndpoint());
        environment.put("POD_SUBNET", cluster.kubernetes().podSubnet());
        environment.put("SERVICE_SUBNET", cluster.kubernetes().serviceSubnet());
        environment.put("RUNTIME", cluster.runtime().name().word());
        environment.put("RUNTIME_VERSION", "");
        environment.put("CRI_SOCKET", docker ? "/var/run/dockershim.sock" : "/run/containerd/containerd.sock");
        environment.put("CGROUP_DRIVER", "systemd");
        environment.put("INSECURE_REGISTRIES", "registry.example:5000");
        environment.put("KUBERNETES_REPO_URL", yum
                ? "https://mirror.example/kubernetes/yum/repos/kubernetes-el7-x86_64"
                : "https://mirror.example/kubernetes/apt kubernetes-xenial main");
        environment.put("KUBERNETES_REPO_KEYS", yum
                ? "https://mirror.example/yum-key.gpg https://mirror.example/rpm-package-key.gpg"
                : "https://mirror.example/apt-key.gpg");
        environment.put("KUBERNETES_REPO_CHECK", "true");
        environment.put("RUNTIME_REPO_URL", yum
                ? "https://mirror.example/docker-ce/linux/centos/7/x86_64/stable"
                : "https://mirror.example/docker-ce/linux/debian bookworm stable");
        environment.put("RUNTIME_REPO_KEYS", "https://mirror.example/docker-ce/gpg");
        environment.put("RUNTIME_REPO_CHECK", "true");
        environment.put("CNI", cluster.network().cni().name().toLowerCase(java.util.Locale.ROOT));
        environment.put("POD_CIDR", "10.244." + number + ".0/24");
        return environment;
    }

    private static List<String> changes(Path directory) throws IOException {
        return results(directory).filter(fields -> fields[0].equals("change")).map(fields -> fields[1]).toList();
    }

    private static Map<String, String> outputs(Path directory) throws IOException {
        Map<String, String> outputs = new HashMap<>();
        results(directory).filter(fields -> fields[0].equals("output") || fields[0].equals("secret"))
                .forEach(fields -> outputs.put(fields[1], new String(Base64.getDecoder().decode(fields[2]), StandardCharsets.UTF_8)));
        results(directory).filter(fields -> fields[0].equals("text"))
                .forEach(fields -> outputs.put(fields[1], fields.length < 3 ? "" : fields[2]));
        return outputs;
    }

    private static Stream<String[]> results(Path directory) throws IOException {
        Path file = directory.resolve("result");
        return Files.exists(file) ? Files.readAllLines(file).stream().map(line -> line.split("\t")) : Stream.empty();
    }
}
