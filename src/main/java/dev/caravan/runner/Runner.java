package dev.caravan.runner;

import dev.caravan.remote.DirectAccess;
import dev.caravan.ssh.SshSessions;
import dev.caravan.ssh.SshTarget;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Serves one zone from this process, until it is closed. One runner at a time serves a zone. Thread-safe. */
public final class Runner implements AutoCloseable {
    private final Broker broker;
    private final SshSessions sessions;
    private final RunnerSide side;
    private final ExecutorService ends;

    private Runner(Broker broker, SshSessions sessions, RunnerSide side, ExecutorService ends) {
        this.broker = broker;
        this.sessions = sessions;
        this.side = side;
        this.ends = ends;
    }

    /**
     * Connects to the broker and takes orders of every engine whose public key is there.
     *
     * @throws KeyFiles.Unusable if the zone's key or a public key cannot be used, or there is none of an engine
     * @throws Broker.Unusable   if the endpoints are none
     */
    public static Runner start(String zone, RunnerSettings settings) throws KeyFiles.Unusable, Broker.Unusable {
        KeyFiles keys = new KeyFiles(settings.keys());
        KeyFiles.Own own = keys.own(zone);
        Map<String, KeyFiles.Other> engines = keys.others(zone);
        if (engines.isEmpty()) {
            throw new KeyFiles.Unusable("there is no public key of an engine in " + settings.keys() + ": copy engine.pub there");
        }
        Broker broker = Broker.open(settings, new Envelope(own, engines));
        SshSessions sessions = new SshSessions();
        ExecutorService ends = Executors.newCachedThreadPool(work -> {
            Thread thread = new Thread(work, "caravan-runner");
            thread.setDaemon(true);
            return thread;
        });
        RunnerSide side = new RunnerSide(ZonedAccess.newSession(), System.getProperty("user.home"),
                new DirectAccess(sessions, SshTarget::of), broker::event, ends);
        Runner runner = new Runner(broker, sessions, side, ends);
        try {
            broker.listenAsRunner(zone, side::received);
            return runner;
        } catch (Broker.Unusable e) {
            runner.close();
            throw e;
        }
    }

    /** How many orders are being carried out. */
    public int underWay() {
        return side.size();
    }

    /** Steps that run on hosts stay there, and are found again by the next runner. */
    @Override
    public void close() {
        side.close();
        broker.close();
        sessions.close();
        ends.shutdownNow();
    }
}
