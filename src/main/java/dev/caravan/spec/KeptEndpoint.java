package dev.caravan.spec;

/**
 * An endpoint of the API servers that Caravan keeps itself, on the cluster's own hosts. Immutable.
 *
 * @param address what nodes connect to: a virtual address, which one of the control planes holds, or the node's own loopback address
 * @param port    where haproxy listens, on each host that keeps the endpoint
 */
public record KeptEndpoint(Kind kind, String address, int port) {
    /** Where haproxy listens if the spec names no port. 6443 is the API server's own, on all addresses of a control plane. */
    static final int PORT = 8443;
    /** What nodes connect to if each of them has its own haproxy. */
    static final String LOOPBACK = "127.0.0.1";

    /** How the endpoint outlives a host. */
    public enum Kind {
        /** haproxy and keepalived on each control plane. */
        VIP("vip"),
        /** haproxy on every host. */
        NODE_LOCAL("node-local");

        private final String word;

        Kind(String word) {
            this.word = word;
        }

        /** As scripts get it. */
        public String word() {
            return word;
        }
    }

    /** As the spec would write it as controlPlaneEndpoint. */
    public String hostAndPort() {
        return IpAddress.withPort(address, port);
    }

    /** Whether this host keeps it. */
    public boolean isOn(Host host) {
        return kind == Kind.NODE_LOCAL || host.isControlPlane();
    }
}
