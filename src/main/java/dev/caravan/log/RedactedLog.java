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
import dev.caravan.spec.Secret;
import java.util.Collections;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.LoggerFactory;
import org.slf4j.Marker;

/**
 * The last door before the program's log. Caravan's own messages hold no secrets, but libraries log what they are given: Camel, for one,
 * logs every exception that a user's route does not handle, and at TRACE all kinds of things. So what any of the {@link Confidant}s knows
 * is replaced in every line, whatever its format. Thread-safe.
 */
public final class RedactedLog {
    /** As in messages of runs: what is shorter would blot out words. */
    private static final int SHORTEST = 4;

    /** Weak, so that nobody has to take leave. */
    private static final Set<Confidant> CONFIDANTS = Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

    /** Of the last line; lines are many, and secrets seldom others than those of the line before. */
    private static volatile Known known = new Known(Set.of(), List.of());

    private RedactedLog() {}

    /** From now on nothing is logged of what that one knows, for as long as it is referred to. */
    public static void keepFrom(Confidant confidant) {
        CONFIDANTS.add(confidant);
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
        String redacted = text;
        for (String secret : known().forms()) {
            redacted = redacted.replace(secret, "***");
        }
        return redacted;
    }

    /** Secrets in all their forms, the longest first: one may be a part of another. */
    private record Known(Set<Secret> secrets, List<String> forms) {}

    private static Known known() {
        Set<Secret> secrets;
        synchronized (CONFIDANTS) {
            secrets = CONFIDANTS.stream().flatMap(confidant -> confidant.secrets().stream()).collect(Collectors.toSet());
        }
        Known before = known;
        if (!before.secrets().equals(secrets)) {
            before = new Known(secrets,
                    secrets.stream().map(Secret::reveal).filter(secret -> secret.length() >= SHORTEST).flatMap(RedactedLog::forms)
                    .sorted(Comparator.comparingInt(String::length).reversed()).toList());
            known = before;
        }
        return before;
    }

    /** As it is, and as JSON has it. */
    private static Stream<String> forms(String secret) {
        return Stream.of(secret, new String(JsonStringEncoder.getInstance().quoteAsString(secret))).distinct();
    }
}
