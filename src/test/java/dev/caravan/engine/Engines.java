package dev.caravan.engine;

import dev.caravan.journal.Journal;
import dev.caravan.ssh.SshSessions;
import java.util.Map;

/** Starts engines with what a test gives them. */
public final class Engines {
    private Engines() {}

    /** Settings with which steps are retried after that pause, and verify hardly waits before it looks again. */
    static Map<String, String> impatient(int pauseMillis) {
        String pause = Integer.toString(pauseMillis);
        return Map.of("caravan.retry.millis", pause, "caravan.retry.package-lock-millis", pause, "caravan.retry.connection-millis", pause,
                "caravan.retry.backup-millis", pause, "caravan.verify.poll-millis", "1");
    }

    /** An engine over that journal and those connections; both are closed with it. */
    public static Engine start(EngineOptions options, Journal journal, SshSessions sessions) throws Exception {
        return Engine.start(options, () -> journal, sessions);
    }
}
