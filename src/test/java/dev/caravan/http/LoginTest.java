package dev.caravan.http;

import static dev.caravan.http.Client.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.access.TokenFile;
import dev.caravan.access.Tokens;
import dev.caravan.rehearsal.Rehearsal;
import dev.caravan.spec.Secret;
import dev.caravan.testkit.Glewlwyd;
import dev.caravan.testkit.Serving;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** People log in with a real Chromium by a real OpenID provider, to a real server; programs have a token as before. */
class LoginTest {
    private static final String TOKEN = "token-of-a-program-0123456789";
    private static final String[] BEARER = {"Authorization", "Bearer " + TOKEN};
    private static final String COOKIE = "caravan-session";

    private static Path scratch;
    private static Glewlwyd provider;
    private static Serving serving;
    private static Client client;

    @BeforeAll
    static void begin() throws Exception {
        Chromium.orSkip();
        scratch = Files.createTempDirectory("caravan-login").toRealPath();
        provider = Glewlwyd.startOrSkip(Files.createDirectories(scratch.resolve("provider")));
        int port = Serving.freePort();
        serving = Serving.start(scratch, port, TokenFile.fixed(Tokens.of(new Secret(TOKEN))), settings("http://127.0.0.1:" + port));
        client = new Client(serving);
        provider.register("caravan", serving.uri("/api/v1/login/callback"));
        provider.add("ann", List.of("platform", "staff"));
        provider.add("vera", List.of("staff"));
        provider.add("eve", List.of("visitors"));
    }

    private static Map<String, String> settings(String url) throws Exception {
        Path secret = Files.writeString(scratch.resolve("client-secret"), Glewlwyd.SECRET + "\n");
        return Map.ofEntries(Map.entry("caravan.oidc.issuer", provider.issuer().toString()), Map.entry("caravan.oidc.url", url),
                Map.entry("caravan.oidc.client-secret-file", secret.toString()), Map.entry("caravan.oidc.scopes", "openid"),
                Map.entry("caravan.oidc.view", "staff"), Map.entry("caravan.oidc.operate", "platform, operators"));
    }

    @AfterAll
    static void end() throws Exception {
        if (serving != null) {
            serving.close();
        }
        if (provider != null) {
            provider.close();
        }
        if (scratch != null) {
            Rehearsal.delete(scratch);
        }
    }

    /** As somebody does it on the provider's pages: name, password, and that this client may know who it is. */
    private static void logIn(Chromium browser, String user) {
        browser.open(serving.uri("/"));
        browser.until("location.hostname === 'localhost' && document.querySelector('#username')");
        browser.click("#username");
        browser.type(user);
        browser.click("#password");
        browser.type(user + "-password");
        browser.press("Enter");
        agree(browser);
    }

    /** Until the browser is back. */
    private static void agree(Chromium browser) {
        browser.until("location.hostname === '127.0.0.1' || (button => button && (button.click(), false))("
                + "[...document.querySelectorAll('button')].find(each => /^(Continue|Save)$/.test(each.textContent.trim())"
                + " && !each.disabled))");
    }

    private static Optional<JsonNode> cookie(Chromium browser) {
        for (JsonNode each : browser.ask("Network.getAllCookies").get("cookies")) {
            if (each.get("name").asText().equals(COOKIE)) {
                return Optional.of(each);
            }
        }
        return Optional.empty();
    }

    @Test
    void somebodyLogsInBeginsARunAndLogsOut() throws Exception {
        try (Chromium browser = new Chromium(Chromium.orSkip())) {
            logIn(browser, "ann");
            browser.until("byId('who').textContent === 'ann, operate' && !byId('logout').hidden");
            assertThat(browser.value("document.cookie").asText()).as("what scripts see").doesNotContain(COOKIE);
            JsonNode cookie = cookie(browser).orElseThrow();
            assertThat(cookie.get("httpOnly").asBoolean()).isTrue();
            assertThat(cookie.get("sameSite").asText()).isEqualTo("Lax");
            String run = beginOnThePage(browser);
            serving.release(run);
            assertThat(json(client.get("/api/v1/runs/" + run, BEARER)).get("begunBy").asText()).isEqualTo("ann");
            assertThat(json(client.get("/api/v1/runs", BEARER)).at("/runs/0/begunBy").asText()).isEqualTo("ann");
            browser.until("page.model.ended && document.querySelector('#runs .run-about').textContent.includes(', by ann')");
            refusesRequestsOfOtherPages(cookie.get("value").asText());
            logsOut(browser, cookie.get("value").asText());
            assertThat(browser.takeProblems()).isEmpty();
        }
    }

    private static String beginOnThePage(Chromium browser) {
        browser.value("location.hash = '#/new'");
        browser.until("byId('new-state').className === 'ok'");
        browser.value("byId('new-text').value = " + '"' + Serving.spec().replace("\n", "\\n") + '"' + "; newRun.changed()");
        browser.until("byId('new-state').className === 'ok' && newRun.valid && !byId('new-start').disabled");
        browser.click("#new-start");
        browser.until("byId('ask').open && !byId('ask-yes').disabled");
        browser.click("#ask-yes");
        browser.until("page.model && page.model.run.begunBy === 'ann'");
        return browser.value("page.model.id").asText();
    }

