package dev.caravan.runner;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.activemq.artemis.api.core.ActiveMQBuffer;
import org.apache.activemq.artemis.api.core.Message;
import org.apache.activemq.artemis.core.config.impl.ConfigurationImpl;
import org.apache.activemq.artemis.core.server.JournalType;
import org.apache.activemq.artemis.core.server.ServerSession;
import org.apache.activemq.artemis.core.server.embedded.EmbeddedActiveMQ;
import org.apache.activemq.artemis.core.server.plugin.ActiveMQServerMessagePlugin;
import org.apache.activemq.artemis.core.transaction.Transaction;
import org.apache.activemq.artemis.jms.client.ActiveMQConnectionFactory;
import org.slf4j.LoggerFactory;

/** A real Artemis on loopback inside this process, with its messages on the disk; it keeps a copy of all that goes over it. */
public final class ArtemisBroker implements TestBroker {
    private final Path directory;
    private final int port;
    private final List<Seen> seen = new CopyOnWriteArrayList<>();
    private EmbeddedActiveMQ server;

    private ArtemisBroker(Path directory, int port) {
        this.directory = directory;
        this.port = port;
    }

    public static ArtemisBroker start(Path directory) throws Exception {
        // That it is stopped and started it says at length.
        ((Logger) LoggerFactory.getLogger("org.apache.activemq")).setLevel(Level.OFF);
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        ArtemisBroker broker = new ArtemisBroker(directory, port);
        broker.begin();
        return broker;
    }

    @Override
    public void begin() throws Exception {
        ConfigurationImpl configuration = new ConfigurationImpl();
        configuration.setSecurityEnabled(false).setPersistenceEnabled(true).setJournalType(JournalType.NIO)
                .setJournalDirectory(directory.resolve("journal").toString()).setBindingsDirectory(directory.resolve("bindings").toString())
                .setLargeMessagesDirectory(directory.resolve("large").toString()).setPagingDirectory(directory.resolve("paging").toString())
                .setJournalFileSize(1 << 20).setJMXManagementEnabled(false)
                .addAcceptorConfiguration("tcp", "tcp://127.0.0.1:" + port + "?useEpoll=false");
        configuration.registerBrokerPlugin(new ActiveMQServerMessagePlugin() {
            @Override
            public void beforeSend(ServerSession session, Transaction tx, Message message, boolean direct, boolean noAutoCreateQueue) {
                ActiveMQBuffer body = message.toCore().getReadOnlyBodyBuffer();
                byte[] text = new byte[body.readableBytes()];
                body.readBytes(text);
                seen.add(new Seen(message.getAddress(), new String(text, StandardCharsets.UTF_8), message.toMap().toString()));
            }
        });
        server = new EmbeddedActiveMQ().setConfiguration(configuration);
        server.start();
    }

    @Override
    public void stop() throws Exception {
        server.stop();
    }

    @Override
    public int port() {
        return port;
    }

    @Override
    public List<Seen> seen() {
        return List.copyOf(seen);
    }

    @Override
    public void sendAgain(List<Seen> messages) throws Exception {
        try (ActiveMQConnectionFactory factory = new ActiveMQConnectionFactory("tcp://127.0.0.1:" + port);
                jakarta.jms.JMSContext context = factory.createContext()) {
            for (Seen each : messages) {
                context.createProducer().send(each.address().startsWith("topic.") ? context.createTopic(each.address())
                        : context.createQueue(each.address()), each.text().getBytes(StandardCharsets.UTF_8));
            }
        }
    }

    @Override
    public Map<String, String> settings(int at) {
        return Map.of(
                "camel.beans.artemis", "#class:org.apache.activemq.artemis.jms.client.ActiveMQConnectionFactory",
                "camel.beans.artemis.brokerURL", "tcp://127.0.0.1:" + at + "?useTopologyForLoadBalancing=false&callTimeout=5000",
                "camel.beans.broker", "#class:org.springframework.jms.connection.CachingConnectionFactory",
                "camel.beans.broker.targetConnectionFactory", "#bean:artemis",
                "camel.component.jms.connection-factory", "#bean:broker",
                RunnerSettings.ORDERS, "jms:queue:caravan.orders.{zone}",
                RunnerSettings.EVENTS, "jms:topic:topic.caravan.events");
    }

    @Override
    public void close() throws Exception {
        server.stop();
    }
}
