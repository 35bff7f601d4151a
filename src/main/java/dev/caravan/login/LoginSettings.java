package dev.caravan.login;

import dev.caravan.access.Role;
import dev.caravan.spec.Secret;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/**
 * How people log in by OpenID Connect. Immutable.
 *
 * @param issuer   of the provider, as it names itself
 * @param secret   of the client, if it is not a public one
 * @param url      where browsers reach this engine, without a path
 * @param session  how long somebody stays logged in
 * @param authority a PEM file with the certificates that the provider's is signed by; empty for those that Java knows
 */
public record LoginSettings(
        URI issuer, String client, Optional<Secret> secret, URI url, List<String> scopes, ClaimRoles roles, Duration session,
        Optional<Path> authority) {
    /** All of them begin so. */
    public static final String PREFIX = "caravan.oidc.";
    /** Holds the client's secret itself. */
    public static final String SECRET_VARIABLE = "CARAVAN_OIDC_CLIENT_SECRET";
    /** Below {@link #url}: where the provider sends browsers back to. */
    public static final String CALLBACK = "/api/v1/login/callback";

    private static final Pattern OF_THIS_MACHINE = Pattern.compile("localhost|127(\\.\\d{1,3}){3}|\\[::1\\]");

    /**
     * From the settings; empty if they name no provider.
     *
     * @throws IllegalArgumentException if one of them cannot be used; the message says which
     */
    public static Optional<LoginSettings> from(UnaryOperator<String> settings, Map<String, String> environment) {
        UnaryOperator<String> setting = name -> settings.apply(PREFIX + name).strip();
        if (setting.apply("issuer").isEmpty()) {
            return Optional.empty();
        }
        Map<Role, Set<String>> values = new EnumMap<>(Role.class);
        for (Role role : Role.values()) {
            values.put(role, ClaimRoles.values(setting.apply(role.word())));
        }
        if (values.values().stream().allMatch(Set::isEmpty)) {
            throw new IllegalArgumentException("nobody could log in: set one of caravan.oidc.view, caravan.oidc.operate and "
                    + "caravan.oidc.admin to values of the claim " + setting.apply("role-claim") + ", or to *");
        }
        URI url = address(setting, "url");
        if (!Optional.ofNullable(url.getRawPath()).orElse("").matches("/?") || url.getRawQuery() != null) {
            throw new IllegalArgumentException("the setting caravan.oidc.url is " + url + "; it ends after the host or the port");
        }
        return Optional.of(new LoginSettings(address(setting, "issuer"), needed(setting, "client-id"), secret(setting, environment),
                URI.create(url.toString().replaceFirst("/$", "")), Arrays.asList(needed(setting, "scopes").split("[ ,]+")),
                new ClaimRoles(needed(setting, "name-claim"), needed(setting, "role-claim"), values),
                Duration.ofMinutes(Integer.parseInt(setting.apply("session-minutes"))),
                Optional.of(setting.apply("ca-file")).filter(path -> !path.isEmpty()).map(Path::of)));
    }

    /** Where the provider sends browsers back to. */
    public URI redirect() {
        return URI.create(url + CALLBACK);
    }

    /** Whether browsers reach this engine over TLS. */
    public boolean isSecure() {
        return url.getScheme().equals("https");
    }

    private static String needed(UnaryOperator<String> setting, String name) {
        String value = setting.apply(name);
        if (value.isEmpty()) {
            throw new IllegalArgumentException("the setting " + PREFIX + name + " is empty, and caravan.oidc.issuer needs it");
        }
        return value;
    }

    /** Over TLS, but on this machine. */
    private static URI address(UnaryOperator<String> setting, String name) {
        String text = needed(setting, name);
        try {
            URI uri = URI.create(text);
            if (uri.getHost() != null && ("https".equals(uri.getScheme())
                    || "http".equals(uri.getScheme()) && OF_THIS_MACHINE.matcher(uri.getHost()).matches())) {
                return uri;
            }
        } catch (IllegalArgumentException e) {
            // said below
        }
        throw new IllegalArgumentException("the setting " + PREFIX + name + " is " + text + "; it is an address such as "
                + "https://id.example.com, and http:// is for localhost only");
    }

    private static Optional<Secret> secret(UnaryOperator<String> setting, Map<String, String> environment) {
        String file = setting.apply("client-secret-file");
        if (file.isEmpty()) {
            return Optional.ofNullable(environment.get(SECRET_VARIABLE)).map(String::strip).filter(text -> !text.isEmpty())
                    .map(Secret::new);
        }
        try {
            return Optional.of(new Secret(Files.readString(Path.of(file)).strip()));
        } catch (IOException e) {
            throw new IllegalArgumentException("cannot read " + file + ", which caravan.oidc.client-secret-file names", e);
        }
    }
}
