package dev.caravan.runner;

import dev.caravan.remote.HostAccess;
import dev.caravan.remote.HostOrder;
import dev.caravan.ssh.SshException;
import dev.caravan.ssh.SshResult;
import dev.caravan.ssh.SshTarget;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An engine's side of one zone:
 * <ol>
 *   <li>At regular intervals it asks whether the zone's runner is there. An order is sent once a runner has answered, and until then it
 *       waits, at most so long as {@link Timing#patience()}.
 *   <li>A runner that says nothing any more, neither that it is there nor of an order, or another process of it that answers in its
 *       place, is a lost connection to each order that was sent: whether it was carried out is not known. The retry finds that out on
 *       the host.
 *   <li>So is an order that the runner has, and does no longer carry out, though its end did not arrive.
 * </ol>
 * Thread-safe.
 */
final class ZoneLink {
    private static final Logger LOG = LoggerFactory.getLogger(ZoneLink.class);
    private static final int MOST_SENDINGS = 20;

    private final String zone;
    private final ZoneFailures failures;
    private final String session;
    private final Timing timing;
    private final ZoneSender sender;
    private final Executor callbacks;
    private final NavigableMap<Long, Pending> pending = new TreeMap<>();
    private final NavigableSet<Long> givenUp = new TreeSet<>();
    private final Set<String> former = new HashSet<>();
    private long lastNumber;
    private long beat;
    private long heardBeat;
    private long heardAt;
    private String runner;
    private boolean greets;
    private boolean closed;

    /**
     * @param session   of this engine
     * @param sender    takes messages to the zone
     * @param callbacks on which what follows an order continues
     */
    ZoneLink(String zone, String session, ZoneSender sender, Timing timing, Executor callbacks) {
        this.zone = zone;
        this.failures = new ZoneFailures(zone);
        this.session = session;
        this.sender = sender;
        this.timing = timing;
        this.callbacks = callbacks;
    }

    /** As {@link HostAccess#execute}. */
    CompletionStage<SshResult> execute(SshTarget target, HostOrder order, HostAccess.Listener listener) {
        boolean patient = order instanceof HostOrder.Launch || order instanceof HostOrder.Piece;
        long until = System.nanoTime() + (patient ? timing.patience() : timing.silence()).toNanos();
        Pending mine;
        boolean waits;
        synchronized (this) {
            mine = new Pending(++lastNumber, Target.of(target), order, listener, until);
            if (closed) {
                mine.result().completeExceptionally(failures.closed());
                return mine.result();
            }
            pending.put(mine.number(), mine);
            waits = runner == null;
            if (!waits) {
                send(mine);
            } else if (beat == 0) {
                sayHello();
            }
        }
        if (waits) {
            listener.waits("waits for a runner of zone " + zone);
        }
        return mine.result();
    }

    /* Guarded by this. An order that may not be sent now is sent at a later beat, or waits in vain. */
    private void send(Pending each) {
        each.sentTo = runner;
        each.sentBeat = beat;
        each.sendings++;
        long floor = pending.firstKey();
        givenUp.headSet(floor).clear();
        sender.send(each.order(), runner, each.lacksTexts, each.message(session, runner, floor, List.copyOf(givenUp)),
                each.listener()::mayBeSent, () -> notSent(each));
    }

    private synchronized void notSent(Pending each) {
        // It may be on the broker all the same: it is sent again under its number.
        each.sentBeat = Long.MIN_VALUE;
    }

    /* One at a time: a broker that hangs is not asked more and more. */
    private void sayHello() {
        if (!greets) {
            greets = true;
            sender.send(new Message.Hello(session, ++beat), this::greeted);
        }
    }

    private synchronized void greeted() {
        greets = false;
    }

    /** Takes what a runner of this zone said. */
    void received(Message said) {
        if (!said.session().equals(session)) {
            return; // to an earlier process of this engine, or to another one
        }
        if (said instanceof Message.Alive alive) {
            alive(alive);
        } else if (said instanceof Message.OfOrder part) {
            part(part);
        } else if (said instanceof Message.Refused refused) {
            refused(refused);
        } else if (said instanceof Message.Lacking lacking) {
            lacking(lacking);
        }
    }

    /* From then on all of its texts go with it, so that this is answered once, however often it is said. */
    private synchronized void lacking(Message.Lacking lacking) {
        Pending its = pending.get(lacking.number());
        if (its != null && !its.lacksTexts && lacking.runner().equals(its.sentTo) && lacking.runner().equals(runner)) {
            its.lacksTexts = true;
            send(its);
        }
    }

    private void part(Message.OfOrder part) {
        Pending its;
        synchronized (this) {
            its = pending.get(part.number());
            if (its == null) {
                return;
            }
            its.seen = true;
            heardAt = System.nanoTime(); // an answer to a hello may wait behind thousands of such messages
        }
        its.take(part).ifPresent(end -> over(its, end.result(), end.failure()));
    }

    private void over(Pending its, SshResult result, Throwable failure) {
        synchronized (this) {
            if (pending.remove(its.number()) == null) {
                return;
            }
            if (failure != null) {
                givenUp.add(its.number());
            }
        }
        its.close();
        callbacks.execute(() -> {
            if (failure != null) {
                its.result().completeExceptionally(failure);
            } else {
                its.result().complete(result);
            }
        });
    }

    private void refused(Message.Refused refused) {
        Pending its;
        synchronized (this) {
            its = pending.get(refused.number());
            if (its == null) {
                return;
            }
            if (refused.runner().equals(its.sentTo)) {
                // It was carried out, and what was said of it may still be on its way.
                its.seen = true;
                return;
            }
        }
        over(its, null, failures.lost(its, "its runner was started again"));
    }

    private void alive(Message.Alive alive) {
        List<Pending> lost = new ArrayList<>();
        synchronized (this) {
            if (alive.beat() <= heardBeat || alive.beat() > beat || closed) {
                return; // late, or replayed
            }
            heardBeat = alive.beat();
            heardAt = System.nanoTime();
            if (!alive.runner().equals(runner)) {
                if (former.contains(alive.runner()) && runner != null) {
                    LOG.warn("zone {}: two runners answer in turn, and steps are retried all the time: stop one of them", zone);
                }
                LOG.info("zone {}: a runner answers", zone);
                lost.addAll(sent());
                runner = alive.runner();
                former.add(runner);
            }
            Set<Long> underWay = new HashSet<>(alive.underWay());
            for (Pending each : pending.values()) {
                if (!lost.contains(each)) {
                    look(each, alive.beat(), underWay.contains(each.number()), lost);
                }
            }
        }
        lost.forEach(each -> over(each, null, failures.lost(each, "its runner no longer carries it out, and its end did not arrive")));
    }

    /* Guarded by this. Hellos and orders may overtake each other: what seems to be missing may be on its way. */
    private void look(Pending each, long answered, boolean underWay, List<Pending> lost) {
        if (each.sentTo == null) {
            send(each);
        } else if (underWay) {
            each.seen = true;
            each.missingSince = 0;
        } else if (each.sentBeat < answered) {
            long now = System.nanoTime();
            if (!each.seen && each.sendings < MOST_SENDINGS) {
                send(each);
            } else if (each.missingSince == 0) {
                each.missingSince = now;
            } else if (now - each.missingSince > timing.grace().toNanos()) {
                lost.add(each);
            }
        }
    }

    private List<Pending> sent() {
        return pending.values().stream().filter(each -> each.sentTo != null).toList();
    }

    /** To be called at each beat. */
    void tick() {
        List<Pending> lost = List.of();
        List<Pending> vain;
        synchronized (this) {
            if (closed || lastNumber == 0) {
                return;
            }
            long now = System.nanoTime();
            if (runner != null && now - heardAt > timing.silence().toNanos()) {
                LOG.warn("zone {}: its runner has not answered for {} s. Orders wait until one does", zone, timing.silence().toSeconds());
                runner = null;
                lost = sent();
            }
            Set<Pending> gone = Set.copyOf(lost);
            Predicate<Pending> isVain = each -> now - each.waitsUntil() > 0 || !each.listener().isWanted();
            vain = pending.values().stream().filter(each -> each.sentTo == null && !gone.contains(each)).filter(isVain).toList();
            sayHello();
        }
        lost.forEach(each -> over(each, null, failures.lost(each, "its runner does not answer")));
        vain.forEach(each -> over(each, null, failures.none()));
    }

    /** Ends all orders that are not over. */
    void close() {
        sender.close();
        List<Pending> left;
        synchronized (this) {
            closed = true;
            left = List.copyOf(pending.values());
        }
        left.forEach(each -> over(each, null, failures.closed()));
    }
}
