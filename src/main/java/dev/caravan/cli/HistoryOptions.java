package dev.caravan.cli;

import dev.caravan.spec.ShellWord;
import dev.caravan.terminal.Hints;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What commands take that look up runs. */
final class HistoryOptions {
    @Mixin
    CommonOptions common;

    @Option(names = "--server", paramLabel = "URL", defaultValue = "${env:CARAVAN_SERVER}",
            description = "Asks a caravan that serves there, such as http://localhost:8080 (or CARAVAN_SERVER), instead of the journal.")
    private String server;

    @Option(names = "--token-file", paramLabel = "FILE", description = "Holds the token that the server asks for (or CARAVAN_TOKEN).")
    private Path tokenFile;

    @Option(names = "--server-ca", paramLabel = "FILE", defaultValue = "${env:CARAVAN_SERVER_CA}",
            description = "Trusts an https server whose certificate is signed by one in this PEM file, instead of by those that Java knows "
                    + "(or CARAVAN_SERVER_CA).")
    private String serverCa;

    /** Whether an engine is asked, and not the journal. */
    boolean isServer() {
        return server != null && !server.isBlank();
    }

    /** A command as it can be typed to look where this one did. */
    String hint(String command) {
        return ("caravan " + command + " " + hints().options()).strip();
    }

    /** The options that such a command needs. */
    Hints hints() {
        if (!isServer()) {
            return common.hints();
        }
        return new Hints("--server " + ShellWord.of(server)
                + (tokenFile == null ? "" : " --token-file " + ShellWord.of(tokenFile.toString()))
                + (serverCa == null || serverCa.isBlank() ? "" : " --server-ca " + ShellWord.of(serverCa)));
    }

    History open() throws UserError {
        LogSetup.toFile(common.data());
        if (!isServer()) {
            return JournalHistory.open(common);
        }
        Optional<Path> authorities = Optional.ofNullable(serverCa).filter(file -> !file.isBlank()).map(Path::of);
        return new ServerHistory(server, ServeCommand.token(tokenFile, System.getenv()), authorities);
    }
}
