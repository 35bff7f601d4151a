package dev.caravan.runner;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which orders a runner carries out, so that none has an effect twice, however often and late a broker delivers it:
 * <ol>
 *   <li>An order names the session of the runner; one for an earlier process of it is not for this one.
 *   <li>Of a number that was seen, or is over, nothing is done. The engine says with each order which ones are over.
 *   <li>Steps of a run are ordered by one engine: once another one has resumed the run, the earlier one's orders for it are over. If that
 *       one resumes it again later, it says so with a larger number.
 * </ol>
 * What is admitted may still be an order for a step that the host has begun: the host itself knows that, by the step's id. Thread-safe.
 */
final class Admission {
    private static final int MOST_NUMBERS = 100_000;

    private final Map<String, Numbers> engines = new HashMap<>();
    private final Map<String, Owner> runs = new HashMap<>();

    /** Numbers of one engine that are not to come again. */
    private static final class Numbers {
        private long floor;
        private final NavigableSet<Long> seen = new TreeSet<>();

        private boolean admits(Message.Order order) {
            floor = Math.max(floor, order.floor());
            seen.addAll(order.givenUp());
            while (seen.size() > MOST_NUMBERS) {
                floor = Math.max(floor, seen.pollFirst() + 1);
            }
            seen.headSet(floor).clear();
            return order.number() >= floor && seen.add(order.number());
        }
    }

    private static final class Owner {
        private int life;
        private String session;
        private final Set<String> former = new HashSet<>();
    }

    /** Whether the order is to be carried out. @param runs whose steps it is about */
    synchronized boolean admits(Message.Order order, List<String> runs) {
        if (!engines.computeIfAbsent(order.session(), any -> new Numbers()).admits(order)) {
            return false;
        }
        return runs.stream().allMatch(run -> belongs(run, order.session(), order.life() == null ? 0 : order.life()));
    }

    private boolean belongs(String run, String session, int life) {
        Owner owner = runs.computeIfAbsent(run, any -> new Owner());
        if (life > owner.life) {
            owner.life = life;
            owner.former.clear();
        }
        if (life < owner.life || owner.former.contains(session)) {
            return false;
        }
        if (owner.session != null && !owner.session.equals(session)) {
            owner.former.add(owner.session);
        }
        owner.session = session;
        return true;
    }
}
