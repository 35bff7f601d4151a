package dev.caravan.network;

import dev.caravan.spec.Cluster;
import dev.caravan.spec.IpAddress;
import dev.caravan.spec.Subnet;
import java.io.IOException;
import java.net.Authenticator;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PasswordAuthentication;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The proxies through which the engine fetches. The JVM's properties ({@code https.proxyHost} and those beside it) go first. Without
 * them the spec's proxy counts, and without that the environment: HTTPS_PROXY, HTTP_PROXY and NO_PROXY, also in lower case, which goes
 * first. Immutable and thread-safe.
 */
public final class Proxies {
    /** Set by nobody else, the JDK does not send a name and a password to a proxy for https. It reads this once, at its first client. */
    private static final String REFUSED_SCHEMES = "jdk.http.auth.tunneling.disabledSchemes";
    private static final int DEFAULT_PORT = 80;

    static {
        if (System.getProperty(REFUSED_SCHEMES) == null) {
            System.setProperty(REFUSED_SCHEMES, "");
        }
    }

    private final Map<String, String> environment;
    private final String place;

    /** A builder of clients. Made in another way, the first client of the process would keep proxies for https from their passwords. */
    public static HttpClient.Builder client() {
        return HttpClient.newBuilder();
    }

    /** @param environment the engine's, by name */
    public Proxies(Map<String, String> environment) {
        this(environment, "the engine's environment");
    }

    private Proxies(Map<String, String> environment, String place) {
        this.environment = Map.copyOf(environment);
        this.place = place;
    }

    /** Those of the cluster's spec; these where it has none. */
    public Proxies orOf(Cluster cluster) {
        return HostProxy.of(cluster).map(proxy -> new Proxies(proxy.variables(), "the spec")).orElse(this);
    }

    /** Whether that address is fetched without the proxy. */
    boolean exempts(URI address) {
        return isExempt(address);
    }

    /** A proxy of the environment; its credentials are for its authenticator alone. */
    private record Known(String host, int port, String userInfo) {
        private Optional<PasswordAuthentication> credentials() {
            String[] pair = userInfo.split(":", 2);
            return userInfo.isEmpty() ? Optional.empty()
                    : Optional.of(new PasswordAuthentication(decoded(pair[0]), (pair.length > 1 ? decoded(pair[1]) : "").toCharArray()));
        }

        private static String decoded(String text) {
            return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
        }

        @Override
        public String toString() {
            return IpAddress.withPort(host, port);
        }
    }

    /** What a client for that address needs to go through its proxy, put into the builder. */
    public HttpClient.Builder through(URI address, HttpClient.Builder client) throws IOException {
        if (isJvms(address)) {
            return client.proxy(ProxySelector.getDefault());
        }
        // one builder serves one fetch, but a redirect may lead from one scheme or host to another
        Optional<Known> http = proxy("http");
        Optional<Known> https = proxy("https");
        client.proxy(new ProxySelector() {
            @Override
            public List<Proxy> select(URI uri) {
                Optional<Known> known = "https".equalsIgnoreCase(uri.getScheme()) ? https : http;
                return List.of(known.filter(any -> !isExempt(uri))
                        .map(one -> new Proxy(Proxy.Type.HTTP, new InetSocketAddress(one.host(), one.port()))).orElse(Proxy.NO_PROXY));
            }

            @Override
            public void connectFailed(URI uri, SocketAddress proxy, IOException failure) {
                // the fetch itself reports it
            }
        });
        if (Stream.of(http, https).flatMap(Optional::stream).anyMatch(known -> known.credentials().isPresent())) {
            client.authenticator(new Credentials(http, https));
        }
        return client;
    }

    /** Words for a message: through which proxy that address is fetched. Empty for none. */
    String said(URI address) throws IOException {
        if (isJvms(address)) {
            return ProxySelector.getDefault().select(address).stream().filter(proxy -> proxy.type() != Proxy.Type.DIRECT)
                    .map(proxy -> (InetSocketAddress) proxy.address()).map(at -> IpAddress.withPort(at.getHostString(), at.getPort()))
                    .findFirst().map(Proxies::through).orElse("");
        }
        return proxy(address.getScheme()).filter(any -> !isExempt(address)).map(Known::toString).map(Proxies::through).orElse("");
    }

