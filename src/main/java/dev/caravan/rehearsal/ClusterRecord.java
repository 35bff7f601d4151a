package dev.caravan.rehearsal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What the stand-ins of all hosts wrote down about their common cluster, read again at each call. Stand-ins write a file
 * beside its place and rename it, so that nothing is ever read half.
 */
record ClusterRecord(Path shared) {

    /**
     * A node that joined.
     *
     * @param root  the directory that stands in for its {@code /}
     * @param order how many nodes were there before it
     */
    record Node(String name, Path root, String address, String version, String role, String runtime, String podCidr, int order,
            Map<String, String> labels, List<String> taints) {

        boolean isControlPlane() {
            return role.equals("control-plane");
        }

        /** As kubelet sees it: it runs, so does the runtime, and there is a pod network. */
        boolean isReady() {
            return active("kubelet.service") && active(runtimeUnit()) && hasPodNetwork();
        }

        boolean active(String unit) {
            return Files.exists(root.resolve(".rehearsal/units").resolve(unit).resolve("active"));
        }

        boolean hasPodNetwork() {
            try (Stream<Path> files = Files.list(root.resolve("etc/cni/net.d"))) {
                return files.anyMatch(file -> file.toString().endsWith(".conf") || file.toString().endsWith(".conflist"));
            } catch (NoSuchFileException e) {
                return false;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private String runtimeUnit() {
            return switch (runtime) {
                case "docker" -> "docker.service";
                case "cri-o" -> "crio.service";
                default -> "containerd.service";
            };
        }
    }

    /** A daemon set that was applied: one pod on each node. */
    record DaemonSet(String namespace, String name) {}

    /** Whether a control plane was initialised and not reset since. */
    boolean isInitialised() {
        return Files.exists(shared.resolve("initialised"));
    }

    String version() {
        return text(shared.resolve("version"));
    }

    /** In the order in which they joined. */
    List<Node> nodes() {
        Path nodes = shared.resolve("nodes");
        if (!Files.isDirectory(nodes)) {
            return List.of();
        }
        try (Stream<Path> directories = Files.list(nodes)) {
            return directories
                    .filter(directory -> Files.exists(directory.resolve("joined")))
                    .map(ClusterRecord::node)
                    .sorted(Comparator.comparingInt(Node::order).thenComparing(Node::name))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether the documents that init was given left this addon out: {@code coredns} or {@code kube-proxy}. */
    boolean leavesOut(String addon) {
        return text(shared.resolve("left-out")).lines().anyMatch(addon::equals);
    }

    List<DaemonSet> daemonSets() {
        return text(shared.resolve("daemonsets")).lines().map(line -> line.split("/", 2))
                .map(parts -> new DaemonSet(parts[0], parts[1]))
                .distinct()
                .toList();
    }

    private static Node node(Path directory) {
        Map<String, String> labels = new LinkedHashMap<>();
        text(directory.resolve("labels")).lines().map(line -> line.split("=", 2)).forEach(pair -> labels.put(pair[0], pair[1]));
        return new Node(
                directory.getFileName().toString(),
                Path.of(text(directory.resolve("root"))),
                text(directory.resolve("address")),
                text(directory.resolve("version")),
                text(directory.resolve("role")),
                text(directory.resolve("runtime")),
                text(directory.resolve("pod-cidr")),
                order(text(directory.resolve("joined"))),
                labels,
                text(directory.resolve("taints")).lines().toList());
    }

    private static int order(String text) {
        return text.isEmpty() ? 0 : Integer.parseInt(text);
    }

    /** Empty where the file is missing: it may just have been taken away. */
    private static String text(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (NoSuchFileException e) {
            return "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
