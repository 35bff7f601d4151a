package dev.caravan.bundle;

import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.network.FetchFailure;
import dev.caravan.network.Proxies;
import dev.caravan.network.TimedBody;
import dev.caravan.spec.Secret;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * A server that speaks the distribution API, to read from: with or without a password, and with tokens as Docker's and others want them.
 * For one thread.
 *
 * <p>Three requests are all that is needed of the API; libraries for it bring an HTTP client, JSON and certificates of their own.
 */
final class RegistryServer {
    /** Of connecting, of the wait for an answer, and of a small body. */
    static final Duration LIMIT = Duration.ofSeconds(60);
    private static final long SLOWEST_BYTES_A_SECOND = 16_384;
    private static final int MOST_REDIRECTS = 5;
    private static final int LARGEST_ANSWER = 1 << 20;
    private static final Pattern PARAMETER = Pattern.compile("([a-z]+)=\"([^\"]*)\"");

    private final URI base;
    private final String prefix;
    private final HttpClient client;
    private final Duration limit;
    private final Optional<Secret> basic;
    private Optional<String> authorization = Optional.empty();

    /**
     * @param base   {@code https://HOST} or {@code http://HOST:PORT}
     * @param prefix what its repositories begin with, with a slash at the end, or empty
     * @param basic  user name and password as Basic wants them
     * @param caFile the certificates that its own is checked against, instead of Java's
     * @param limit  as {@link #LIMIT}
     */
    RegistryServer(URI base, String prefix, Optional<Secret> basic, Optional<String> caFile, Proxies proxies, Duration limit)
            throws IOException {
        this.limit = limit;
        this.base = base;
        this.prefix = prefix;
        this.basic = basic;
        HttpClient.Builder builder = proxies.through(base, Proxies.client()).connectTimeout(limit)
                .version(HttpClient.Version.HTTP_1_1).followRedirects(HttpClient.Redirect.NEVER);
        if (caFile.isPresent()) {
            builder.sslContext(trusting(caFile.get()));
        }
        this.client = builder.build();
    }

    private static SSLContext trusting(String caFile) throws IOException {
        try (InputStream in = new FileInputStream(caFile)) {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            int number = 0;
            for (Certificate each : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                store.setCertificateEntry("ca" + number++, each);
            }
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(store);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException("the certificates of " + caFile + " cannot be used: " + e.getMessage(), e);
        }
    }

    /** The answer to a GET of what follows {@code /v2/REPOSITORY/}; the caller closes its body. @throws IOException unless it is 200 */
    HttpResponse<InputStream> get(String repository, String rest, String accept) throws IOException, InterruptedException {
        URI address = base.resolve("/v2/" + prefix + repository + "/" + rest);
        HttpResponse<InputStream> answer = send(address, accept, authorization);
        if (answer.statusCode() == 401 && (authorization.isEmpty() || !answer.headers().allValues("www-authenticate").isEmpty())) {
            answer.body().close();
            authorization = authorize(answer, repository);
            answer = send(address, accept, authorization);
        }
        for (int i = 0; i < MOST_REDIRECTS && answer.statusCode() / 100 == 3; i++) {
            answer.body().close();
            URI next = address.resolve(answer.headers().firstValue("location")
                    .orElseThrow(() -> new IOException(base + " sent a redirect to nowhere")));
            if (!next.getScheme().equals("https") && !next.getScheme().equals(base.getScheme())) {
                throw new IOException("a redirect to " + next.getScheme());
            }
            // another server gets no credentials of this one
            answer = send(next, accept, next.getAuthority().equals(base.getAuthority()) ? authorization : Optional.empty());
        }
        if (answer.statusCode() != 200) {
            answer.body().close();
            throw new IOException(base + " answered " + answer.statusCode() + (answer.statusCode() == 401 || answer.statusCode() == 403
                    ? ": are user name and password in runtime.registries right?" : ""));
        }
        return answer;
    }

    private HttpResponse<InputStream> send(URI address, String accept, Optional<String> credentials)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(address).timeout(limit).header("Accept", accept);
        credentials.ifPresent(value -> request.header("Authorization", value));
        try {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        } catch (IOException e) {
            throw new IOException(address.getScheme() + "://" + address.getAuthority() + ": " + FetchFailure.words(e), e);
        }
    }

    /* What the server asks for: Basic, or a token of the server that it names. */
    private Optional<String> authorize(HttpResponse<InputStream> answer, String repository) throws IOException, InterruptedException {
        String challenge = answer.headers().firstValue("www-authenticate").orElse("");
        if (!challenge.regionMatches(true, 0, "Bearer ", 0, 7)) {
            return basic.map(secret -> "Basic " + secret.reveal());
        }
        String realm = "";
        StringBuilder query = new StringBuilder();
        boolean scoped = false;
        Matcher parameters = PARAMETER.matcher(challenge);
        while (parameters.find()) {
            String name = parameters.group(1);
            if (name.equals("realm")) {
                realm = parameters.group(2);
            } else if (name.equals("service") || name.equals("scope")) {
                scoped |= name.equals("scope");
                query.append('&').append(name).append('=').append(URLEncoder.encode(parameters.group(2), StandardCharsets.UTF_8));
            }
        }
        if (!scoped) {
            query.append("&scope=").append(URLEncoder.encode("repository:" + prefix + repository + ":pull", StandardCharsets.UTF_8));
        }
        URI tokens = URI.create(realm + (realm.contains("?") ? "&" : "?") + query.substring(1));
        if (!tokens.getScheme().equals("https") && !base.getScheme().equals("http")) {
            throw new IOException(base + " names a server of tokens without TLS: " + realm);
        }
        HttpResponse<InputStream> token = send(tokens, "application/json", basic.map(secret -> "Basic " + secret.reveal()));
        try (InputStream body = token.body()) {
            if (token.statusCode() != 200) {
                throw new IOException(realm + " answered " + token.statusCode() + " to the request for a token");
            }
            byte[] answered = read(body, 0, from -> from.readNBytes(LARGEST_ANSWER));
            JsonNode said = Bundle.JSON.readTree(answered);
            String value = said.path("token").asText(said.path("access_token").asText());
            return value.isEmpty() ? Optional.empty() : Optional.of("Bearer " + value);
        }
    }

    /** Reads a body of at most that many bytes; a server that sends it too slowly is given up. */
    <T> T read(InputStream body, long bytes, TimedBody.Reading<T> reading) throws IOException {
        return TimedBody.read(body, limit.plusSeconds(bytes / SLOWEST_BYTES_A_SECOND), reading);
    }

    @Override
    public String toString() {
        return base.toString();
    }
}
