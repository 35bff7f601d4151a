package dev.caravan.spec;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One host of a cluster.
 *
 * @param name    the node's name; unique in the spec, a DNS label
 * @param address the IP address or DNS name that SSH and the other nodes use
 * @param labels  node labels to set
 * @param taints  node taints as kubectl writes them, {@code key=value:Effect}
 * @param state   whether it is to be in the cluster
 */
public record Host(
        String name, String address, Set<Role> roles, SshAccess ssh, Map<String, String> labels, List<String> taints, State state) {

    /** What a spec wants of a host. */
    public enum State {
        /** It is in the cluster. */
        PRESENT,
        /** It leaves the cluster, and is restored as it was found. */
        ABSENT,
        /** Its machine is gone: the cluster forgets it, and nothing is done on the host. */
        LOST
    }

    /** One that is present. */
    public Host(String name, String address, Set<Role> roles, SshAccess ssh, Map<String, String> labels, List<String> taints) {
        this(name, address, roles, ssh, labels, taints, State.PRESENT);
    }

    public boolean isControlPlane() {
        return roles.contains(Role.CONTROL_PLANE);
    }

    /** Whether the spec wants it in the cluster. */
    public boolean isPresent() {
        return state == State.PRESENT;
    }

    /** Whether its machine is gone. */
    public boolean isLost() {
        return state == State.LOST;
    }

    public boolean isWorker() {
        return roles.contains(Role.WORKER);
    }
}
