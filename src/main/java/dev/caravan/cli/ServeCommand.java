package dev.caravan.cli;

import dev.caravan.engine.Engine;
import dev.caravan.engine.EngineOptions;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jline.utils.Signals;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code caravan serve}, and caravan without a command. */
@Command(name = "serve", mixinStandardHelpOptions = true, description = "Watches the inbox and serves HTTP until it is stopped.")
final class ServeCommand implements Callable<Integer> {
    /** What serving takes. */
    static final class Options {
        @Mixin
        CommonOptions common;

        @Option(names = "--host", paramLabel = "ADDRESS", defaultValue = "127.0.0.1",
                description = "Address to listen on (default: 127.0.0.1); another than loopback only with a token.")
        String host;

        @Option(names = "--port", paramLabel = "PORT", defaultValue = "8080", description = "Port to listen on (default: 8080).")
        int port;

        @Option(names = "--inbox", paramLabel = "DIR", defaultValue = "inbox", description = "Specs moved into it are applied (default: ./inbox).")
        Path inbox;

        @Option(names = "--token-file", paramLabel = "FILE", description = "Holds the bearer token that HTTP asks for (or CARAVAN_TOKEN).")
        Path tokenFile;
    }

    @Mixin
    private Options options;

    @Override
    public Integer call() throws Exception {
        return serve(options);
    }

    static int serve(Options options) throws Exception {
        LogSetup.toConsole();
        Map<String, String> properties = new HashMap<>();
        properties.put("caravan.inbox", options.inbox.toString());
        properties.put("camel.server.enabled", "true");
        properties.put("camel.server.host", options.host);
        properties.put("camel.server.port", Integer.toString(options.port));
        CountDownLatch stop = new CountDownLatch(1);
        Signals.register("INT", stop::countDown);
        Signals.register("TERM", stop::countDown);
        try (Engine engine = Engine.start(EngineOptions.of(options.common.data, options.common.routes(), true, properties))) {
            org.slf4j.LoggerFactory.getLogger(ServeCommand.class).info("serving on http://{}:{} and watching {}", options.host, options.port, options.inbox);
            stop.await();
        }
        return 0;
    }
}
