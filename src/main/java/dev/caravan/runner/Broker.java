package dev.caravan.runner;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import org.apache.camel.CamelContext;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.main.Main;
import org.apache.camel.main.MainListenerSupport;
import org.apache.camel.main.SimpleMainShutdownStrategy;
import org.apache.camel.spi.CliConnectorFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The user's broker, by Camel's endpoints: any component whose endpoints can be sent bytes and give them back. What is sent is sealed,
 * what is not for this side, or not as a trusted side sent it, is not taken. It has a Camel of its own, with the settings of
 * {@code application.properties}. Thread-safe.
 */
public final class Broker implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Broker.class);
    private static final long SOME = 100;

    private final RunnerSettings settings;
    private final Envelope envelope;
    private final Main main;
    private final ProducerTemplate producer;
    private final AtomicLong refused = new AtomicLong();

    /** The endpoints cannot be used. The message says why, and what to do. */
    public static final class Unusable extends Exception {
        private static final long serialVersionUID = 1L;

        Unusable(String message, Throwable cause) {
            super(message, cause);
        }
    }

    private Broker(RunnerSettings settings, Envelope envelope, Main main) {
        this.settings = settings;
        this.envelope = envelope;
        this.main = main;
        this.producer = main.getCamelContext().createProducerTemplate();
    }

    static Broker open(RunnerSettings settings, Envelope envelope) throws Unusable {
        Main main = new Main();
        main.setShutdownStrategy(new SimpleMainShutdownStrategy());
        main.setDefaultPropertyPlaceholderLocation(RunnerSettings.FILES);
        settings.properties().forEach(main::addOverrideProperty);
        Map.of("camel.main.name", "caravan-broker", "camel.server.enabled", "false", "camel.management.enabled", "false",
                "caravan.camel-tools", "false", "camel.main.shutdown-timeout", "2").forEach(main::addOverrideProperty);
        main.addMainListener(new MainListenerSupport() {
            @Override
            public void beforeConfigure(BaseMainSupport camel) {
                // The window for the Camel command line ends every Camel of the process when one of them ends.
                camel.getCamelContext().getCamelContextExtension().getContextPlugin(CliConnectorFactory.class).setEnabled(false);
            }
        });
        try {
            main.start();
            return new Broker(settings, envelope, main);
        } catch (Exception e) {
            main.stop();
            throw unusable(settings.orders(), e);
        }
    }

    private static Unusable unusable(String uri, Exception failure) {
        String scheme = uri.replaceFirst(":.*", "");
        return new Unusable("the broker cannot be used (" + scheme + "): " + Causes.of(failure)
                + ". If the component " + scheme + " is not there, put its jars on the class path, as docs/runners.md shows", failure);
    }

    Path keys() {
        return settings.keys();
    }

    /** Sends a message to a zone's runner. */
    void order(String zone, Message message) {
        send(settings.orders().replace("{zone}", zone), zone, message);
    }

    /** Sends a message to an engine. */
    void event(String engine, Message message) {
        send(settings.events().replace("{session}", "runner"), engine, message);
    }

    private void send(String uri, String to, Message message) {
        String sealed = envelope.seal(to, Message.Json.write(message));
        if (sealed.length() > Envelope.LARGEST) {
            throw new IllegalStateException("a message of " + sealed.length() + " characters is too large");
        }
        // Bytes: a client of JMS may send each character of a text as two.
        producer.sendBody(uri, sealed.getBytes(StandardCharsets.UTF_8));
    }

    /** Takes what runners say to the engine of that session. */
    void listenAsEngine(String session, BiConsumer<String, Message> receiver) throws Unusable {
        listen(settings.events().replace("{session}", session), receiver);
    }

    /** Takes what engines say to the runner of that zone. */
    void listenAsRunner(String zone, BiConsumer<String, Message> receiver) throws Unusable {
        listen(settings.orders().replace("{zone}", zone), receiver);
    }

    private void listen(String uri, BiConsumer<String, Message> receiver) throws Unusable {
        CamelContext context = main.getCamelContext();
        try {
            context.addRoutes(new RouteBuilder() {
                @Override
                public void configure() {
                    from(uri).routeId("messages").process(exchange -> take(exchange.getMessage().getBody(String.class), receiver));
                }
            });
        } catch (Exception e) {
            throw unusable(uri, e);
        }
    }

    /* Whatever comes, the broker need not deliver it again. */
    private void take(String text, BiConsumer<String, Message> receiver) {
        try {
            Envelope.Opened opened = envelope.open(text);
            receiver.accept(opened.from(), Message.Json.read(opened.content()));
        } catch (Envelope.Refused e) {
            long count = refused.incrementAndGet();
            if (count < SOME || count % SOME == 0) {
                LOG.warn("a message on the broker is not taken ({} so far): {}", count, e.getMessage());
            }
        } catch (RuntimeException e) {
            LOG.error("a message on the broker could not be worked on", e);
        }
    }

    @Override
    public void close() {
        producer.stop();
        main.stop();
    }
}
