package dev.caravan.runner;

import dev.caravan.remote.DirectAccess;
import dev.caravan.remote.HostAccess;
import dev.caravan.remote.HostOrder;
import dev.caravan.ssh.SshException;
import dev.caravan.ssh.SshResult;
import dev.caravan.ssh.SshTarget;
import dev.caravan.step.StepFailure;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The runner's side of its zone: carries out what engines order, and tells them what comes of it. It keeps nothing on a disk. A step runs
 * detached on its host, which alone knows what became of it: a runner that was killed is started again, and the engine, which sees that
 * another process answers, orders the same step again and continues where its log ended. Thread-safe.
 */
final class RunnerSide {
    private static final Logger LOG = LoggerFactory.getLogger(RunnerSide.class);
    /** All built-in scripts have less than half a million characters. */
    private static final long MOST_TEXT = 16 << 20;

    private final String session;
    private final String home;
    private final DirectAccess access;
    private final EngineWire wire;
    private final Executor ends;
    private final Admission admission = new Admission();
    private final KeptTexts texts = new KeptTexts(MOST_TEXT);
    private final Map<Key, Executing> underWay = new ConcurrentHashMap<>();
    private volatile boolean closed;

    private record Key(String session, long number) {}

    /** Takes messages to an engine. */
    @FunctionalInterface
    interface EngineWire {
        /** @throws Exception if the broker did not take it */
        void send(String engine, Message message) throws Exception;
    }

    /**
     * @param session of this process
     * @param home    the home directory of this user, below which keys are
     * @param ends    on which the ends of orders are sent; these may wait for the broker
     */
    RunnerSide(String session, String home, DirectAccess access, EngineWire wire, Executor ends) {
        this.session = session;
        this.home = home;
        this.access = access;
        this.wire = wire;
        this.ends = ends;
    }

    /** Takes what that engine said. */
    void received(String engine, Message said) {
        if (closed) {
            return;
        }
        if (said instanceof Message.Hello hello) {
            List<Long> mine = underWay.keySet().stream().filter(key -> key.session().equals(hello.session())).map(Key::number).toList();
            trySend(engine, new Message.Alive(hello.session(), hello.beat(), session, mine));
        } else if (said instanceof Message.Order order) {
            order(engine, order);
        }
    }

    private void order(String engine, Message.Order named) {
        Key key = new Key(named.session(), named.number());
        if (!named.runner().equals(session)) {
            trySend(engine, new Message.Refused(named.session(), named.number(), session));
            return;
        }
        Optional<Message.Order> whole = texts.whole(named).map(named::with);
        if (whole.isEmpty()) {
            // Before it is admitted: its number comes again.
            trySend(engine, new Message.Lacking(named.session(), named.number(), session));
            return;
        }
        Message.Order order = whole.get();
        if (!admission.admits(order, runs(order.order()))) {
            if (!underWay.containsKey(key)) {
                trySend(engine, new Message.Refused(order.session(), order.number(), session));
            }
            return;
        }
        underWay.values().stream().filter(each -> each.isReplacedBy(order)).forEach(Executing::abandon);
        Executing executing = new Executing(engine, order);
        underWay.put(key, executing);
        LOG.info("{} orders: {} at {}", engine, order.order(), order.target());
        carryOut(order, executing).whenCompleteAsync((result, failure) -> {
            try {
                executing.ended(result, failure);
            } finally {
                underWay.remove(key);
            }
        }, ends);
    }

    private CompletionStage<SshResult> carryOut(Message.Order order, HostAccess.Listener listener) {
        try {
            if (order.target().hasProxyCommand()) {
                throw new SshException(SshException.Kind.CONFIGURATION,
                        "a runner runs no proxyCommand of an engine's on its own machine: reach the host by proxyJump");
            }
            SshTarget target = order.target().here(home);
            return access.execute(target, order.order(), listener);
        } catch (SshException | RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /* An id is that of the run, a dash and a number. */
    private static List<String> runs(HostOrder order) {
        Stream<String> ids = order instanceof HostOrder.Launch launch ? Stream.of(launch.id())
                : order instanceof HostOrder.Stop stop ? Stream.of(stop.id())
                : order instanceof HostOrder.Piece piece ? Stream.of(piece.id()) : Stream.of();
        return ids.map(id -> id.substring(0, Math.max(0, id.lastIndexOf('-')))).toList();
    }

    private void trySend(String engine, Message message) {
        try {
            wire.send(engine, message);
        } catch (Exception e) {
            LOG.warn("the broker does not take what is for {}: {}", engine, Causes.of(e));
        }
    }

    /** How many orders are being carried out. */
    int size() {
        return underWay.size();
    }

    /** Says nothing any more: connections are about to be closed, which is no news of any step. */
    void close() {
        closed = true;
        underWay.values().forEach(Executing::abandon);
    }

    /** The listener threw it: the order was given up. */
    private static final class Abandoned extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Abandoned() {
            super("the order is over", null, false, false);
        }
    }

    /** One order under way. What it says is numbered; one thread at a time says something. */
    private final class Executing implements HostAccess.Listener {
        private static final int TRIES = 60;
        private static final long PAUSE_MILLIS = 1_000;

        private final String engine;
        private final Message.Order order;
        private long seq;
        private volatile boolean abandoned;

        private Executing(String engine, Message.Order order) {
            this.engine = engine;
            this.order = order;
        }

        private boolean isReplacedBy(Message.Order later) {
            boolean sameStep = order.order() instanceof HostOrder.Launch mine && later.order() instanceof HostOrder.Launch theirs
                    && mine.id().equals(theirs.id());
            return sameStep || later.session().equals(order.session()) && later.givenUp().contains(order.number());
        }

        private void abandon() {
            abandoned = true;
        }

        @Override
        public void output(byte[] chunk) {
            say(new Message.Output(order.session(), order.number(), seq++, chunk));
        }

        private void ended(SshResult result, Throwable failure) {
            Throwable cause = SshException.beneath(failure);
            if (abandoned || cause instanceof Abandoned) {
                return;
            }
            try {
                say(new Message.Ended(order.session(), order.number(), seq++, result == null ? null : said(result), problem(cause)));
            } catch (Abandoned e) {
                LOG.warn("{} was carried out, and the broker does not take its end: {} finds it on the host", order.order(), engine);
            }
        }

        private static Message.Result said(SshResult result) {
            return new Message.Result(result.exitStatus(), result.stdout(), result.stderr(), result.signal().orElse(null));
        }

        private Message.Problem problem(Throwable cause) {
            if (cause == null) {
                return null;
            }
            if (cause instanceof SshException ssh) {
                return new Message.Problem(ssh.kind().name(), null, ssh.problem(), null);
            }
            if (cause instanceof StepFailure step) {
                return new Message.Problem(null, step.getKind(), step.getMessage(), step.getRemedy());
            }
            LOG.error("{} at {} could not be carried out", order.order(), order.target(), cause);
            return new Message.Problem(null, "runner", "the runner failed: " + cause.getClass().getSimpleName(),
                    "This is a fault of Caravan; the runner's log has more.");
        }

        /* While the broker is away the host is not read either. */
        private void say(Message message) {
            for (int tries = 0; !abandoned; tries++) {
                try {
                    wire.send(engine, message);
                    return;
                } catch (Exception e) {
                    LOG.warn("the broker does not take what is for {}: {}", engine, Causes.of(e));
                    if (tries == TRIES || !pause()) {
                        abandoned = true;
                    }
                }
            }
            throw new Abandoned();
        }

        private boolean pause() {
            try {
                Thread.sleep(PAUSE_MILLIS);
                return true;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
    }
}
