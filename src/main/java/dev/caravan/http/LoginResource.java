package dev.caravan.http;

import dev.caravan.login.Login;
import dev.caravan.login.LoginFailed;
import dev.caravan.login.LoginSettings;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code /api/v1/login} and {@code /api/v1/logout}: sends browsers to the OpenID provider and takes them back with a session in a cookie,
 * which no script of a page can read and no other site's page can use to change anything. Thread-safe.
 */
final class LoginResource {
    static final String BEGIN = "/api/v1/login";
    static final String LOGOUT = "/api/v1/logout";
    /** Of what a provider sends a browser back with: Resources takes any, as providers add their own. */
    static final List<String> PARAMETERS = Resources.ANY;
    /** Of a problem document: where to log in. */
    static final String MEMBER = "login";

    private static final Logger LOG = LoggerFactory.getLogger(LoginResource.class);
    private static final String CALLBACK = LoginSettings.CALLBACK;
    private static final String SESSION = "caravan-session";
    private static final String STATE = "caravan-login";
    /** Browsers take a cookie of such a name over TLS only, and from no other host. */
    private static final String PREFIX = "__Host-";

    private final Optional<Login> login;

    LoginResource(Optional<Login> login) {
        this.login = login;
    }

    /** What somebody may ask for who is not known yet. */
    static boolean isForEverybody(String method, String path) {
        return (method.equals("GET") || method.equals("HEAD")) && (path.equals(BEGIN) || path.equals(CALLBACK));
    }

    static ProblemDocument notLoggedIn() {
        return ProblemDocument.of(401, "unauthorized", "A login or a token is needed", "Log in at " + BEGIN
                + " with a browser, or send the header Authorization: Bearer TOKEN, with a token that Caravan was started with.")
                .member(MEMBER, BEGIN);
    }

    /** Whether instead of that problem a browser is sent to log in: it asks for the page. */
    static boolean sendsToLogin(HttpServerRequest request, ProblemDocument refused) {
        return refused.members().containsKey(MEMBER) && request.method() == HttpMethod.GET && "/".equals(request.path())
                && request.getHeader("Authorization") == null;
    }

    /** By what the sender of a request is known. */
    static AuthFilter.Credentials credentials(HttpServerRequest request) {
        return new AuthFilter.Credentials(request.headers().getAll("Authorization"),
                cookie(request.headers().getAll("Cookie"), SESSION));
    }

    private static Optional<String> cookie(List<String> headers, String name) {
        return headers.stream().flatMap(header -> Arrays.stream(header.split(";"))).map(String::strip)
                .filter(each -> isOf(each, name)).map(each -> each.substring(each.indexOf('=') + 1)).findFirst();
    }

    private static boolean isOf(String cookie, String name) {
        return cookie.startsWith(name + "=") || cookie.startsWith(PREFIX + name + "=");
    }

    /** Routes pass headers on, and a session is for this server alone. */
    static void takeOffSession(MultiMap headers) {
        List<String> cookies = headers.getAll("Cookie");
        if (cookie(cookies, SESSION).isEmpty()) {
            return;
        }
        String others = cookies.stream().flatMap(header -> Arrays.stream(header.split(";"))).map(String::strip)
                .filter(each -> !isOf(each, SESSION)).collect(Collectors.joining("; "));
        headers.remove("Cookie");
        if (!others.isEmpty()) {
            headers.set("Cookie", others);
        }
    }

    /** Sends a browser to the provider. */
    Reply begin() throws Refused {
        try {
            Login.Begun begun = known().begin();
            return to(begun.to().toString()).header("Set-Cookie", cookie(STATE, begun.state(), CALLBACK, known().within()));
        } catch (LoginFailed e) {
            throw refused(e);
        }
    }

    /** Takes it back: with a code, or with the provider's refusal. */
    Reply finish(Request request) throws Refused {
        Login known = known();
        Optional<String> error = request.parameter("error");
        if (error.isPresent()) {
            throw new Refused(ProblemDocument.of(403, "login-refused", "Login failed", "The OpenID provider refused: "
                    + (error.get().matches("[a-z_]{1,64}") ? error.get() : "it gives no reason") + ". Begin again at " + BEGIN + "."));
        }
        try {
            String secret = known.finish(request.parameter("code").orElse(""), request.parameter("state").orElse(""),
                    cookie(request.header("cookie").stream().toList(), STATE).orElse(""));
            return to("/").header("Set-Cookie", cookie(SESSION, secret, "/", known.settings().session()));
        } catch (LoginFailed e) {
            throw refused(e);
        }
    }

    /** Ends the session of who asks; one with a token has none. */
    Reply end(Request request) throws Refused {
        known().end(request.caller());
        return new Reply(204, "text/plain", new byte[0], Map.of("Set-Cookie", cookie(SESSION, "", "/", Duration.ZERO)));
    }

    private Login known() throws Refused {
        return login.orElseThrow(() -> new Refused(ProblemDocument.of(404, "no-login", "Nobody logs in here",
                "This engine has no OpenID provider: the setting caravan.oidc.issuer names one.")));
    }

    private static Refused refused(LoginFailed why) {
        if (why.isOfProvider()) {
            LOG.warn("somebody could not log in", why);
            return new Refused(ProblemDocument.of(502, "login-provider", "The OpenID provider failed", why.getMessage()));
        }
        return new Refused(ProblemDocument.of(403, "login-refused", "Login failed", why.getMessage()));
    }

    private static Reply to(String address) {
        return new Reply(303, "text/plain", new byte[0], Map.of("Location", address));
    }

    /** Lax: a browser also sends it when it comes back from the provider, which is another site; but with no other site's POST. */
    private String cookie(String name, String value, String path, Duration age) throws Refused {
        boolean secure = known().settings().isSecure();
        return (secure ? PREFIX : "") + name + "=" + value + "; Path=" + (secure ? "/" : path) + "; Max-Age=" + age.toSeconds()
                + "; HttpOnly; SameSite=Lax" + (secure ? "; Secure" : "");
    }
}
