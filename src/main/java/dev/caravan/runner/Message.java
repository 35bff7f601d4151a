package dev.caravan.runner;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.caravan.remote.HostOrder;
import java.io.IOException;
import java.util.List;
import java.util.Objects;

/**
 * What engines and runners say to each other, inside an {@link Envelope}: plain data with a JSON form. Each process, engine or runner,
 * has a session, a random word of its own. {@code session} is that of the engine; so nothing that was said to or by another process,
 * be it delivered late or replayed, is taken for something that is said now.
 *
 * <p>Engine to runner: {@link Hello}, {@link Order}. Runner to engine: {@link Alive}, {@link Output}, {@link Ended}, {@link Refused},
 * {@link Lacking}.
 * Nothing depends on the order in which a broker delivers them, or on each being delivered once.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Message.Hello.class, name = "hello"), @JsonSubTypes.Type(value = Message.Order.class, name = "order"),
    @JsonSubTypes.Type(value = Message.Alive.class, name = "alive"), @JsonSubTypes.Type(value = Message.Output.class, name = "output"),
    @JsonSubTypes.Type(value = Message.Ended.class, name = "ended"), @JsonSubTypes.Type(value = Message.Refused.class, name = "refused"),
    @JsonSubTypes.Type(value = Message.Lacking.class, name = "lacking")
})
sealed interface Message {
    /** The session of the engine. */
    String session();

    /** The engine asks whether a runner is there, at regular intervals. @param beat counts these */
    record Hello(String session, long beat) implements Message {}

    /**
     * The engine wants something done.
     *
     * @param runner  the session of the runner that is to do it: no other does
     * @param number  counts the orders of this engine to this zone; the same order given again has the same one
     * @param floor   orders with smaller numbers are over
     * @param givenUp orders with larger ones that are over, too
     * @param order   with digests in place of its {@link Texts}
     * @param life    how often the run that it is about was resumed; not written if 0
     * @param texts   those of its texts that the runner may not have; not written if there are none
     */
    record Order(String session, String runner, long number, long floor, List<Long> givenUp, Target target, HostOrder order,
            @JsonInclude(JsonInclude.Include.NON_NULL) Integer life,
            @JsonInclude(JsonInclude.Include.NON_NULL) @JsonSerialize(converter = Texts.Pack.class)
            @JsonDeserialize(converter = Texts.Unpack.class) List<String> texts) implements Message {
        public Order {
            Objects.requireNonNull(runner, "runner");
            Objects.requireNonNull(givenUp, "givenUp");
            Objects.requireNonNull(order, "order");
            life = life == null || life == 0 ? null : life;
            texts = texts == null || texts.isEmpty() ? null : List.copyOf(texts);
        }

        /** The same, with texts in place of their digests. */
        Order with(HostOrder whole) {
            return new Order(session, runner, number, floor, givenUp, target, whole, life, null);
        }

        @Override
        public String toString() {
            return "order " + number;
        }
    }

    /**
     * The runner answers a {@link Hello}.
     *
     * @param underWay the numbers of this engine's orders that it is carrying out
     */
    record Alive(String session, long beat, String runner, List<Long> underWay) implements Message {
        public Alive {
            Objects.requireNonNull(runner, "runner");
            Objects.requireNonNull(underWay, "underWay");
        }
    }

    /** What belongs to one order. */
    sealed interface OfOrder extends Message {
        long number();

        /** Counts what is said of this order, from 0. */
        long seq();
    }

    /** A piece of standard output: the log of the step as its host sends it, with what the step found before its changes. */
    record Output(String session, long number, long seq, byte[] bytes) implements OfOrder {
        @Override
        public String toString() {
            return bytes.length + " bytes of order " + number;
        }
    }

    /** The order was carried out, or could not be: the last that is said of it. Just one of the two is set. */
    record Ended(String session, long number, long seq, Result result, Problem problem) implements OfOrder {
        @Override
        public String toString() {
            return "end of order " + number;
        }
    }

    /** The order is not carried out: it is for another process of the runner than this one, or was carried out before. */
    record Refused(String session, long number, String runner) implements Message {}

    /** The order names texts that this runner does not have: nothing was done. The engine is to send it again, with all of its texts. */
    record Lacking(String session, long number, String runner) implements Message {
        public Lacking {
            Objects.requireNonNull(runner, "runner");
        }
    }

    /** What a command left behind that ended by itself. @param signal may be null */
    record Result(int exitStatus, byte[] stdout, byte[] stderr, String signal) {
        @Override
        public String toString() {
            return "exit status " + exitStatus;
        }
    }

    /**
     * Why an order could not be carried out.
     *
     * @param ssh  the kind of the SSH failure; null if another one
     * @param kind of a failure of the step
     */
    record Problem(String ssh, String kind, String text, String remedy) {}

    /** The JSON form. Thread-safe. */
    final class Json {
        private static final JsonMapper JSON = JsonMapper.builder(com.fasterxml.jackson.core.JsonFactory.builder().streamReadConstraints(
                        StreamReadConstraints.builder().maxStringLength(Envelope.LARGEST).maxNestingDepth(50).build()).build())
                .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES).build();

        private Json() {}

        static byte[] write(Message message) {
            try {
                return JSON.writerFor(Message.class).writeValueAsBytes(message);
            } catch (IOException e) {
                throw new IllegalStateException("a message has no JSON form", e);
            }
        }

        /** @throws Envelope.Refused if it is no message of this version */
        static Message read(byte[] json) throws Envelope.Refused {
            try {
                Message message = JSON.readValue(json, Message.class);
                if (message != null && message.session() != null) {
                    return message;
                }
            } catch (IOException | RuntimeException e) {
                // said below: what is in it is nothing to show
            }
            throw new Envelope.Refused("what it says is none of the messages of " + Envelope.VERSION);
        }
    }
}
