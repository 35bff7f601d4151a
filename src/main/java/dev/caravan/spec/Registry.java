package dev.caravan.spec;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a spec says of one image registry. User name, password, CA and {@code insecure} are for the servers that are asked in its place,
 * its mirrors; if it has none, or each of them has an entry of its own, they are for the registry itself. Immutable.
 *
 * @param host     as image names have it: HOST or HOST:PORT
 * @param mirrors  what is asked first, in this order
 * @param caFile   the engine's file with the CA's certificates, as an absolute path
 * @param insecure whether certificates are not checked, and plain HTTP may carry the password
 */
public record Registry(String host, List<Mirror> mirrors, Optional<String> username, Optional<Secret> password, Optional<String> caFile,
        boolean insecure) {
    /** Docker's registry answers under another name than its images have. */
    public static final String DOCKER = "docker.io";
    private static final String DOCKER_SERVER = "registry-1.docker.io";

    public Registry {
        mirrors = List.copyOf(mirrors);
    }

    /**
     * A server that is asked in place of a registry.
     *
     * @param scheme http or https
     * @param host   HOST or HOST:PORT
     * @param path   what its repositories begin with, without slashes at its ends; may be empty
     */
    public record Mirror(String scheme, String host, String path) {
        /** Of a URL; a leading /v2 in its path is the API's, not the repositories'. */
        static Mirror parse(String url) {
            URI uri = URI.create(url);
            String path = uri.getRawPath().replaceAll("^/+|/+$", "").replaceFirst("^v2(/|$)", "");
            return new Mirror(uri.getScheme(), uri.getRawAuthority(), path);
        }

        /** Whether what is sent there can be read on the way. */
        public boolean isPlain() {
            return scheme.equals("http");
        }
    }

    /** The server of the registry itself: HOST or HOST:PORT. */
    public String server() {
        return host.equals(DOCKER) ? DOCKER_SERVER : host;
    }

    /** What the server wants after the word Basic (RFC 7617); empty without a password. */
    public Optional<Secret> basic() {
        return password.map(secret -> new Secret(Base64.getEncoder()
                .encodeToString((username.orElse("") + ":" + secret.reveal()).getBytes(StandardCharsets.UTF_8))));
    }

    /** The password, also in the form in which it is sent. */
    public Stream<Secret> secrets() {
        return Stream.concat(password.stream(), basic().stream());
    }

    /** The entry of that mirror: its own, where one of these is of its host, else this one. */
    public Registry entryOf(Mirror mirror, List<Registry> all) {
        return all.stream().filter(entry -> entry.server().equals(mirror.host())).findFirst().orElse(this);
    }

    /** Whether user name, password, CA and insecure are for the registry itself. */
    public boolean isForItself(List<Registry> all) {
        return mirrors.stream().noneMatch(mirror -> entryOf(mirror, all) == this);
    }
}
