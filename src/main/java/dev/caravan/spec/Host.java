package dev.caravan.spec;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * One host of a cluster.
 *
 * @param name    the node's name; unique in the spec, DNS labels with dots between them
 * @param address the IP address or DNS name that SSH uses; the cluster uses it, too, if there are no internal addresses
 * @param internalAddresses IP addresses of the cluster's own traffic, as {@link IpAddress#text} writes them: none, one, or one of each
 *                family, that of the cluster's first Service network first
 * @param labels  node labels to set
 * @param taints  node taints as kubectl writes them, {@code key=value:Effect}
 * @param state   whether it is to be in the cluster
 * @param zone    whose runner reaches it; {@link #DEFAULT_ZONE}: the engine itself
 */
public record Host(
        String name, String address, List<String> internalAddresses, Set<Role> roles, SshAccess ssh, Map<String, String> labels,
        List<String> taints, State state, String zone) {
    /** The zone that engines serve themselves. */
    public static final String DEFAULT_ZONE = "default";

    /** What a spec wants of a host. */
    public enum State {
        /** It is in the cluster. */
        PRESENT,
        /** It leaves the cluster, and is restored as it was found. */
        ABSENT,
        /** Its machine is gone: the cluster forgets it, and nothing is done on the host. */
        LOST,
        /** It left the spec, and the journal knows it. What Caravan changed there is rolled back. */
        FORMER
    }

    /** One of the default zone. */
    public Host(
            String name, String address, List<String> internalAddresses, Set<Role> roles, SshAccess ssh, Map<String, String> labels,
            List<String> taints, State state) {
        this(name, address, internalAddresses, roles, ssh, labels, taints, state, DEFAULT_ZONE);
    }

    /** One of the default zone, without internal addresses. */
    public Host(
            String name, String address, Set<Role> roles, SshAccess ssh, Map<String, String> labels, List<String> taints, State state) {
        this(name, address, List.of(), roles, ssh, labels, taints, state);
    }

    /** One that is present, without internal addresses. */
    public Host(String name, String address, Set<Role> roles, SshAccess ssh, Map<String, String> labels, List<String> taints) {
        this(name, address, roles, ssh, labels, taints, State.PRESENT);
    }

    /** Where the cluster reaches this host: its first internal address, or the one that SSH uses. */
    public String nodeAddress() {
        return internalAddresses.isEmpty() ? address : internalAddresses.get(0);
    }

    /** Its internal address of the other family, if the spec has one of each. */
    public Optional<String> otherNodeAddress() {
        return internalAddresses.stream().skip(1).findFirst();
    }

    /** All its addresses in the spec, that of SSH first. */
    public List<String> addresses() {
        return Stream.concat(Stream.of(address), internalAddresses.stream()).distinct().toList();
    }

    public boolean isControlPlane() {
        return roles.contains(Role.CONTROL_PLANE);
    }

    /** Whether the spec wants it in the cluster. */
    public boolean isPresent() {
        return state == State.PRESENT;
    }

    /** Whether the spec does not have it any more. */
    public boolean isFormer() {
        return state == State.FORMER;
    }

    /** The same, wanted to be so. */
    public Host as(State other) {
        return new Host(name, address, internalAddresses, roles, ssh, labels, taints, other, zone);
    }

    /** Whether its machine is gone. */
    public boolean isLost() {
        return state == State.LOST;
    }

    /** Whether the engine itself reaches it, and no runner. */
    public boolean isOfDefaultZone() {
        return zone.equals(DEFAULT_ZONE);
    }

    public boolean isWorker() {
        return roles.contains(Role.WORKER);
    }
}
