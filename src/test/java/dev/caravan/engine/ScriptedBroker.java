package dev.caravan.engine;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.camel.component.kafka.DefaultKafkaClientFactory;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetResetStrategy;
import org.apache.kafka.common.TopicPartition;

/** Gives Camel's Kafka component the client's own stand-in for a consumer, in place of one with a broker behind it. */
public final class ScriptedBroker extends DefaultKafkaClientFactory {
    /** Values of records that are yet to be polled. */
    static final BlockingQueue<String> RECORDS = new LinkedBlockingQueue<>();
    static final String TOPIC = "clusters";

    private static final TopicPartition PARTITION = new TopicPartition(TOPIC, 0);

    @Override
    @SuppressWarnings({"rawtypes", "unchecked"})
    public Consumer getConsumer(Properties properties) {
        return new Scripted();
    }

    private static final class Scripted extends MockConsumer<Object, Object> {
        private boolean assigned;
        private long offset;

        private Scripted() {
            super(OffsetResetStrategy.EARLIEST);
        }

        @Override
        public ConsumerRecords<Object, Object> poll(Duration timeout) {
            if (!assigned) {
                assigned = true;
                rebalance(List.of(PARTITION));
                updateBeginningOffsets(Map.of(PARTITION, 0L));
            }
            try {
                String value = RECORDS.poll(50, TimeUnit.MILLISECONDS);
                if (value != null) {
                    addRecord(new ConsumerRecord<>(TOPIC, 0, offset++, "../../key", value));
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return super.poll(timeout);
        }
    }
}
