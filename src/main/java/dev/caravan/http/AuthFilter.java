package dev.caravan.http;

import dev.caravan.access.Caller;
import dev.caravan.access.Role;
import dev.caravan.access.Tokens;
import dev.caravan.log.SecretSource;
import dev.caravan.login.Login;
import dev.caravan.spec.Secret;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * Who may ask. With tokens: who presents one, as a bearer or, as browsers do, as the password of HTTP Basic. With an OpenID provider:
 * also who has logged in, by the cookie of their session. Without either: programs on this machine, and no web page of another origin
 * that a browser on this machine shows. What changes nothing needs the role
 * view, anything else operate, whichever route answers; a resource may need more. Thread-safe.
 */
final class AuthFilter implements SecretSource {
    private static final Pattern LOOPBACK = Pattern.compile("(localhost|127\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}|\\[::1\\])(:\\d{1,5})?");
    private static final List<String> SAFE_METHODS = List.of("GET", "HEAD", "OPTIONS");

    private final Supplier<Tokens> tokens;
    private final Optional<Login> login;

    /**
     * By what somebody is known.
     *
     * @param authorization the values of that header
     * @param session       the secret in the cookie
     */
    record Credentials(List<String> authorization, Optional<String> session) {}

    /** What of a request decides; header values are null where there is none. */
    record Asked(String method, String path, String scheme, Credentials credentials, String host, String origin, String fetchSite) {}

    AuthFilter(Supplier<Tokens> tokens, Optional<Login> login) {
        this.tokens = tokens;
        this.login = login;
    }

    @Override
    public Collection<Secret> secrets() {
        List<Secret> secrets = new ArrayList<>(tokens.get().secrets());
        login.ifPresent(each -> secrets.addAll(each.secrets()));
        return secrets;
    }

    /** Whether anybody on this machine may ask. */
    private boolean isOpen() {
        return tokens.get().isEmpty() && login.isEmpty();
    }

    /** Who has these; empty for somebody without a token or a session that is needed. */
    Optional<Caller> caller(Credentials credentials) {
        if (isOpen()) {
            return Optional.of(Caller.LOCAL);
        }
        return credentials.authorization().isEmpty() ? login.flatMap(each -> credentials.session().flatMap(each::caller))
                : presented(credentials.authorization()).flatMap(tokens.get()::caller);
    }

    /** Why the request is refused; empty if it is allowed. */
    Optional<ProblemDocument> refuse(Asked asked) {
        if (login.isPresent() && LoginResource.isForEverybody(asked.method(), asked.path())) {
            return Optional.empty();
        }
        Optional<Caller> caller = caller(asked.credentials());
        if (caller.isEmpty()) {
            return Optional.of(login.isEmpty() ? ProblemDocument.of(401, "unauthorized", "A token is needed",
                    "Send the header Authorization: Bearer TOKEN, with a token that Caravan was started with.")
                    : LoginResource.notLoggedIn());
        }
        if (isOpen() && (asked.host() == null || !LOOPBACK.matcher(asked.host().toLowerCase(Locale.ROOT)).matches())) {
            // Else a page whose name is made to resolve to 127.0.0.1 could read all answers.
            return Optional.of(ProblemDocument.of(403, "foreign-host", "This name is not answered for",
                    "Without a token, requests are answered for localhost and its addresses only, not for a Host of another name."));
        }
        if (isForeign(asked) || caller.get().session().isPresent() && isOfUnknownOrigin(asked)) {
            return Optional.of(ProblemDocument.of(403, "foreign-origin", "Requests of other web pages are not taken",
                    "The request comes from a page of another origin."));
        }
        Role needed = SAFE_METHODS.contains(asked.method()) || asked.path().equals(SpecsResource.VALIDATE) ? Role.VIEW : Role.OPERATE;
        return caller.get().role().includes(needed) ? Optional.empty() : Optional.of(ProblemDocument.role(caller.get(), needed));
    }

    /*
     * A browser says itself whether the page is of this origin, whatever name and scheme a proxy in between answers to. Where it is not,
     * a link on it may still lead here: that has no Origin.
     */
    private static boolean isForeign(Asked asked) {
        String site = Optional.ofNullable(asked.fetchSite()).orElse("");
        if (site.equals("same-origin") || site.equals("none")) {
            return false;
        }
        if (!site.isEmpty() && !SAFE_METHODS.contains(asked.method())) {
            return true;
        }
        return asked.origin() != null && !asked.origin().equalsIgnoreCase(asked.scheme() + "://" + asked.host());
    }

    /** Browsers say it with all that changes something. A cookie alone does not, and comes with requests of other pages, too. */
    private static boolean isOfUnknownOrigin(Asked asked) {
        return !SAFE_METHODS.contains(asked.method()) && asked.origin() == null && asked.fetchSite() == null;
    }

    private static Optional<String> presented(List<String> authorization) {
        if (authorization.size() != 1) {
            return Optional.empty();
        }
        String[] parts = authorization.get(0).strip().split(" +", 2);
        if (parts.length != 2) {
            return Optional.empty();
        }
        return switch (parts[0].toLowerCase(Locale.ROOT)) {
            case "bearer" -> Optional.of(parts[1]);
            case "basic" -> Optional.of(passwordOf(parts[1]));
            default -> Optional.empty();
        };
    }

    private static String passwordOf(String credentials) {
        try {
            String decoded = new String(Base64.getDecoder().decode(credentials), StandardCharsets.UTF_8);
            return decoded.substring(decoded.indexOf(':') + 1);
        } catch (IllegalArgumentException e) {
            return "";
        }
    }
}
