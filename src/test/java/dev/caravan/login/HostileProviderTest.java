package dev.caravan.login;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpServer;
import dev.caravan.access.Caller;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a provider may answer, or somebody on the way to it: a server of the test signs tokens that a real provider would not give. */
class HostileProviderTest {
    private static final String SECRET = "secret-of-the-client-that-is-long-enough-for-hs256";

    private static RSAKey key;
    private static RSAKey other;

    private final Map<String, String> answers = new ConcurrentHashMap<>();
    private HttpServer server;
    private String issuer;
    private Login login;
    private Login.Begun begun;

    @BeforeAll
    static void makeKeys() throws Exception {
        key = new RSAKeyGenerator(2048).keyID("k1").generate();
        other = new RSAKeyGenerator(2048).keyID("k1").generate();
    }

    @BeforeEach
    void serve() throws Exception {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        issuer = "http://127.0.0.1:" + server.getAddress().getPort();
        server.createContext("/", exchange -> {
            String answer = answers.get(exchange.getRequestURI().getPath());
            byte[] body = (answer == null ? "{}" : answer).getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().add("Content-Type", "application/json");
            exchange.sendResponseHeaders(answer == null ? 404 : 200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        answers.put("/.well-known/openid-configuration", """
                {"issuer": "%1$s", "authorization_endpoint": "%1$s/auth", "token_endpoint": "%1$s/token", "jwks_uri": "%1$s/keys",
                 "userinfo_endpoint": "%1$s/user", "subject_types_supported": ["public"], "response_types_supported": ["code"],
                 "id_token_signing_alg_values_supported": ["RS256"]}
                """.formatted(issuer));
        answers.put("/keys", new JWKSet(key.toPublicJWK()).toString());
        Map<String, String> settings = new HashMap<>(Map.of("issuer", issuer, "url", "http://localhost:8080", "client-id", "caravan",
                "scopes", "openid", "name-claim", "preferred_username", "role-claim", "groups", "admin", "root", "session-minutes", "5"));
        login = Login.with(LoginSettings.from(name -> settings.getOrDefault(name.substring(LoginSettings.PREFIX.length()), ""),
                Map.of(LoginSettings.SECRET_VARIABLE, SECRET)).orElseThrow());
        begun = login.begin();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private String nonce() {
        return Arrays.stream(begun.to().getRawQuery().split("&")).map(each -> each.split("=", 2))
                .collect(Collectors.toMap(each -> each[0], each -> each[1])).get("nonce");
    }

    private JWTClaimsSet.Builder good() {
        Instant now = Instant.now();
        return new JWTClaimsSet.Builder().issuer(issuer).audience("caravan").subject("ann").issueTime(Date.from(now))
                .expirationTime(Date.from(now.plusSeconds(300))).claim("nonce", nonce()).claim("preferred_username", "ann")
                .claim("groups", List.of("root"));
    }

    private static String signed(JWTClaimsSet claims, JWSAlgorithm algorithm, JWSSigner signer) throws Exception {
        SignedJWT token = new SignedJWT(new JWSHeader.Builder(algorithm).keyID("k1").build(), claims);
        token.sign(signer);
        return token.serialize();
    }

    private void gives(String idToken) {
        answers.put("/token", "{\"access_token\": \"a\", \"token_type\": \"Bearer\", \"id_token\": \"" + idToken + "\"}");
    }

    private void gives(JWTClaimsSet claims) throws Exception {
        gives(signed(claims, JWSAlgorithm.RS256, new RSASSASigner(key)));
    }

    private String finish() throws LoginFailed {
        return login.finish("code", begun.state(), begun.state());
    }

    private void assertRefused(String why) {
        assertThatThrownBy(this::finish).isInstanceOf(LoginFailed.class).hasMessageContaining(why).hasMessageNotContaining(SECRET);
    }

    @Test
    void aGoodTokenIsTaken() throws Exception {
        gives(good().build());
        assertThat(login.caller(finish()).flatMap(Caller::name)).contains("ann");
    }

    @Test
    void aTokenThatIsNotForThisLoginIsNot() throws Exception {
        gives(good().claim("nonce", "another").build());
        assertRefused("nonce");
        gives(good().audience("somebody-else").build());
        assertRefused("audience");
        gives(good().issuer("https://evil.example").build());
        assertRefused("issuer");
        gives(good().expirationTime(Date.from(Instant.now().minusSeconds(3600))).build());
        assertRefused("Expired");
    }

    @Test
    void aTokenThatTheProviderDidNotSignIsNot() throws Exception {
        gives(signed(good().build(), JWSAlgorithm.RS256, new RSASSASigner(other)));
        assertRefused("Invalid signature");
        gives(signed(good().build(), JWSAlgorithm.HS256, new MACSigner(SECRET)));
        assertRefused("not signed with a key");
        gives(new PlainJWT(good().build()).serialize());
        assertRefused("not signed with a key");
        gives("nonsense");
        assertRefused("does not answer as OpenID Connect has it");
    }

    @Test
    void whatTheTokenLeavesOutIsInTheUserInfoOfTheSamePerson() throws Exception {
        gives(good().claim("groups", null).build());
        answers.put("/user", "{\"sub\": \"ann\", \"groups\": [\"root\"], \"preferred_username\": \"not-of-the-token\"}");
        assertThat(login.caller(finish()).flatMap(Caller::name)).contains("ann");
        answers.put("/user", "{\"sub\": \"eve\", \"groups\": [\"root\"]}");
        assertRefused("somebody else");
        answers.remove("/user");
        assertRefused("ann has no role here");
    }

    @Test
    void aProviderThatIsAnotherOrAnswersWithoutEndIsNotFollowed() throws Exception {
        gives(good().build());
        String metadata = answers.get("/.well-known/openid-configuration");
        answers.put("/.well-known/openid-configuration", metadata.replace("\"issuer\": \"" + issuer, "\"issuer\": \"https://evil.example"));
        assertRefused("names itself https://evil.example");
        answers.put("/.well-known/openid-configuration", metadata);
        answers.put("/keys", " ".repeat(2 * 1024 * 1024));
        assertRefused("larger than 1 MiB");
        answers.remove("/keys");
        assertThatThrownBy(this::finish).isInstanceOf(LoginFailed.class);
        server.stop(0);
        assertThatThrownBy(() -> login.begin()).isInstanceOf(LoginFailed.class).hasMessageContaining("cannot be reached");
        assertThat(URI.create(issuer)).isEqualTo(login.settings().issuer());
    }
}
