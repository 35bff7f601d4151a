package dev.caravan.login;

import com.nimbusds.oauth2.sdk.http.HTTPRequestSender;
import com.nimbusds.oauth2.sdk.http.HTTPResponse;
import com.nimbusds.oauth2.sdk.http.ReadOnlyHTTPRequest;
import com.nimbusds.oauth2.sdk.http.ReadOnlyHTTPResponse;
import com.nimbusds.oauth2.sdk.ParseException;
import dev.caravan.network.Proxies;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Sends the library's requests: with time limits, without following redirects, and reading no more than a token or its keys can need. */
final class ProviderHttp implements HTTPRequestSender {
    private static final Duration WITHIN = Duration.ofSeconds(10);
    private static final int LARGEST = 1024 * 1024;

    private final HttpClient client;

    ProviderHttp(Optional<Path> authority) {
        HttpClient.Builder builder = Proxies.client().connectTimeout(WITHIN).followRedirects(HttpClient.Redirect.NEVER);
        authority.map(ProviderHttp::trusting).ifPresent(builder::sslContext);
        this.client = builder.build();
    }

    private static SSLContext trusting(Path authority) {
        try (InputStream in = Files.newInputStream(authority)) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            int number = 0;
            for (Certificate each : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                store.setCertificateEntry("ca-" + number++, each);
            }
            if (number == 0) {
                throw new IllegalArgumentException("caravan.oidc.ca-file " + authority + " has no certificate");
            }
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(store);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalArgumentException("caravan.oidc.ca-file " + authority + " cannot be read: " + e.getMessage(), e);
        }
    }

    @Override
    public ReadOnlyHTTPResponse send(ReadOnlyHTTPRequest asked) throws IOException {
        try {
            HttpRequest.Builder request = HttpRequest.newBuilder(new URI(asked.getURL().toString())).timeout(WITHIN)
                    .method(asked.getMethod().name(), asked.getBody() == null ? HttpRequest.BodyPublishers.noBody()
                            : HttpRequest.BodyPublishers.ofString(asked.getBody()));
            asked.getHeaderMap().forEach((name, values) -> values.forEach(value -> request.header(name, value)));
            return read(client.send(request.build(), BodyHandlers.ofInputStream()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        } catch (URISyntaxException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private static HTTPResponse read(HttpResponse<InputStream> answer) throws IOException {
        HTTPResponse response = new HTTPResponse(answer.statusCode());
        try (InputStream in = answer.body()) {
            byte[] body = in.readNBytes(LARGEST + 1);
            if (body.length > LARGEST) {
                throw new IOException("its answer is larger than 1 MiB");
            }
            response.setBody(new String(body, StandardCharsets.UTF_8));
            Optional<String> type = answer.headers().firstValue("Content-Type");
            if (type.isPresent()) {
                response.setContentType(type.get());
            }
            return response;
        } catch (ParseException e) {
            throw new IOException(e.getMessage(), e);
        }
    }
}
