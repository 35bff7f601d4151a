package dev.caravan.engine;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.raft.DynamicVoters;
import org.apache.kafka.server.common.MetadataVersion;

/** A real Kafka, one broker that is its own controller, on loopback inside this process. */
public final class KafkaBroker implements AutoCloseable {
    private final Properties settings;
    private final String address;
    private KafkaRaftServer server;

    private KafkaBroker(Properties settings, String address) {
        this.settings = settings;
        this.address = address;
    }

    public static KafkaBroker start(Path directory) throws Exception {
        String address;
        String controller;
        // both held until both are known, so that they differ
        try (ServerSocket one = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            address = "127.0.0.1:" + one.getLocalPort();
            controller = "127.0.0.1:" + other.getLocalPort();
        }
        Properties settings = new Properties();
        settings.putAll(Map.of(
                "process.roles", "broker,controller", "node.id", "1", "controller.listener.names", "CONTROLLER",
                "controller.quorum.bootstrap.servers", controller,
                "listeners", "PLAINTEXT://" + address + ",CONTROLLER://" + controller,
                "listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
                "log.dirs", directory.toString(), "offsets.topic.num.partitions", "1", "offsets.topic.replication.factor", "1",
                "group.initial.rebalance.delay.ms", "0"));
        // what `kafka-storage.sh format --standalone` does
        Formatter formatter = new Formatter();
        formatter.setClusterId(Uuid.randomUuid().toString()).setNodeId(1).addDirectory(directory.toString())
                .setControllerListenerName("CONTROLLER")
                .setReleaseVersion(MetadataVersion.LATEST_PRODUCTION)
                .setInitialControllers(DynamicVoters.parse("1@" + controller + ":" + Uuid.randomUuid()))
                .setMetadataLogDirectory(directory.toString())
                .setPrintStream(new java.io.PrintStream(java.io.OutputStream.nullOutputStream())).run();
        KafkaBroker broker = new KafkaBroker(settings, address);
        broker.begin();
        return broker;
    }

    /** Starts it, with the records that it has. */
    public void begin() {
        server = new KafkaRaftServer(new KafkaConfig(settings), Time.SYSTEM);
        server.startup();
    }

    public String address() {
        return address;
    }

    public void createTopic(String topic) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", address))) {
            admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get(60, TimeUnit.SECONDS);
        }
    }

    /** That many records from the beginning of a topic. */
    public List<ConsumerRecord<String, String>> read(String topic, int count, Duration within) {
        List<ConsumerRecord<String, String>> records = new ArrayList<>();
        Instant end = Instant.now().plus(within);
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(Map.of("bootstrap.servers", address), new StringDeserializer(),
                new StringDeserializer())) {
            consumer.assign(List.of(new TopicPartition(topic, 0)));
            consumer.seekToBeginning(consumer.assignment());
            while (records.size() < count && Instant.now().isBefore(end)) {
                consumer.poll(Duration.ofMillis(200)).forEach(records::add);
            }
        }
        return records;
    }

    public void send(String topic, String key, String value) throws Exception {
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(Map.of("bootstrap.servers", address), new StringSerializer(),
                new StringSerializer())) {
            producer.send(new ProducerRecord<>(topic, key, value)).get(60, TimeUnit.SECONDS);
        }
    }

    @Override
    public void close() {
        server.shutdown();
        server.awaitShutdown();
    }
}
