package dev.caravan.facts;

/**
 * The arithmetic of etcd's quorum: most voting members must be healthy, or nothing can be written any more, the list of members included.
 *
 * @param voters  voting members, healthy or not
 * @param healthy those of them that are healthy
 */
record EtcdQuorum(int voters, int healthy) {
    /** How many members most of them are. */
    int needed() {
        return voters / 2 + 1;
    }

    boolean holds() {
        return healthy >= needed();
    }

    /** How many members may fail if all are healthy. */
    int tolerates() {
        return Math.max(0, voters - needed());
    }

    /** The same without one member. */
    EtcdQuorum without(boolean isHealthy) {
        return new EtcdQuorum(voters - 1, isHealthy ? healthy - 1 : healthy);
    }
}
