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
 */
public record Host(
        String name, String address, Set<Role> roles, SshAccess ssh, Map<String, String> labels, List<String> taints) {

    public boolean isControlPlane() {
        return roles.contains(Role.CONTROL_PLANE);
    }

    public boolean isWorker() {
        return roles.contains(Role.WORKER);
    }
}