    private static String through(String proxy) {
        return " through the proxy " + proxy;
    }

    private static boolean isJvms(URI address) {
        return Stream.of(address.getScheme() + ".proxyHost", "socksProxyHost").map(System::getProperty)
                .anyMatch(host -> host != null && !host.isEmpty());
    }

    private static final class Credentials extends Authenticator {
        private final List<Known> proxies;

        @SafeVarargs
        private Credentials(Optional<Known>... proxies) {
            this.proxies = Arrays.stream(proxies).flatMap(Optional::stream).toList();
        }

        /** For the proxy that asks, and for nobody else. */
        @Override
        protected PasswordAuthentication getPasswordAuthentication() {
            return getRequestorType() != RequestorType.PROXY ? null
                    : proxies.stream().filter(known -> known.host().equalsIgnoreCase(getRequestingHost()))
                            .filter(known -> known.port() == getRequestingPort())
                            .map(Known::credentials).flatMap(Optional::stream).findFirst().orElse(null);
        }
    }

    private Optional<Known> proxy(String scheme) throws IOException {
        String name = scheme.toLowerCase(Locale.ROOT) + "_proxy";
        String value = value(name);
        if (value.isEmpty()) {
            return Optional.empty();
        }
        String shown = name.toUpperCase(Locale.ROOT);
        URI uri;
        try {
            uri = new URI(value.contains("://") ? value : "http://" + value);
        } catch (URISyntaxException e) {
            // Its message has the whole value, with a password in it.
            throw new IOException(shown
                    + " in " + place + " is no address of a proxy; for example http://proxy.example.com:3128");
        }
        if (uri.getHost() == null || !"http".equalsIgnoreCase(uri.getScheme())) {
            throw new IOException(shown
                    + " in " + place + " is no proxy that can be used here: it must be http://HOST:PORT, also for https");
        }
        return Optional.of(new Known(bare(uri.getHost()), uri.getPort() < 0 ? DEFAULT_PORT : uri.getPort(),
                Optional.ofNullable(uri.getRawUserInfo()).orElse("")));
    }

    private String value(String name) {
        return Stream.of(name, name.toUpperCase(Locale.ROOT)).map(environment::get).filter(text -> text != null && !text.isBlank())
                .map(String::strip).findFirst().orElse("");
    }

    // ---- NO_PROXY, as Go's programs and curl read it

    private boolean isExempt(URI uri) {
        String host = bare(String.valueOf(uri.getHost())).toLowerCase(Locale.ROOT);
        int port = uri.getPort() >= 0 ? uri.getPort() : "https".equalsIgnoreCase(uri.getScheme()) ? 443 : 80;
        Optional<InetAddress> address = IpAddress.parse(host);
        Predicate<String> covers = entry -> covers(entry, host, port, address);
        return host.equals("localhost") || address.filter(InetAddress::isLoopbackAddress).isPresent()
                || Arrays.stream(value("no_proxy").split("[,\\s]+")).filter(entry -> !entry.isEmpty())
                        .map(entry -> entry.toLowerCase(Locale.ROOT)).anyMatch(covers);
    }

    private static boolean covers(String entry, String host, int port, Optional<InetAddress> address) {
        if (entry.equals("*")) {
            return true;
        }
        if (entry.contains("/")) {
            return address.isPresent() && network(entry).filter(network -> network.contains(address.get())).isPresent();
        }
        String name = entry;
        // an IPv6 address without brackets has colons, and no port
        if (entry.matches("(\\[.*]|[^:]*):\\d{1,5}")) {
            if (Integer.parseInt(entry.substring(entry.lastIndexOf(':') + 1)) != port) {
                return false;
            }
            name = entry.substring(0, entry.lastIndexOf(':'));
        }
        Optional<InetAddress> exempt = IpAddress.parse(bare(name));
        if (exempt.isPresent()) {
            return exempt.equals(address);
        }
        String domain = name.replaceFirst("^\\*?\\.", "");
        return host.equals(domain) || address.isEmpty() && host.endsWith("." + domain);
    }

    private static Optional<Subnet> network(String entry) {
        try {
            return Optional.of(Subnet.parse(entry));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static String bare(String host) {
        return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    }
}
