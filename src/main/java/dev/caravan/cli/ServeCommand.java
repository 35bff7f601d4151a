package dev.caravan.cli;

import dev.caravan.access.TokenFile;
import dev.caravan.access.Tokens;
import dev.caravan.engine.Engine;
import dev.caravan.engine.EngineOptions;
import dev.caravan.http.TlsFiles;
import dev.caravan.rehearsal.Rehearsal;
import dev.caravan.rehearsal.Rehearsals;
import dev.caravan.rehearsal.ScratchDirectory;
import dev.caravan.spec.Redactor;
import dev.caravan.spec.Secret;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jline.utils.Signals;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code caravan serve}, and caravan without a command. */
@Command(name = "serve",
        description = {
            "Watches the inbox and serves HTTP until it is stopped.",
            "",
            "A spec that is moved into the inbox is applied; the page and the API are at the address that it prints. "
                    + "Runs that an engine left unfinished are resumed. caravan without a command does the same."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  caravan serve",
            "  caravan serve --port 8090 --inbox /srv/caravan/inbox --data /var/lib/caravan",
            "  caravan serve --host 0.0.0.0 --token-file /etc/caravan/token",
            "  caravan serve --rehearse --inbox rehearsal-inbox"
        })
final class ServeCommand implements Callable<Integer> {
    private static final String TOKEN_VARIABLE = "CARAVAN_TOKEN";

    /** What serving takes. */
    static final class Options {
        @Mixin
        CommonOptions common;

        @Option(names = "--host", paramLabel = "ADDRESS", defaultValue = "127.0.0.1",
                description = "Address to listen on (default: 127.0.0.1); another than loopback only with a token.")
        String host;

        @Option(names = "--port", paramLabel = "PORT", defaultValue = "8080", description = "Port to listen on (default: 8080).")
        int port;

        @Option(names = "--inbox", paramLabel = "DIR", defaultValue = "${sys:caravan.inbox:-${env:CARAVAN_INBOX:-inbox}}",
                description = "Specs moved into it are applied (or CARAVAN_INBOX; default: ./inbox).")
        Path inbox;

        @Option(names = "--rehearse",
                description = "Does all of it on simulated hosts only, with data of its own (default: ./data/rehearsal).")
        boolean rehearse;

        @Option(names = "--token-file", paramLabel = "FILE",
                description = "Holds the bearer token that HTTP asks for (or CARAVAN_TOKEN), or a line NAME ROLE TOKEN for each "
                        + "who may ask. Roles are view, operate and admin. A changed file is read without a restart.")
        Path tokenFile;

        @Option(names = "--oidc-issuer", paramLabel = "URL",
                defaultValue = "${sys:caravan.oidc.issuer:-${env:CARAVAN_OIDC_ISSUER:-}}",
                description = "People log in to the page by this OpenID provider (or CARAVAN_OIDC_ISSUER); caravan.oidc.* says how.")
        String oidcIssuer;

        @Option(names = "--log-format", paramLabel = "FORMAT", defaultValue = "${sys:caravan.log.format:-${env:CARAVAN_LOG_FORMAT:-text}}",
                completionCandidates = Words.Formats.class,
                description = "text, or json: an object a line, with run, host and step as members (or CARAVAN_LOG_FORMAT; default: text).")
        LogSetup.Format logFormat;

        @Option(names = "--tls-cert", paramLabel = "FILE",
                description = "Serves HTTPS with this certificate: PEM, the server's own first, then those that it was signed by. "
                        + "A renewed one is read without a restart.")
        Path tlsCertificate;

        @Option(names = "--tls-key", paramLabel = "FILE", description = "Its private key: PEM, not encrypted.")
        Path tlsKey;
    }

    @Mixin
    private Options options;

    @Override
    public Integer call() throws Exception {
        return serve(options);
    }

    static int serve(Options options) throws Exception {
        LogSetup.toConsole(options.logFormat);
        TokenFile tokens = tokenFile(options.tokenFile, System.getenv());
        boolean asks = !tokens.get().isEmpty() || !options.oidcIssuer.isBlank();
        requireListenable(options.host, options.port, asks);
        requireInbox(options.inbox);
        Optional<TlsFiles> tls = tls(options.tlsCertificate, options.tlsKey);
        Map<String, String> properties = new HashMap<>();
        tls.ifPresent(files -> {
            properties.put("caravan.http.tls-cert", files.certificate().toString());
            properties.put("caravan.http.tls-key", files.key().toString());
        });
        properties.put("caravan.oidc.issuer", options.oidcIssuer);
        properties.put("caravan.inbox", options.inbox.toAbsolutePath().normalize().toString());
        properties.put("camel.server.enabled", "true");
        properties.put("camel.server.host", options.host);
        properties.put("camel.server.port", Integer.toString(options.port));
        if (options.rehearse) {
            try (ScratchDirectory scratch = ScratchDirectory.open();
                    Rehearsals rehearsals = new Rehearsals(scratch.hosts(), Rehearsal.Options.usual())) {
                Path data = options.common.dataOfServedRehearsals();
                return serve(options, EngineOptions.of(data, options.common.routes(), true, properties).withTokens(tokens)
                        .rehearsing(rehearsals::target, rehearsals::prepare));
            }
        }
        return serve(options, EngineOptions.of(options.common.data(), options.common.routes(), true, properties).withTokens(tokens)
                .withJournal(options.common.journal()).withTrial(TrialEngine::new));
    }

