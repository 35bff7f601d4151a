package dev.caravan.facts;

import dev.caravan.spec.Cluster;
import dev.caravan.spec.Counted;
import dev.caravan.spec.Host;
import dev.caravan.spec.Subnet;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Each host's block of the pod subnet, for the CNI {@code bridge}; with two pod subnets, a block of each. For each subnet:
 * <ol>
 *   <li>A host keeps the block that it has, as long as it lies in the pod subnet and no host before it in the spec has it.</li>
 *   <li>The others get the lowest free blocks, in the spec's order.</li>
 *   <li>A block is a /24 (IPv6: /64); where the pod subnet is too small for that, the largest that gives each host one, down to /28
 *   (IPv6: /112).</li>
 * </ol>
 * The same cluster and facts always give the same blocks, and a host more in the spec changes nobody else's.
 */
public final class PodCidrs {
    private PodCidrs() {}

    /**
     * The block of each host, by its name, in the spec's order; with two pod subnets {@code BLOCK,BLOCK} in their order.
     *
     * @param facts of all hosts; the block of a host that is not in it is taken for free
     * @throws IllegalArgumentException if a pod subnet is none, or has no room for all hosts. {@link Preflight} finds that before
     */
    public static Map<String, String> assign(Cluster cluster, Map<String, Facts> facts) {
        Map<String, String> all = new LinkedHashMap<>();
        for (Subnet pods : Subnet.parseList(cluster.kubernetes().podSubnet())) {
            assign(cluster, facts, pods.canonical()).forEach((host, block) -> all.merge(host, block, (one, other) -> one + "," + other));
        }
        return all;
    }

    private static Map<String, String> assign(Cluster cluster, Map<String, Facts> facts, Subnet pods) {
        Map<String, Subnet> kept = kept(cluster, facts, pods);
        int smallest = pods.isIpv6() ? 112 : 28;
        for (int prefix = Math.max(pods.isIpv6() ? 64 : 24, pods.prefix()); prefix <= smallest; prefix++) {
            Optional<Map<String, String>> blocks = fill(cluster, kept, pods, prefix);
            if (blocks.isPresent()) {
                return blocks.get();
            }
        }
        throw new IllegalArgumentException(pods + " has no room for the blocks of " + Counted.of(cluster.hosts().size(), "host"));
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
                    "Take a network with a /24 for each host, such as 10.244.0.0/16; of IPv6 with a /64 for each host."));
        }
    }

    /** Pods that run have addresses of the old block. */
    private static Finding moved(Survey.Seen seen, String block) {
        boolean families = seen.facts().podCidr().contains(",") != block.contains(",");
        return new Finding(
                List.of(seen.name()),
                "pod-subnet",
                seen.isMember() ? Severity.REFUSES : Severity.WARNS,
                "its pods' block is " + seen.facts().podCidr()
                        + (families ? "; " : ", which is outside the pod subnet or another host's; ") + "it would become " + block,
                seen.isMember()
                        ? "Write the cluster's own podSubnet into the spec, or take the node out of the cluster first."
                        : "The file 10-caravan-bridge.conflist left there is replaced.");
    }

    private static Map<String, Subnet> kept(Cluster cluster, Map<String, Facts> facts, Subnet pods) {
        Map<String, Subnet> kept = new LinkedHashMap<>();
        Taken taken = new Taken();
        for (Host host : cluster.hosts()) {
            Optional.ofNullable(facts.get(host.name())).stream()
                    .flatMap(seen -> Arrays.stream(seen.podCidr().split(",")))
                    .flatMap(block -> parse(block).stream())
                    .filter(block -> block.prefix() >= pods.prefix() && pods.contains(block.network()))
                    .filter(taken::isFree)
                    .findFirst()
                    .ifPresent(block -> {
                        taken.add(block);
                        kept.put(host.name(), block);
                    });
        }
        return kept;
    }

    private static Optional<Map<String, String>> fill(Cluster cluster, Map<String, Subnet> kept, Subnet pods, int prefix) {
        Taken taken = new Taken();
        kept.values().forEach(taken::add);
        Map<String, String> blocks = new LinkedHashMap<>();
        BigInteger count = pods.blocks(prefix);
        int next = 0;
        for (Host host : cluster.hosts()) {
            Subnet block = kept.get(host.name());
            while (block == null) {
                if (BigInteger.valueOf(next).compareTo(count) >= 0) {
                    return Optional.empty();
                }
                block = Optional.of(pods.block(next, prefix)).filter(taken::isFree).orElse(null);
                next++;
            }
            blocks.put(host.name(), block.toString());
        }
        return Optional.of(blocks);
    }

    /** Blocks that do not overlap each other: the last address of each by its first one. */
    private static final class Taken {
        private final TreeMap<BigInteger, BigInteger> lastByFirst = new TreeMap<>();

        void add(Subnet block) {
            lastByFirst.put(block.first(), block.last());
        }

        boolean isFree(Subnet block) {
            Map.Entry<BigInteger, BigInteger> before = lastByFirst.floorEntry(block.last());
            return before == null || before.getValue().compareTo(block.first()) < 0;
        }
    }

    private static Optional<Subnet> parse(String text) {
        try {
            return Optional.of(Subnet.parse(text).canonical());
        } catch (IllegalArgumentException noSubnet) {
            return Optional.empty();
        }
    }
}
