package dev.caravan.cli;

import dev.caravan.engine.EngineOptions;
import dev.caravan.journal.JournalPlace;
import dev.caravan.ssh.SshTarget;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * An engine as {@code serve} starts it, in a process of its own. Its hosts are simulated ones of the test's process: they all listen on
 * 127.0.0.1, at the ports that the spec says.
 */
final class EngineProcess {
    private final Process process;
    private final Path log;

    private EngineProcess(Process process, Path log) {
        this.process = process;
        this.log = log;
    }

    /** What the process does. */
    public static void main(String[] arguments) throws Exception {
        Path data = Path.of(arguments[0]);
        ServeCommand.Options options = new ServeCommand.Options();
        options.host = "127.0.0.1";
        options.port = Integer.parseInt(arguments[1]);
        options.inbox = Path.of(arguments[2]);
        options.oidcIssuer = "";
        LogSetup.toConsole(LogSetup.Format.values()[0]);
        Map<String, String> properties = Map.of("caravan.inbox", arguments[2], "caravan.inbox.settle-millis", "100",
                "camel.server.enabled", "true", "camel.server.host", options.host, "camel.server.port", arguments[1]);
        JournalPlace journal = JournalPlace.of(data, Optional.of(System.getenv("CARAVAN_JOURNAL")), System.getenv());
        System.exit(ServeCommand.serve(options, new EngineOptions(data, Optional.of(Path.of(arguments[3])), true, false,
                host -> new SshTarget("127.0.0.1", host.ssh()), properties).withJournal(journal)));
    }

    /** @param log to which it is appended */
    static EngineProcess start(Path data, int port, Path inbox, Path routes, Map<String, String> environment, Path log) throws IOException {
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        return start(classPath, List.of(EngineProcess.class.getName(), data.toString(), Integer.toString(port), inbox.toString(),
                routes.toString()), environment, log);
    }

    /** The command of another version, whose hosts are at 127.0.0.1. */
    static EngineProcess startFormer(String classPath, Path data, int port, Path inbox, Path routes, Map<String, String> environment,
            Path log) throws IOException {
        return start(classPath, List.of("-Dcaravan.inbox.settle-millis=100", "dev.caravan.Main", "serve", "--data", data.toString(),
                "--port", Integer.toString(port), "--inbox", inbox.toString(), "--routes", routes.toString()), environment, log);
    }

    private static EngineProcess start(String classPath, List<String> arguments, Map<String, String> environment, Path log)
            throws IOException {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-cp", classPath));
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().putAll(environment);
        return new EngineProcess(builder.start(), log);
    }

    boolean says(String text) throws IOException {
        return log().contains(text);
    }

    String log() throws IOException {
        return Files.readString(log);
    }

    boolean isAlive() {
        return process.isAlive();
    }

    void kill() throws Exception {
        process.destroyForcibly().waitFor();
    }

    void signal(String name) throws Exception {
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).inheritIO().start().waitFor();
    }

    /** Ends it in order. @return whether it ended within so many seconds */
    boolean stop(long seconds) throws Exception {
        signal("TERM");
        return process.waitFor(seconds, TimeUnit.SECONDS);
    }
}