    @SuppressWarnings("try") // closing may be interrupted, which ends the command as well
    static int serve(Options options, EngineOptions engineOptions) throws Exception {
        CountDownLatch stop = new CountDownLatch(1);
        Signals.register("INT", stop::countDown);
        Signals.register("TERM", stop::countDown);
        try (Engine engine = Engine.start(engineOptions)) {
            Logger log = LoggerFactory.getLogger(ServeCommand.class);
            engine.warnings().forEach(log::warn);
            engineOptions.tokens().get().secrets().stream().filter(Redactor::isWeak).forEach(weak -> log.warn("a token is short or a "
                    + "common word: anyone who guesses it may do what it allows. openssl rand -hex 32 makes a better one"));
            log.info("serving on {}://{}:{}{} and watching {}{}", engine.isServedOverTls() ? "https" : "http",
                    options.host.contains(":") ? "[" + options.host + "]" : options.host, options.port,
                    (engineOptions.tokens().get().isEmpty() ? "" : " with a token")
                            + (options.oidcIssuer.isBlank() ? "" : " with a login"),
                    options.inbox,
                    options.rehearse ? ", rehearsing on simulated hosts" : "");
            engine.warmUp();
            stop.await();
        }
        return 0;
    }

    /** The tokens of the file, else that of the environment; a file that is named must have one. */
    static TokenFile tokenFile(Path file, Map<String, String> environment) throws UserError {
        if (file == null) {
            return TokenFile.fixed(Optional.ofNullable(environment.get(TOKEN_VARIABLE)).map(String::strip).filter(text -> !text.isEmpty())
                    .map(text -> Tokens.of(new Secret(text))).orElseGet(Tokens::none));
        }
        try {
            return TokenFile.of(file);
        } catch (Tokens.Unreadable e) {
            throw new UserError("--token-file " + file + " " + e.getMessage());
        } catch (IOException e) {
            throw new UserError("cannot read --token-file " + file + ": "
                    + (Files.exists(file) ? "is it a text file that this user may read?" : "there is no such file"));
        }
    }

    /** The token that a client sends: the only one of the file, else that of the environment. */
    static Optional<Secret> token(Path file, Map<String, String> environment) throws UserError {
        Tokens tokens = tokenFile(file, environment).get();
        if (!tokens.isEmpty() && tokens.only().isEmpty()) {
            throw new UserError("--token-file " + file + " holds several tokens; name a file with yours alone");
        }
        return tokens.only();
    }

    /** The certificate and key to serve with, where they are named; both must be, and fit. */
    static Optional<TlsFiles> tls(Path certificate, Path key) throws UserError {
        if (certificate == null && key == null) {
            return Optional.empty();
        }
        if (certificate == null || key == null) {
            throw new UserError("--tls-cert and --tls-key belong together: the certificate, and its private key");
        }
        try {
            TlsFiles files = new TlsFiles(certificate.toAbsolutePath(), key.toAbsolutePath());
            files.read();
            return Optional.of(files);
        } catch (TlsFiles.Unusable e) {
            throw new UserError(e.getMessage());
        }
    }

    /** Makes the inbox where it is missing; refuses what is no directory and cannot become one. */
    static void requireInbox(Path inbox) throws UserError {
        if (Files.isDirectory(inbox)) {
            return; // also behind a link, which createDirectories takes for a file
        }
        try {
            Files.createDirectories(inbox);
        } catch (IOException e) {
            throw new UserError("--inbox " + inbox + (Files.exists(inbox) ? " is not a directory" : " cannot be made")
                    + "; name another with --inbox");
        }
    }

    private static boolean isOfThisMachine(InetAddress address) {
        try {
            return address.isAnyLocalAddress() || address.isLoopbackAddress() || NetworkInterface.getByInetAddress(address) != null;
        } catch (SocketException e) {
            return true; // not known: what the socket said stands
        }
    }

    /**
     * Refuses what must not be listened on, and says so now where the port is taken.
     *
     * @param asks whether who asks has to be known
     */
    static void requireListenable(String host, int port, boolean asks) throws UserError {
        if (port < 0 || port > 65_535) {
            throw new UserError("--port " + port + " is no port: it is a number up to 65535");
        }
        InetAddress address;
        try {
            address = InetAddress.getByName(host);
        } catch (UnknownHostException e) {
            throw new UserError("--host " + host + " is not an address of this machine");
        }
        if (!address.isLoopbackAddress() && !asks) {
            throw new UserError("--host " + host + " can be reached from other machines, so a token or a login is needed. Set "
                    + TOKEN_VARIABLE + " or give --token-file, or --oidc-issuer. openssl rand -hex 32 makes a good token");
        }
        try (ServerSocket probe = new ServerSocket(port, 1, address)) {
            LoggerFactory.getLogger(ServeCommand.class).debug("{} can be listened on", probe);
        } catch (IOException e) {
            if (!isOfThisMachine(address)) {
                throw new UserError("--host " + host + " is not an address of this machine");
            }
            throw new UserError("cannot listen on " + host + " port " + port + ": " + e.getMessage() + "; choose another with --port");
        }
    }
}
