package dev.caravan.engine;

import dev.caravan.access.TokenFile;
import dev.caravan.access.Tokens;
import dev.caravan.http.Trial;
import dev.caravan.journal.JournalPlace;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.spec.Secret;
import dev.caravan.ssh.SshTarget;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * What an engine is started with.
 *
 * @param data       the data directory
 * @param routes     the user's routes directory, over the built-in files
 * @param triggers   whether routes that begin with something else than {@code direct:} are started: inbox, HTTP, the
 *                   user's own
 * @param rehearsal  whether hosts are simulated ones
 * @param dial       how a host is reached
 * @param properties over {@code application.properties}
 * @param tokens     what HTTP asks for
 * @param journal    where the journal is
 * @param prepare    called when a run of a cluster has been let in, before its first step: makes simulated hosts where they are needed
 * @param trial      makes an engine with simulated hosts to try beside this one, at the address that this one listens on
 */
public record EngineOptions(
        Path data, Optional<Path> routes, boolean triggers, boolean rehearsal, Function<Host, SshTarget> dial,
        Map<String, String> properties, TokenFile tokens, JournalPlace journal, Consumer<Cluster> prepare,
        Optional<BiFunction<EngineOptions, String, Trial>> trial) {

    /** Without a token, and with the journal of the data directory. */
    public EngineOptions(
            Path data, Optional<Path> routes, boolean triggers, boolean rehearsal, Function<Host, SshTarget> dial,
            Map<String, String> properties) {
        this(data, routes, triggers, rehearsal, dial, properties, TokenFile.fixed(Tokens.none()), JournalPlace.in(data), cluster -> { },
                Optional.empty());
    }

    /** For real hosts, reached as the spec says. */
    public static EngineOptions of(Path data, Optional<Path> routes, boolean triggers, Map<String, String> properties) {
        return new EngineOptions(data, routes, triggers, false, SshTarget::of, properties);
    }

    /** The same with one token, for everything. */
    public EngineOptions withToken(Optional<Secret> asked) {
        return withTokens(asked.map(Tokens::of).orElseGet(Tokens::none));
    }

    /** The same with these tokens. */
    public EngineOptions withTokens(Tokens asked) {
        return withTokens(TokenFile.fixed(asked));
    }

    /** The same with the tokens of a file, which may change. */
    public EngineOptions withTokens(TokenFile asked) {
        return new EngineOptions(data, routes, triggers, rehearsal, dial, properties, asked, journal, prepare, trial);
    }

    /** The same with a journal elsewhere, or for another engine. */
    public EngineOptions withJournal(JournalPlace place) {
        return new EngineOptions(data, routes, triggers, rehearsal, dial, properties, tokens, place, prepare, trial);
    }

    /** The same on simulated hosts, which are made for each cluster when it needs them. */
    public EngineOptions rehearsing(Function<Host, SshTarget> simulated, Consumer<Cluster> make) {
        return new EngineOptions(data, routes, triggers, true, simulated, properties, tokens, JournalPlace.in(data), make, trial);
    }

    /** The same with an engine on simulated hosts that can be tried beside it. */
    public EngineOptions withTrial(BiFunction<EngineOptions, String, Trial> make) {
        return new EngineOptions(data, routes, triggers, rehearsal, dial, properties, tokens, journal, prepare, Optional.of(make));
    }
}
