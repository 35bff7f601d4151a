package dev.caravan.spec;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * How a cluster is upgraded, and how its nodes are drained for that. Immutable.
 *
 * @param via            by minor, the exact version that is used on the way to a later minor; for others, the newest of the repository
 * @param maxUnavailable how many workers may be drained at a time
 */
public record Upgrade(Map<Integer, String> via, Share maxUnavailable, Drain drain) {
    /** Of a spec that says nothing about it. */
    public static final Upgrade DEFAULT =
            new Upgrade(Map.of(), new Share(1, false), new Drain(Duration.ofMinutes(10), OnBlocked.FAIL));

    public Upgrade {
        via = Map.copyOf(via);
    }

    /** The version to use of that minor, if the spec names one. */
    public Optional<String> via(int minor) {
        return Optional.ofNullable(via.get(minor));
    }

    /** How many of so many workers may be drained at a time: at least 1. */
    public int atATime(int workers) {
        return Math.max(1, maxUnavailable.of(workers));
    }

    /**
     * How pods are moved away from a node.
     *
     * @param timeout   for one node
     * @param onBlocked what happens to pods that have not left by then
     */
    public record Drain(Duration timeout, OnBlocked onBlocked) {}

    /** The node's maintenance fails, or the pods are deleted without regard to disruption budgets. */
    public enum OnBlocked { FAIL, FORCE }
}
