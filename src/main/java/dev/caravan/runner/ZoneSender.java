package dev.caravan.runner;

import dev.caravan.remote.HostOrder;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends what an engine says to one zone, in order, on one thread that may wait for the broker. Thread-safe. */
final class ZoneSender {
    private static final Logger LOG = LoggerFactory.getLogger(ZoneSender.class);

    private final String zone;
    private final Wire wire;
    private final Executor sender;
    /* These two are that thread's. */
    private final SentTexts texts = new SentTexts();
    private boolean brokerFails;
    private volatile boolean closed;

    /** @param sender one thread */
    ZoneSender(String zone, Wire wire, Executor sender) {
        this.zone = zone;
        this.wire = wire;
        this.sender = sender;
    }

    /** Makes the message of an order. */
    @FunctionalInterface
    interface OrderMessage {
        /** @param texts that go with it */
        Message.Order of(HostOrder order, List<String> texts);
    }

    /** Sends a message. @param done called in any case */
    void send(Message message, Runnable done) {
        sender.execute(() -> {
            trySend(message);
            done.run();
        });
    }

    /**
     * Sends an order, if it may be sent at that very moment.
     *
     * @param runner the session of the runner
     * @param whole  whether all of its texts go with it, and not only those that were not sent yet
     * @param failed called if it was not sent, or the broker did not take it
     */
    void send(HostOrder order, String runner, boolean whole, OrderMessage message, BooleanSupplier mayBeSent, Runnable failed) {
        sender.execute(() -> {
            if (mayBeSent.getAsBoolean()) {
                SentTexts.Named named = texts.named(order, runner, whole);
                if (trySend(message.of(named.order(), named.toSend()))) {
                    texts.sent(named);
                    return;
                }
            }
            failed.run();
        });
    }

    private boolean trySend(Message message) {
        try {
            wire.send(message);
            brokerAnswers(true, null);
            return true;
        } catch (Exception e) {
            brokerAnswers(false, e);
            return false;
        }
    }

    private void brokerAnswers(boolean answers, Exception failure) {
        if (brokerFails == answers && !closed) {
            brokerFails = !answers;
            if (answers) {
                LOG.info("the broker takes messages to zone {} again", zone);
            } else {
                LOG.warn("the broker does not take messages to zone {}: {}. Orders wait", zone, Causes.of(failure));
            }
        }
    }

    /** Says nothing more in the log: a broker that is closed fails. */
    void close() {
        closed = true;
    }
}
