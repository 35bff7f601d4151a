package dev.caravan.spec;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The proxy through which the hosts, and the engine, reach what is outside. Immutable.
 *
 * @param http    the proxy for addresses that begin with http://, as a URL, which may hold a name and a password
 * @param https   the same for https://; where the spec names none, that of http
 * @param noProxy what is reached without it: names, domains, addresses, networks
 */
public record Proxy(Optional<Secret> http, Optional<Secret> https, List<String> noProxy) {
    public Proxy {
        noProxy = List.copyOf(noProxy);
    }

    /** Whether one of the URLs holds a password. */
    public boolean hasPassword() {
        return !passwords().isEmpty();
    }

    /** The passwords in the URLs, as they are written there and as the proxy gets them. */
    Set<Secret> passwords() {
        Set<Secret> passwords = new HashSet<>();
        Stream.of(http, https).flatMap(Optional::stream).map(url -> URI.create(url.reveal()).getRawUserInfo())
                .filter(user -> user != null && user.contains(":")).map(user -> user.substring(user.indexOf(':') + 1))
                .filter(password -> !password.isEmpty())
                .forEach(password -> {
                    passwords.add(new Secret(password));
                    passwords.add(new Secret(URLDecoder.decode(password.replace("+", "%2B"), StandardCharsets.UTF_8)));
                });
        return passwords;
    }
}
