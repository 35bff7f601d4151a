package dev.caravan.log;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.encoder.Encoder;
import dev.caravan.spec.Secret;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class RedactedLogTest {
    private static final String SECRET = "canary \"in\" quotes";
    private final SecretSource source = () -> List.of(new Secret(SECRET), new Secret("canary"), new Secret("abc"));

    @Test
    void whatAnybodyKnowsIsReplacedInMessagesAndTraces() {
        PatternLayoutEncoder text = new PatternLayoutEncoder();
        text.setPattern("%msg%n%ex");
        String logged = log(text);
        assertThat(logged).contains("sudo: *** is wrong", "IllegalStateException: took ***, not abc").doesNotContain("canary");
    }

    @Test
    void alsoAsJsonWritesIt() {
        String logged = log(new JsonEncoder());
        assertThat(logged).contains("[\"***\"]", "took ***, not abc").doesNotContain("canary");
    }

    private String log(Encoder<ILoggingEvent> encoder) {
        Logger logger = (Logger) LoggerFactory.getLogger("dev.caravan.log.test");
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        OutputStreamAppender<ILoggingEvent> appender = new OutputStreamAppender<>();
        encoder.setContext(logger.getLoggerContext());
        encoder.start();
        appender.setContext(logger.getLoggerContext());
        appender.setEncoder(encoder);
        appender.setOutputStream(bytes);
        appender.start();
        logger.addAppender(appender);
        logger.setAdditive(false);
        logger.setLevel(Level.INFO);
        try {
            RedactedLog.install();
            RedactedLog.keepFrom(source);
            logger.error("sudo: {} is wrong", SECRET, new IllegalStateException("took canary, not abc"));
        } finally {
            logger.detachAppender(appender);
            appender.stop();
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
