package dev.caravan.engine;

import dev.caravan.journal.Journal;
import dev.caravan.ssh.SshSessions;

/** Starts engines with what a test gives them. */
public final class Engines {
    private Engines() {}

    /** An engine over that journal and those connections; both are closed with it. */
    public static Engine start(EngineOptions options, Journal journal, SshSessions sessions) throws Exception {
        return Engine.start(options, () -> journal, sessions);
    }
}
