package dev.caravan.runner;

import dev.caravan.remote.HostAccess;
import dev.caravan.remote.HostOrder;
import dev.caravan.spec.Host;
import dev.caravan.ssh.SshResult;
import dev.caravan.ssh.SshTarget;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reaches hosts of the default zone from this process, and those of other zones by their runners. Without a broker, or the public key of
 * a zone's runner, an order for that zone fails at once, and says what is missing. Thread-safe.
 */
public final class ZonedAccess implements HostAccess, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ZonedAccess.class);
    /** The name of an engine's key. */
    public static final String ENGINE = "engine";
    /** So that a message with it has less than 1 MiB, which is what Kafka takes if nothing else is set. */
    private static final int LARGEST_PIECE = 256 << 10;
    private static final int SESSION_BYTES = 16;

    private final HostAccess direct;
    private final boolean all;
    private final Function<Host, SshTarget> targets;
    private final Optional<Broker> broker;
    private final Map<String, ZoneLink> links = new TreeMap<>();
    private final ExecutorService callbacks = Executors.newCachedThreadPool(threads("caravan-zone"));
    private final ScheduledExecutorService beats = Executors.newSingleThreadScheduledExecutor(threads("caravan-zone-beat"));
    private final List<ExecutorService> senders = new ArrayList<>();

    private ZonedAccess(HostAccess direct, boolean all, Function<Host, SshTarget> targets, Optional<Broker> broker) {
        this.direct = direct;
        this.all = all;
        this.targets = targets;
        this.broker = broker;
    }

    /** Without a broker. @param all whether hosts of every zone are reached from this process */
    public static ZonedAccess without(HostAccess direct, boolean all) {
        return new ZonedAccess(direct, all, host -> {
            throw new IllegalStateException("there is no broker");
        }, Optional.empty());
    }

    /**
     * Connects to the broker of the settings, as the engine.
     *
     * @param targets how runners reach hosts
     * @throws KeyFiles.Unusable if the engine's key or a public key cannot be used
     * @throws Broker.Unusable   if the endpoints are none
     */
    public static ZonedAccess start(HostAccess direct, Function<Host, SshTarget> targets, RunnerSettings settings)
            throws KeyFiles.Unusable, Broker.Unusable {
        KeyFiles keys = new KeyFiles(settings.keys());
        Envelope envelope = new Envelope(keys.own(ENGINE), keys.others(ENGINE));
        String session = newSession();
        Broker broker = Broker.open(settings, envelope);
        ZonedAccess access = new ZonedAccess(direct, false, targets, Optional.of(broker));
        for (String zone : envelope.names()) {
            ExecutorService sender = Executors.newSingleThreadExecutor(threads("caravan-zone-" + zone));
            access.senders.add(sender);
            ZoneSender toZone = new ZoneSender(zone, message -> broker.order(zone, message), sender);
            access.links.put(zone, new ZoneLink(zone, session, toZone, settings.timing(), access.callbacks));
        }
        broker.listenAsEngine(session, access::received);
        long beat = settings.timing().beat().toMillis();
        access.beats.scheduleWithFixedDelay(access::tick, beat, beat, TimeUnit.MILLISECONDS);
        return access;
    }

    /* What is thrown would end the beats. */
    private void tick() {
        for (ZoneLink link : links.values()) {
            try {
                link.tick();
            } catch (RuntimeException e) {
                LOG.warn("a zone could not be looked after", e);
            }
        }
    }

    static String newSession() {
        byte[] word = new byte[SESSION_BYTES];
        new SecureRandom().nextBytes(word);
        return HexFormat.of().formatHex(word);
    }

    private static ThreadFactory threads(String name) {
        return work -> {
            Thread thread = new Thread(work, name);
            thread.setDaemon(true);
            return thread;
        };
    }

    private void received(String zone, Message said) {
        ZoneLink link = links.get(zone);
        if (link != null) {
            link.received(said);
        }
    }

    @Override
    public CompletionStage<SshResult> execute(Host at, HostOrder order, Listener listener) {
        if (isDirect(at)) {
            return direct.execute(at, order, listener);
        }
        ZoneLink link = links.get(at.zone());
        return link == null ? CompletableFuture.failedFuture(unserved(at.zone())) : link.execute(targets.apply(at), order, listener);
    }

    private boolean isDirect(Host at) {
        return all || at.isOfDefaultZone();
    }

    private NoRunner unserved(String zone) {
        if (broker.isEmpty()) {
            return new NoRunner("this engine has no broker, and so no runner for zone " + zone,
                    "Set caravan.runner.orders and caravan.runner.events, as docs/runners.md explains, or leave out zone in the spec.");
        }
        return new NoRunner("there is no public key of a runner for zone " + zone + "; there are keys for: "
                + (links.isEmpty() ? "none" : String.join(", ", links.keySet())),
                "Copy " + zone + ".pub of the runner into " + broker.get().keys() + " and start the engine again, or correct zone in the"
                        + " spec.");
    }

    @Override
    public int largestPiece(Host at) {
        return isDirect(at) ? direct.largestPiece(at) : LARGEST_PIECE;
    }

    /** Orders that are not over fail. */
    @Override
    public void close() {
        beats.shutdownNow();
        links.values().forEach(ZoneLink::close);
        broker.ifPresent(Broker::close);
        senders.forEach(ExecutorService::shutdownNow);
        callbacks.shutdown();
    }
}
