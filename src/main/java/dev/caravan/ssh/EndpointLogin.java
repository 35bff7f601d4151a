package dev.caravan.ssh;

import dev.caravan.spec.Secret;
import dev.caravan.spec.SshAccess.HostKeyCheck;
import dev.caravan.ssh.SshException.Kind;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.camel.CamelContext;
import org.apache.camel.support.ResourceHelper;
import org.apache.sshd.client.config.hosts.KnownHostEntry;
import org.apache.sshd.common.NamedResource;
import org.apache.sshd.common.keyprovider.KeyPairProvider;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads a {@link Login} off the options of a camel-ssh endpoint. */
final class EndpointLogin {
    private static final Logger LOG = LoggerFactory.getLogger(EndpointLogin.class);

    private EndpointLogin() {}

    static Login of(CaravanSshEndpoint endpoint) {
        String host = withoutBrackets(endpoint.getHost());
        if (endpoint.getUsername() == null) {
            throw new IllegalArgumentException("ssh:" + Address.hostAndPort(host, endpoint.getPort())
                    + " names no user: write ssh:user@host, or give the option username");
        }
        Optional<Login> jump = Optional.empty();
        if (endpoint.getProxyJump() != null) {
            for (String hop : endpoint.getProxyJump().split(",")) {
                jump = Optional.of(hop(endpoint, hop.trim(), jump));
            }
        }
        Login login = login(endpoint, endpoint.getUsername(), host, endpoint.getPort(), jump);
        if (login.trust().check() == HostKeyCheck.OFF) {
            LOG.warn("{}: the host's key is not checked. Give the options knownHostsResource and failOnUnknownHost=true"
                    + " to have it checked.", login);
        }
        return login;
    }

    private static Login hop(CaravanSshEndpoint endpoint, String hop, Optional<Login> before) {
        int at = hop.lastIndexOf('@');
        String user = at < 0 ? endpoint.getUsername() : hop.substring(0, at);
        String address = hop.substring(at + 1);
        int colon = address.lastIndexOf(':');
        boolean port = colon > address.lastIndexOf(']') && colon == address.indexOf(':', address.lastIndexOf(']') + 1);
        String host = withoutBrackets(port ? address.substring(0, colon) : address);
        if (host.isEmpty() || user.isEmpty()) {
            throw new IllegalArgumentException("proxyJump takes [user@]host[:port],... and not: " + hop);
        }
        return login(endpoint, user, host, port ? Integer.parseInt(address.substring(colon + 1)) : 22, before);
    }

    private static String withoutBrackets(String host) {
        return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    }

    private static Login login(
            CaravanSshEndpoint endpoint, String user, String host, int port, Optional<Login> jump) {
        Login.Limits limits = new Login.Limits(endpoint.getConnectTimeout(), endpoint.getAuthTimeout(),
                endpoint.getChannelOpenTimeout(), endpoint.getHeartbeatInterval());
        return new Login(user, host, port, keys(endpoint), Optional.ofNullable(endpoint.getPassword()).map(Secret::new),
                false, trust(endpoint), jump, Optional.empty(), limits);
    }

    private static List<KeySource> keys(CaravanSshEndpoint endpoint) {
        if (endpoint.getCertResource() != null) {
            return List.of(new KeyResource(endpoint.getCamelContext(), endpoint.getCertResource(),
                    Optional.ofNullable(endpoint.getCertResourcePassword()).map(Secret::new)));
        }
        return endpoint.getKeyPairProvider() == null
                ? List.of()
                : List.of(new KeyProvider(endpoint.getKeyPairProvider(), Optional.ofNullable(endpoint.getKeyType())));
    }

    private static HostTrust trust(CaravanSshEndpoint endpoint) {
        String resource = endpoint.getKnownHostsResource();
        KnownHosts knownHosts = new KnownHostsResource(endpoint.getCamelContext(), String.valueOf(resource));
        HostKeyCheck check = resource == null
                ? HostKeyCheck.OFF
                : endpoint.isFailOnUnknownHost() ? HostKeyCheck.STRICT : HostKeyCheck.ACCEPT_NEW;
        return new HostTrust(check, Optional.empty(), knownHosts);
    }

    /** A key in a Camel resource: {@code file:}, {@code classpath:}, ... */
    private record KeyResource(CamelContext context, String uri, Optional<Secret> passphrase) implements KeySource {

        @Override
        public List<KeyPair> load() throws SshException {
            try (InputStream input = ResourceHelper.resolveMandatoryResourceAsInputStream(context, uri)) {
                List<KeyPair> keys = KeySource.read(input, NamedResource.ofName(uri), passphrase);
                if (!keys.isEmpty()) {
                    return keys;
                }
                throw new IOException("no private key in it");
            } catch (IOException | GeneralSecurityException | RuntimeException e) {
                throw new SshException(Kind.PRIVATE_KEY, "private key " + uri + " cannot be read. Check certResource"
                        + " and certResourcePassword.", e);
            }
        }
    }

    /** Keys of a bean; without a type the first one alone, as in stock camel-ssh. */
    private record KeyProvider(KeyPairProvider provider, Optional<String> type) implements KeySource {

        @Override
        public List<KeyPair> load() throws SshException {
            try {
                List<KeyPair> keys = new ArrayList<>();
                if (type.isPresent()) {
                    keys.add(provider.loadKey(null, type.get()));
                } else {
                    provider.loadKeys(null).forEach(keys::add);
                }
                if (!keys.isEmpty() && keys.get(0) != null) {
                    return keys.subList(0, 1);
                }
                throw new IOException("no key" + type.map(name -> " of type " + name).orElse(""));
            } catch (IOException | GeneralSecurityException | RuntimeException e) {
                throw new SshException(Kind.PRIVATE_KEY, "the keyPairProvider gave no key. Check it and keyType.", e);
            }
        }
    }

    /** A known_hosts list in a Camel resource. Nothing is added to it. */
    private record KnownHostsResource(CamelContext context, String uri) implements KnownHosts {

        @Override
        public String describe() {
            return uri;
        }

        @Override
        public List<KnownHostEntry> read() throws IOException {
            try (InputStream input = ResourceHelper.resolveMandatoryResourceAsInputStream(context, uri)) {
                return KnownHostEntry.readKnownHostEntries(input, true);
            } catch (FileNotFoundException e) {
                return List.of(); // knows nobody
            }
        }

        @Override
        public boolean add(String line) {
            return false;
        }
    }
}
