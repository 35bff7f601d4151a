package dev.caravan.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.spi.AppenderAttachable;
import ch.qos.logback.core.spi.FilterReply;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.caravan.spec.Redactor;
import dev.caravan.spec.Secret;
import java.util.Collections;
import java.util.Iterator;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.LoggerFactory;
import org.slf4j.Marker;

/**
 * The last filter before the program's log. Caravan's own messages hold no secrets, but libraries log what they are given. Camel, for
 * example, logs every exception that a user's route does not handle, and at TRACE much more. So the secrets of every
 * {@link SecretSource} are replaced in every line, whatever its format. Thread-safe.
 */
public final class RedactedLog {
    /** Weak references: a source need not be removed. */
    private static final Set<SecretSource> SOURCES = Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

    /** Of the last line; lines are many, and secrets seldom others than those of the line before. */
    private static volatile Known known = new Known(Set.of(), Set.of(), Redactor.NONE);

    private RedactedLog() {}

    /** From now on nothing is logged of what that one knows, for as long as it is referred to. */
    public static void keepFrom(SecretSource source) {
        SOURCES.add(source);
    }

    /** Puts it before every appender that writes text; once is enough, more do no harm. */
    public static void install() {
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
            for (Logger logger : context.getLoggerList()) {
                install(logger);
            }
            if (context.getTurboFilterList().stream().noneMatch(NoPackets.class::isInstance)) {
                context.addTurboFilter(new NoPackets());
            }
        }
    }

    /** At TRACE sshd logs what goes over the wire before it is encrypted, byte by byte in hexadecimal, which no redaction would see. */
    private static final class NoPackets extends TurboFilter {
        @Override
        public FilterReply decide(Marker marker, Logger logger, Level level, String format, Object[] parameters, Throwable failure) {
            return level == Level.TRACE && logger.getName().startsWith("org.apache.sshd") ? FilterReply.DENY : FilterReply.NEUTRAL;
        }
    }

    private static void install(AppenderAttachable<ILoggingEvent> attachable) {
        for (Iterator<Appender<ILoggingEvent>> each = attachable.iteratorForAppenders(); each.hasNext();) {
            Appender<ILoggingEvent> appender = each.next();
            if (appender instanceof OutputStreamAppender<ILoggingEvent> writing && !(writing.getEncoder() instanceof RedactingEncoder)) {
                writing.setEncoder(new RedactingEncoder(writing.getEncoder()));
            } else if (appender instanceof AppenderAttachable<?>) {
                @SuppressWarnings("unchecked") // appenders of a logger's appenders take what the logger gives
                AppenderAttachable<ILoggingEvent> more = (AppenderAttachable<ILoggingEvent>) appender;
                install(more);
            }
        }
    }

    /** The text without what the confidants know. */
    static String redact(String text) {
        return known().redactor().redact(text);
    }

    private record Known(Set<Secret> secrets, Set<String> names, Redactor redactor) {}

    private static Known known() {
        Set<Secret> secrets;
        Set<String> names;
        synchronized (SOURCES) {
            secrets = SOURCES.stream().flatMap(source -> source.secrets().stream()).collect(Collectors.toSet());
            names = secrets.isEmpty() ? Set.of()
                    : SOURCES.stream().flatMap(source -> source.names().stream()).collect(Collectors.toSet());
        }
        Known before = known;
        if (!before.secrets().equals(secrets) || !before.names().equals(names)) {
            before = new Known(secrets, names, Redactor.of(
                    secrets.stream().map(Secret::reveal).flatMap(RedactedLog::forms).map(Secret::new).toList(), names));
            known = before;
        }
        return before;
    }

    /** As it is, and as JSON has it. */
    private static Stream<String> forms(String secret) {
        return Stream.of(secret, new String(JsonStringEncoder.getInstance().quoteAsString(secret))).distinct();
    }
}
