package dev.caravan.facts;

import dev.caravan.spec.Host;
import dev.caravan.spec.IpAddress;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What {@code routes/scripts/cluster-members.sh} saw in the cluster. Immutable.
 *
 * @param nodes those that leave and are nodes, by name, with the status of the condition Ready
 * @param etcd  etcd's members; none if etcd does not run on control planes
 */
public record ClusterMembers(Map<String, String> nodes, List<EtcdMember> etcd) {
    private static final String NOTHING = "-";

    public ClusterMembers {
        nodes = Map.copyOf(nodes);
        etcd = List.copyOf(etcd);
    }

    /**
     * @param name     the node's; empty for a member that never started
     * @param voting   false for a learner, which does not count for the quorum
     * @param peerUrls where the other members reach it
     */
    public record EtcdMember(String id, String name, boolean voting, boolean healthy, List<String> peerUrls) {
        public EtcdMember {
            peerUrls = List.copyOf(peerUrls);
        }
    }

    /**
     * Of the step's outputs.
     *
     * @throws IllegalArgumentException if they are not what the script gives
     */
    public static ClusterMembers parse(Map<String, String> outputs) {
        Map<String, String> nodes = new LinkedHashMap<>();
        outputs.getOrDefault("nodes", "").lines().map(line -> words(line, 2)).forEach(part -> nodes.put(part[0], part[1]));
        String etcd = outputs.getOrDefault("etcd", "");
        List<EtcdMember> members = etcd.equals("external") ? List.of() : etcd.lines().map(line -> words(line, 5))
                .map(part -> new EtcdMember(part[0], part[1].equals(NOTHING) ? "" : part[1], part[2].equals("voter"),
                        part[3].equals("healthy"), Arrays.asList(part[4].split(",")))).toList();
        return new ClusterMembers(nodes, members);
    }

    private static String[] words(String line, int count) {
        String[] part = line.split(" ");
        if (part.length != count) {
            throw new IllegalArgumentException("the step cluster-members gave a line that cannot be read: " + line);
        }
        return part;
    }

    /** The member on that host: kubeadm names it after the node. One that never started is known by its address. */
    public Optional<EtcdMember> member(Host host) {
        String peer = "https://" + IpAddress.withPort(host.nodeAddress(), 2380);
        return etcd.stream().filter(member -> member.name().equals(host.name())).findFirst()
                .or(() -> etcd.stream().filter(member -> member.name().isEmpty() && member.peerUrls().contains(peer)).findFirst());
    }

    /** Whether the cluster knows that host, as a node or as a member of etcd. */
    public boolean knows(Host host) {
        return nodes.containsKey(host.name()) || host.isControlPlane() && member(host).isPresent();
    }

    EtcdQuorum quorum() {
        return new EtcdQuorum((int) etcd.stream().filter(EtcdMember::voting).count(),
                (int) etcd.stream().filter(member -> member.voting() && member.healthy()).count());
    }
}
