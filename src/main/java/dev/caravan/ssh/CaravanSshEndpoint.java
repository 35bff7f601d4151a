package dev.caravan.ssh;

import dev.caravan.spec.Secret;
import dev.caravan.spec.SshAccess.HostKeyCheck;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.camel.Consumer;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.component.ssh.SshComponent;
import org.apache.camel.component.ssh.SshConfiguration;
import org.apache.camel.component.ssh.SshEndpoint;
import org.apache.camel.spi.UriParam;
import org.apache.sshd.common.channel.Channel;

/**
 * A camel-ssh endpoint whose producer runs the message body as a command over a pooled connection and answers as the stock one does:
 * standard output as the body (an {@link java.io.InputStream}), {@code CamelSshExitValue} and {@code CamelSshStderr} as headers.
 *
 * <p>{@code ssh:host} is the host of the exchange, its variable {@code host}: the command uses the connection of that host's steps, with
 * the login of the spec.
 *
 * <p>What differs from stock camel-ssh:
 * <ul>
 * <li>Host keys are checked as OpenSSH does, by {@code knownHostsResource} or else {@code ~/.ssh/known_hosts}. Unknown keys are refused
 * unless {@code hostKeyCheck} says {@code accept-new} or {@code off}; {@code failOnUnknownHost} has no effect.
 * <li>Failures are {@link SshException}s that do not hold the command.
 * <li>{@code CamelSshUsername} and {@code CamelSshPassword} headers are removed and not looked at: headers come from outside, and would
 * choose whom a route logs in as.
 * <li>Standard input is the exchange variable {@value #STDIN} (text, bytes or a stream), and else empty. It is a variable and no header
 * for the reason above.
 * <li>There are no consumers, and no options that need a client of the endpoint's own: both would not share connections.
 * </ul>
 */
public class CaravanSshEndpoint extends SshEndpoint {
    /** The exchange variable that holds a command's standard input. */
    public static final String STDIN = "sshStdin";
    /** The exchange variable of the host, and the endpoint's word for it. */
    static final String HOST = "host";

    private static final String FILE = "file:";
    private static final Duration KEEP_ALIVE = Duration.ofSeconds(15);

    @UriParam(label = "security", defaultValue = "strict", description = "What happens to a host key that is not known: strict refuses it,"
            + " accept-new accepts and keeps it, off accepts every key.")
    private HostKeyCheck hostKeyCheck = HostKeyCheck.STRICT;

    @UriParam(label = "producer", defaultValue = "0", description = "How long a command may take. 0 for no limit.")
    private Duration commandTimeout = Duration.ZERO;

    public CaravanSshEndpoint(String uri, SshComponent component, SshConfiguration configuration) {
        super(uri, component, configuration);
    }

    @Override
    public Producer createProducer() throws Exception {
        SshConfiguration stock = getConfiguration();
        if (!Channel.CHANNEL_EXEC.equals(stock.getChannelType()) || stock.getClientBuilder() != null || stock.getKeyPairProvider() != null
                || stock.getKex() != null || stock.getCiphers() != null || stock.getMacs() != null || stock.getSignatures() != null
                || stock.getCompressions() != null) {
            throw new IllegalArgumentException(name() + ": channelType, clientBuilder, keyPairProvider and algorithms cannot be set, as "
                    + "connections are shared");
        }
        return new CaravanSshProducer(this);
    }

    @Override
    public Consumer createConsumer(Processor processor) {
        throw new IllegalArgumentException(name() + " cannot begin a route: begin it with timer:, and send the command to ssh:");
    }

    @Override
    public boolean isSingletonProducer() {
        return true;
    }

    CaravanSshComponent component() {
        return (CaravanSshComponent) getComponent();
    }

    /** Whether it is the host of the exchange, whose login is in the spec. */
    boolean isOfExchange() {
        return getUsername() == null && getHost().equals(HOST);
    }

    /** The login of any other. */
    Login login() {
        if (getUsername() == null) {
            throw new IllegalArgumentException(name() + " names no user: write ssh:USER@HOST, or ssh:host for the host of the exchange");
        }
        List<KeySource> keys = getCertResource() == null ? List.of() : List.of(new KeySource.File(file("certResource", getCertResource()),
                Optional.ofNullable(getCertResourcePassword()).map(Secret::new)));
        Path known = getKnownHostsResource() == null ? Path.of(System.getProperty("user.home"), ".ssh", "known_hosts")
                : file("knownHostsResource", getKnownHostsResource());
        Duration timeout = Duration.ofMillis(getTimeout());
        return new Login(getUsername(), address(), getPort(), keys, Optional.ofNullable(getPassword()).map(Secret::new), false,
                new HostTrust(hostKeyCheck, Optional.empty(), new KnownHosts.InFile(known)), Optional.empty(), Optional.empty(),
                new Login.Limits(timeout, timeout, timeout, KEEP_ALIVE));
    }

    private Path file(String option, String resource) {
        if (!resource.startsWith(FILE)) {
            throw new IllegalArgumentException(name() + ": " + option + " must be " + FILE + "PATH");
        }
        return Path.of(resource.substring(FILE.length()));
    }

    private String address() {
        String host = getHost();
        return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    }

    private String name() {
        return "ssh:" + Address.hostAndPort(address(), getPort());
    }

    public HostKeyCheck getHostKeyCheck() {
        return hostKeyCheck;
    }

    public void setHostKeyCheck(HostKeyCheck hostKeyCheck) {
        this.hostKeyCheck = hostKeyCheck;
    }

    public Duration getCommandTimeout() {
        return commandTimeout;
    }

    public void setCommandTimeout(Duration commandTimeout) {
        this.commandTimeout = commandTimeout;
    }
}
