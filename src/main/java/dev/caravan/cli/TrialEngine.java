package dev.caravan.cli;

import dev.caravan.actions.Action.ActionCall;
import dev.caravan.actions.Offer;
import dev.caravan.engine.CannotStart;
import dev.caravan.engine.Engine;
import dev.caravan.engine.EngineOptions;
import dev.caravan.http.Trial;
import dev.caravan.rehearsal.Rehearsal;
import dev.caravan.rehearsal.Rehearsals;
import dev.caravan.rehearsal.ScratchDirectory;
import dev.caravan.run.Busy;
import dev.caravan.run.CannotBegin;
import dev.caravan.run.Submissions.Submission;
import dev.caravan.spec.InvalidSpec;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The engine that is tried: of built-in routes alone, as a user's own may begin with what they are fed by, and with data of its own among
 * the machine's temporary files. It asks for the same tokens.
 */
public final class TrialEngine implements Trial {
    private static final String SOURCE = "http";
    private static final Logger LOG = LoggerFactory.getLogger(TrialEngine.class);

    private final EngineOptions beside;
    private final String host;
    private Optional<Started> started = Optional.empty();
    private boolean closed;

    private record Started(Engine engine, int port, Rehearsals rehearsals, ScratchDirectory scratch) {}

    /** @param host the address of the engine that it is beside */
    public TrialEngine(EngineOptions beside, String host) {
        this.beside = beside;
        this.host = host;
    }

    @Override
    public synchronized Begun begin(String spec, Optional<String> by) throws InvalidSpec, IOException {
        if (closed) {
            throw new IOException("this engine ends");
        }
        if (started.isEmpty()) {
            started = Optional.of(start());
        }
        Engine engine = started.get().engine();
        ActionCall usual = engine.runs().actions().offered(Offer.SPEC).orElseThrow().withDefaults();
        try {
            Submission submission = engine.submissions().readConfined(spec, "request", usual, SOURCE).by(by);
            return new Begun(started.get().port(), engine.submissions().begin(submission, Optional.empty()).id());
        } catch (Busy | CannotBegin e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private Started start() throws IOException {
        ScratchDirectory scratch = ScratchDirectory.open();
        Rehearsals rehearsals = new Rehearsals(scratch.hosts(), Rehearsal.Options.usual());
        try {
            Path place = scratch.hosts().resolveSibling("served");
            int port = freePort();
            Map<String, String> properties = new HashMap<>(beside.properties());
            properties.put("camel.server.port", Integer.toString(port));
            properties.put("caravan.inbox", Files.createDirectories(place.resolve("inbox")).toString());
            Engine engine = Engine.start(EngineOptions.of(place.resolve("data"), Optional.empty(), true, properties)
                    .withTokens(beside.tokens()).rehearsing(rehearsals::target, rehearsals::prepare));
            LOG.info("an engine on simulated hosts is tried at {} port {}; it ends with this one", host, port);
            return new Started(engine, port, rehearsals, scratch);
        } catch (CannotStart | IOException e) {
            rehearsals.close();
            scratch.close();
            throw new IOException("the engine on simulated hosts cannot start: " + e.getMessage(), e);
        }
    }

    private int freePort() throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getByName(host))) {
            return free.getLocalPort();
        }
    }

    /** Ends the simulated hosts as well. */
    @Override
    public synchronized void close() {
        closed = true;
        started.ifPresent(each -> {
            each.engine().close();
            each.rehearsals().close();
            try {
                each.scratch().close();
            } catch (IOException e) {
                LOG.warn("a temporary directory of simulated hosts stays", e);
            }
        });
        started = Optional.empty();
    }
}
