package dev.caravan.cli;

import dev.caravan.engine.RunnerConfiguration;
import dev.caravan.log.RedactedLog;
import dev.caravan.runner.Broker;
import dev.caravan.runner.KeyFiles;
import dev.caravan.runner.Runner;
import dev.caravan.runner.RunnerSettings;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jline.utils.Signals;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code caravan runner}. */
@Command(name = "runner",
        description = {
            "Carries out the steps of one zone's hosts, which an engine orders over a broker.",
            "",
            "It runs on a machine that reaches these hosts over SSH and the broker, and keeps nothing: if it is killed, start it again. "
                    + "The broker's endpoints are the settings caravan.runner.orders and caravan.runner.events. docs/runners.md shows how "
                    + "to set it up."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  caravan runner-key site-a --keys /etc/caravan/keys",
            "  caravan runner --zone site-a --keys /etc/caravan/keys"
        })
final class RunnerCommand implements Callable<Integer> {
    @Option(names = "--zone", paramLabel = "ZONE", description = "The zone that it serves: hosts with zone: ZONE in the spec.")
    private String zone;

    @Option(names = "--keys", paramLabel = "DIR",
            description = "Holds its key, ZONE.key, and the public key of each engine that it obeys (or the setting caravan.runner.keys; "
                    + "default: ./data/runner-keys).")
    private Path keys;

    @Option(names = "--log-format", paramLabel = "FORMAT", defaultValue = "${sys:caravan.log.format:-${env:CARAVAN_LOG_FORMAT:-text}}",
            completionCandidates = Words.Formats.class,
            description = "text, or json: an object a line (or CARAVAN_LOG_FORMAT; default: text).")
    private LogSetup.Format logFormat;

    @Override
    @SuppressWarnings("try") // closing may be interrupted, which ends the command as well
    public Integer call() throws Exception {
        if (zone == null) {
            throw new UserError("which zone does this runner serve? caravan runner --zone ZONE");
        }
        LogSetup.toConsole(logFormat);
        RedactedLog.install();
        Map<String, String> properties = new HashMap<>();
        if (keys != null) {
            properties.put(RunnerSettings.KEYS, keys.toAbsolutePath().normalize().toString());
        }
        CountDownLatch stop = new CountDownLatch(1);
        Signals.register("INT", stop::countDown);
        Signals.register("TERM", stop::countDown);
        try (Runner runner = Runner.start(zone, settings(properties))) {
            Logger log = LoggerFactory.getLogger(RunnerCommand.class);
            log.info("serving zone {}", zone);
            stop.await();
            log.info("stopped; {} order(s) were under way, and their steps stay on their hosts", runner.underWay());
        } catch (KeyFiles.Unusable | Broker.Unusable e) {
            throw new UserError(e.getMessage());
        }
        return 0;
    }

    private static RunnerSettings settings(Map<String, String> properties) throws UserError {
        try {
            return RunnerConfiguration.read(Path.of("data"), properties).orElseThrow(() -> new UserError("there is no broker: set "
                    + RunnerSettings.ORDERS + " and " + RunnerSettings.EVENTS + ", as docs/runners.md shows"));
        } catch (IllegalArgumentException e) {
            throw new UserError(e.getMessage());
        }
    }
}
