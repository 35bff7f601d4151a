package dev.caravan.facts;

import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.spec.Subnet;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Each host's block of the pod subnet, for the CNI {@code bridge}:
 * <ol>
 *   <li>A host keeps the block that it has, as long as it lies in the pod subnet and no host before it in the spec has it.</li>
 *   <li>The others get the lowest free blocks, in the spec's order.</li>
 *   <li>A block is a /24; where the pod subnet is too small for that, the largest that gives each host one, down to /28.</li>
 * </ol>
 * The same cluster and facts always give the same blocks, and a host more in the spec changes nobody else's.
 */
public final class PodCidrs {
    private static final int BLOCK_PREFIX = 24;
    private static final int SMALLEST_BLOCK_PREFIX = 28;

    private PodCidrs() {}

    /**
     * The block of each host, by its name, in the spec's order.
     *
     * @param facts of all hosts; the block of a host that is not in it is taken for free
     * @throws IllegalArgumentException if the pod subnet has no room for all hosts, or is none of IPv4. {@link Preflight} finds that before
     */
    public static Map<String, String> assign(Cluster cluster, Map<String, Facts> facts) {
        Subnet pods = subnet(cluster)
                .orElseThrow(() -> new IllegalArgumentException("no IPv4 network: " + cluster.kubernetes().podSubnet()));
        Map<String, Subnet> kept = kept(cluster, facts, pods);
        for (int prefix = Math.max(BLOCK_PREFIX, pods.prefix()); prefix <= SMALLEST_BLOCK_PREFIX; prefix++) {
            Optional<Map<String, String>> blocks = fill(cluster, kept, pods, prefix);
            if (blocks.isPresent()) {
                return blocks.get();
            }
        }
        throw new IllegalArgumentException(pods + " has no room for the blocks of " + cluster.hosts().size() + " hosts");
    }

    /** What is wrong with the pod subnet for this network, or with blocks that hosts have already. */
    static List<Finding> check(Survey survey) {
        Cluster cluster = survey.cluster();
        if (cluster.network().cni() != Cluster.Cni.BRIDGE) {
            return List.of();
        }
        try {
            Map<String, String> blocks = assign(cluster, survey.facts());
            List<Finding> findings = new ArrayList<>();
            survey.hosts().stream()
                    .filter(seen -> !seen.facts().podCidr().isEmpty() && !seen.facts().podCidr().equals(blocks.get(seen.name())))
                    .forEach(seen -> findings.add(moved(seen, blocks.get(seen.name()))));
            return findings;
        } catch (IllegalArgumentException noRoom) {
            return List.of(new Finding(
                    List.of(),
                    "pod-subnet",
                    Severity.REFUSES,
                    "kubernetes.podSubnet: " + noRoom.getMessage(),
                    "Take an IPv4 network with a /24 for each host, such as 10.244.0.0/16."));
        }
    }

    /** Pods that run have addresses of the old block. */
    private static Finding moved(Survey.Seen seen, String block) {
        return new Finding(
                List.of(seen.name()),
                "pod-subnet",
                seen.isMember() ? Severity.REFUSES : Severity.WARNS,
                "its pods' block is " + seen.facts().podCidr()
                        + ", which is outside the pod subnet or another host's; it would become " + block,
                seen.isMember()
                        ? "Write the cluster's own podSubnet into the spec, or take the node out of the cluster first."
                        : "The file 10-caravan-bridge.conflist left there is replaced.");
    }

    private static Map<String, Subnet> kept(Cluster cluster, Map<String, Facts> facts, Subnet pods) {
        Map<String, Subnet> kept = new LinkedHashMap<>();
        Taken taken = new Taken();
        for (Host host : cluster.hosts()) {
            Optional.ofNullable(facts.get(host.name()))
                    .flatMap(seen -> parse(seen.podCidr()))
                    .filter(block -> block.prefix() >= pods.prefix() && pods.contains(block.network()))
                    .filter(block -> taken.isFree(first(block), block.prefix()))
                    .ifPresent(block -> {
                        taken.add(first(block), block.prefix());
                        kept.put(host.name(), block);
                    });
        }
        return kept;
    }

    private static Optional<Map<String, String>> fill(Cluster cluster, Map<String, Subnet> kept, Subnet pods, int prefix) {
        Taken taken = new Taken();
        kept.values().forEach(block -> taken.add(first(block), block.prefix()));
        Map<String, String> blocks = new LinkedHashMap<>();
        int next = 0;
        for (Host host : cluster.hosts()) {
            Subnet block = kept.get(host.name());
            if (block == null) {
                while (next < count(pods, prefix) && !taken.isFree(first(pods) + next * size(prefix), prefix)) {
                    next++;
                }
                if (next == count(pods, prefix)) {
                    return Optional.empty();
                }
                block = pods.block(next, prefix);
                next++;
            }
            blocks.put(host.name(), block.toString());
        }
        return Optional.of(blocks);
    }

    /** Blocks that do not overlap each other: the last address of each by its first one. */
    private static final class Taken {
        private final TreeMap<Long, Long> lastByFirst = new TreeMap<>();

        void add(long first, int prefix) {
            lastByFirst.put(first, first + size(prefix) - 1);
        }

        boolean isFree(long first, int prefix) {
            Map.Entry<Long, Long> before = lastByFirst.floorEntry(first + size(prefix) - 1);
            return before == null || before.getValue() < first;
        }
    }

    private static long first(Subnet block) {
        return ByteBuffer.wrap(block.network().getAddress()).getInt() & 0xffff_ffffL;
    }

    private static long size(int prefix) {
        return 1L << (32 - prefix);
    }

    private static int count(Subnet pods, int prefix) {
        return 1 << (prefix - pods.prefix());
    }

    private static Optional<Subnet> subnet(Cluster cluster) {
        return Arrays.stream(cluster.kubernetes().podSubnet().split(",")).map(String::strip).flatMap(text -> parse(text).stream())
                .findFirst();
    }

    /** IPv4 networks alone. */
    private static Optional<Subnet> parse(String text) {
        try {
            return Optional.of(Subnet.parse(text).canonical()).filter(subnet -> !subnet.isIpv6());
        } catch (IllegalArgumentException noSubnet) {
            return Optional.empty();
        }
    }
}
