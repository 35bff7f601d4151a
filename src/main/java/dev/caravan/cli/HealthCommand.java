package dev.caravan.cli;

import dev.caravan.spec.Secret;
import java.io.IOException;
import java.net.ConnectException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code caravan health}: for container images, which have no curl. */
@Command(name = "health",
        description = {"Asks the caravan that serves on this machine whether it is healthy.", "",
            "It asks 127.0.0.1, by HTTP or, if that is not understood, by HTTPS without a look at the certificate."},
        footerHeading = "%nExamples:%n",
        footer = "  caravan health --port 8443 || echo unhealthy")
final class HealthCommand implements Callable<Integer> {
    private static final Duration ANSWERS = Duration.ofSeconds(4);

    @Option(names = "--port", paramLabel = "PORT", defaultValue = "8080", description = "Port that it listens on (default: 8080).")
    private int port;

    @Option(names = "--token-file", paramLabel = "FILE", description = "Holds the token that it asks for (or CARAVAN_TOKEN).")
    private Path tokenFile;

    @Override
    public Integer call() throws Exception {
        Optional<Secret> token = ServeCommand.token(tokenFile, System.getenv());
        HttpResponse<String> answer;
        try {
            answer = ask("http", token);
        } catch (ConnectException e) {
            throw new UserError("no server answers on port " + port + " of this machine");
        } catch (IOException e) {
            // A server of HTTPS closes a connection on which plain HTTP comes.
            answer = askByTls(token);
        }
        if (answer.statusCode() != 200) {
            throw new UserError("the caravan on port " + port + " answered with status " + answer.statusCode() + ": " + answer.body());
        }
        System.out.println("healthy");
        return 0;
    }

    private HttpResponse<String> askByTls(Optional<Secret> token) throws Exception {
        try {
            return ask("https", token);
        } catch (IOException e) {
            throw new UserError("what answers on port " + port + " of this machine is no caravan: " + CaravanCommand.message(e));
        }
    }

    private HttpResponse<String> ask(String scheme, Optional<Secret> token) throws Exception {
        HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(ANSWERS)
                .sslContext(ofThisMachine()).build();
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(scheme + "://127.0.0.1:" + port + "/observe/health"))
                .timeout(ANSWERS);
        token.ifPresent(secret -> request.header("Authorization", "Bearer " + secret.reveal()));
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    /** The certificate is for the name that others use, and the connection never leaves this machine. */
    private static SSLContext ofThisMachine() throws GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new AnyCertificate()}, null);
        return context;
    }

    private static final class AnyCertificate extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
