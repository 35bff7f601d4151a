package dev.caravan.runner;

import dev.caravan.engine.KafkaBroker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;

/** Over Kafka. */
@Tag("long")
class RunnersOverKafkaTest extends RunnersOverABroker {
    private static final List<String> TOPICS = List.of("caravan.orders.site-a", "topic.caravan.events");

    @Override
    TestBroker startBroker(Path place) throws Exception {
        KafkaBroker kafka = KafkaBroker.start(place);
        for (String topic : TOPICS) {
            kafka.createTopic(topic);
        }
        return new OverKafka(kafka);
    }

    private record OverKafka(KafkaBroker kafka) implements TestBroker {
        @Override
        public int port() {
            return Integer.parseInt(kafka.address().replaceFirst(".*:", ""));
        }

        @Override
        public Map<String, String> settings(int at) {
            return Map.of("camel.component.kafka.brokers", "127.0.0.1:" + at,
                    RunnerSettings.ORDERS, "kafka:caravan.orders.{zone}?groupId=caravan-{zone}",
                    RunnerSettings.EVENTS, "kafka:topic.caravan.events?groupId=caravan-{session}&autoOffsetReset=latest");
        }

        @Override
        public List<Seen> seen() {
            List<Seen> seen = new ArrayList<>();
            for (String topic : TOPICS) {
                kafka.read(topic, Integer.MAX_VALUE, Duration.ofSeconds(3)).forEach(one ->
                        seen.add(new Seen(topic, one.value(), one.key() + one.headers())));
            }
            return seen;
        }

        @Override
        public void sendAgain(List<Seen> messages) throws Exception {
            for (Seen each : messages) {
                kafka.send(each.address(), null, each.text());
            }
        }

        @Override
        public void stop() {
            kafka.close();
        }

        @Override
        public void begin() {
            kafka.begin();
        }

        @Override
        public void close() {
            kafka.close();
        }
    }
}