    /** The cookie alone changes nothing: browsers say from which page a request comes. */
    private static void refusesRequestsOfOtherPages(String secret) throws Exception {
        String[] session = {"Cookie", "x=1; " + COOKIE + "=" + secret};
        assertThat(client.get("/api/v1/runs", session).statusCode()).isEqualTo(200);
        assertThat(client.postSpec("/api/v1/runs", Serving.spec(), session).statusCode()).as("from nowhere").isEqualTo(403);
        assertThat(client.postSpec("/api/v1/runs", Serving.spec(), "Cookie", session[1], "Origin", "http://evil.example").statusCode())
                .isEqualTo(403);
        assertThat(client.postSpec("/api/v1/runs", Serving.spec(), "Cookie", session[1], "Sec-Fetch-Site", "cross-site").statusCode())
                .isEqualTo(403);
        assertThat(client.postSpec("/api/v1/validate", Serving.spec(), "Cookie", session[1], "Sec-Fetch-Site", "same-origin").statusCode())
                .isEqualTo(200);
        assertThat(client.get("/echo", session).body()).as("routes do not see it").contains("x=1").doesNotContain(secret);
    }

    private static void logsOut(Chromium browser, String secret) throws Exception {
        browser.click("#logout");
        browser.until("byId('lost').textContent.includes('You are not logged in') && byId('link').textContent === 'not logged in'");
        assertThat(cookie(browser)).isEmpty();
        assertThat(client.get("/api/v1/runs", "Cookie", COOKIE + "=" + secret).statusCode()).isEqualTo(401);
        // The provider still knows them.
        browser.click("#login");
        agree(browser);
        browser.until("byId('who').textContent === 'ann, operate'");
    }

    @Test
    void whoMayOnlyLookGetsThePageAndNoMore() throws Exception {
        try (Chromium browser = new Chromium(Chromium.orSkip())) {
            logIn(browser, "vera");
            browser.until("byId('who').textContent === 'vera, view'");
            HttpResponse<String> refused = client.postSpec("/api/v1/runs", Serving.spec(), "Cookie",
                    COOKIE + "=" + cookie(browser).orElseThrow().get("value").asText(), "Sec-Fetch-Site", "same-origin");
            assertThat(json(refused).get("detail").asText()).isEqualTo("This needs the role operate; vera has the role view.");
        }
    }

    @Test
    void whoHasNoRoleIsNotLoggedIn() throws Exception {
        try (Chromium browser = new Chromium(Chromium.orSkip())) {
            logIn(browser, "eve");
            browser.until("document.body.innerText.includes('eve has no role here')");
            assertThat(cookie(browser)).isEmpty();
        }
    }

    @Test
    void withoutALoginThereIsNothing() throws Exception {
        HttpResponse<String> page = client.get("/");
        assertThat(page.statusCode()).isEqualTo(302);
        assertThat(page.headers().firstValue("Location")).contains("/api/v1/login");
        HttpResponse<String> refused = client.get("/api/v1/runs");
        assertThat(refused.statusCode()).isEqualTo(401);
        assertThat(json(refused).get("login").asText()).isEqualTo("/api/v1/login");
        assertThat(refused.headers().allValues("WWW-Authenticate")).as("no browser asks for a password")
                .containsExactly("Bearer realm=\"caravan\"");
        assertThat(client.get("/api/v1/runs", "Cookie", COOKIE + "=guessed").statusCode()).isEqualTo(401);
        assertThat(client.get("/api/v1/runs", BEARER).statusCode()).as("programs have a token").isEqualTo(200);
        assertThat(client.get("/", "Authorization", "Bearer wrong").statusCode()).isEqualTo(401);
    }

    @Test
    void aLoginThatThisBrowserDidNotBeginIsRefused() throws Exception {
        HttpResponse<String> begun = client.get("/api/v1/login");
        assertThat(begun.statusCode()).isEqualTo(303);
        String cookie = begun.headers().firstValue("Set-Cookie").orElseThrow();
        assertThat(cookie).matches("caravan-login=[^;]+; Path=/api/v1/login/callback; Max-Age=600; HttpOnly; SameSite=Lax");
        String state = cookie.substring("caravan-login=".length(), cookie.indexOf(';'));
        URI to = URI.create(begun.headers().firstValue("Location").orElseThrow());
        assertThat(to.toString()).startsWith(provider.issuer() + "/auth?")
                .contains("code_challenge_method=S256", "state=" + state, "nonce=");
        for (String[] brought : List.of(new String[0], new String[] {"Cookie", "caravan-login=" + state + "x"})) {
            HttpResponse<String> refused = client.get("/api/v1/login/callback?code=stolen&state=" + state, brought);
            assertThat(refused.statusCode()).isEqualTo(403);
            assertThat(json(refused).get("detail").asText()).startsWith("This login was not begun by this browser");
        }
        HttpResponse<String> invented = client.get("/api/v1/login/callback?code=invented&state=" + state, "Cookie",
                "caravan-login=" + state);
        assertThat(invented.statusCode()).isEqualTo(502);
        assertThat(json(invented).get("detail").asText()).contains("gives no token: invalid_");
        assertThat(client.get("/api/v1/login/callback?error=access_denied&state=" + state).body()).contains("refused: access_denied.");
    }

    @Test
    void overTlsTheCookiesAreForTlsAlone() throws Exception {
        try (Serving secure = Serving.start(Files.createDirectories(scratch.resolve("secure")), Optional.empty(),
                settings("https://caravan.example.com"))) {
            HttpResponse<String> begun = new Client(secure).get("/api/v1/login");
            assertThat(begun.headers().firstValue("Set-Cookie").orElseThrow()).startsWith("__Host-caravan-login=")
                    .endsWith("; Path=/; Max-Age=600; HttpOnly; SameSite=Lax; Secure");
            assertThat(begun.headers().firstValue("Location").orElseThrow())
                    .contains("redirect_uri=https%3A%2F%2Fcaravan.example.com%2Fapi%2Fv1%2Flogin%2Fcallback");
        }
    }
}
