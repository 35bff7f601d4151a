package dev.caravan.testkit;

import dev.caravan.spec.Cluster;
import dev.caravan.spec.InvalidSpec;
import dev.caravan.spec.SpecReader;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Clusters for tests, read from specs as a user writes them. Hosts are h1, h2 and so on; control planes come first. */
public final class TestClusters {
    private TestClusters() {}

    /** Hosts at 192.0.2.1 and up, which nobody reaches (RFC 5737). */
    public static Cluster of(int controlPlanes, int workers) {
        return of("demo", controlPlanes, workers, "192.0.2.", 22, "");
    }

    /**
     * @param addresses to which the host's number is added
     * @param more      lines of the section spec, indented by two
     */
    public static Cluster of(String name, int controlPlanes, int workers, String addresses, int port, String more) {
        return read("""
                apiVersion: caravan/v1
                kind: Cluster
                metadata: {name: %s}
                spec:
                  kubernetes:
                    version: 1.20.2
                    podSubnet: 10.244.0.0/16
                    controlPlaneEndpoint: %s1:6443
                  runtime: {name: docker}
                  network: {cni: bridge}
                  ssh: {user: root, port: %d, password: correct horse, hostKeyCheck: "off"}
                %s
                  hosts:
                %s
                """.formatted(name, addresses, port, more, IntStream.rangeClosed(1, controlPlanes + workers)
                .mapToObj(number -> "    - {name: h%d, address: %s%d, roles: [%s]}".formatted(
                        number, addresses, number, number <= controlPlanes ? "control-plane" : "worker"))
                .collect(Collectors.joining("\n"))));
    }

    public static Cluster read(String spec) {
        try {
            return SpecReader.read(spec, "test");
        } catch (InvalidSpec e) {
            throw new AssertionError(e);
        }
    }
}
