package dev.caravan.ssh;

import java.time.Duration;
import org.apache.camel.CamelExchangeException;
import org.apache.camel.Exchange;
import org.apache.camel.Producer;
import org.apache.camel.component.ssh.SshComponent;
import org.apache.camel.component.ssh.SshConfiguration;
import org.apache.camel.component.ssh.SshConstants;
import org.apache.camel.component.ssh.SshEndpoint;
import org.apache.camel.component.ssh.SshProducer;
import org.apache.camel.spi.UriParam;
import org.apache.sshd.common.channel.Channel;

/**
 * A camel-ssh endpoint whose producer runs the message body as a command over a pooled connection and answers as the
 * stock one does: standard output as the body (an {@link java.io.InputStream}), {@code CamelSshExitValue} and
 * {@code CamelSshStderr} as headers.
 *
 * <p>What differs from stock camel-ssh:
 * <ul>
 * <li>Failures are {@link SshException}s that do not hold the command.
 * <li>{@code CamelSshUsername} and {@code CamelSshPassword} headers are removed and not looked at: headers come from
 * outside, and would choose whom a route logs in as.
 * <li>{@code knownHostsResource} is matched as OpenSSH does. Without it every host key is accepted, as in stock
 * camel-ssh; with it and {@code failOnUnknownHost=false} an unknown key is, a changed one never.
 * <li>Standard input is the exchange variable {@value #STDIN} (text, bytes or a stream), and else empty. It is a
 * variable and no header for the reason above.
 * </ul>
 * Consumers are the stock ones. So are producers of endpoints with {@code channelType=shell}, a {@code clientBuilder},
 * {@code kex}, {@code ciphers}, {@code macs}, {@code signatures} or {@code compressions}: these need a client of their
 * own.
 */
public class CaravanSshEndpoint extends SshEndpoint {
    /** The exchange variable that holds a command's standard input. */
    public static final String STDIN = "sshStdin";

    @UriParam(label = "proxy", description = "Jump hosts as OpenSSH's ProxyJump takes them, the one to be reached first"
            + " in front: [user@]host[:port],... They are logged in to with the credentials of the endpoint, and their"
            + " keys are checked as the host's own is.")
    private String proxyJump;

    @UriParam(label = "advanced", defaultValue = "15s", description = "Interval of keepalives that want a reply; after"
            + " three without one the connection is given up. 0 for none.")
    private Duration heartbeatInterval = Duration.ofSeconds(15);

    @UriParam(label = "advanced", description = "How long TCP may take to connect. Default: the option timeout.")
    private Duration connectTimeout;

    @UriParam(label = "advanced", description = "How long handshake and login may take from there. Default: the option"
            + " timeout.")
    private Duration authTimeout;

    @UriParam(label = "advanced", description = "How long the host may take to open a channel. Default: the option"
            + " timeout.")
    private Duration channelOpenTimeout;

    @UriParam(label = "producer", defaultValue = "0", description = "How long a command may take. 0 for no limit.")
    private Duration commandTimeout = Duration.ZERO;

    public CaravanSshEndpoint(String uri, SshComponent component, SshConfiguration configuration) {
        super(uri, component, configuration);
    }

    @Override
    public Producer createProducer() throws Exception {
        return usesPool() ? new CaravanSshProducer(this) : new StockProducer(this);
    }

    @Override
    public boolean isSingletonProducer() {
        return usesPool();
    }

    private boolean usesPool() {
        SshConfiguration stock = getConfiguration();
        return Channel.CHANNEL_EXEC.equals(stock.getChannelType()) && stock.getClientBuilder() == null
                && stock.getKex() == null && stock.getCiphers() == null && stock.getMacs() == null
                && stock.getSignatures() == null && stock.getCompressions() == null;
    }

    SshSessions sessions() {
        return ((CaravanSshComponent) getComponent()).getSessions();
    }

    /** Takes what came from outside and would steer the login out of the message. */
    static void removeLoginHeaders(Exchange exchange) {
        exchange.getIn().removeHeader(SshConstants.USERNAME_HEADER);
        exchange.getIn().removeHeader(SshConstants.PASSWORD_HEADER);
    }

    public String getProxyJump() {
        return proxyJump;
    }

    public void setProxyJump(String proxyJump) {
        this.proxyJump = proxyJump;
    }

    public Duration getHeartbeatInterval() {
        return heartbeatInterval;
    }

    public void setHeartbeatInterval(Duration heartbeatInterval) {
        this.heartbeatInterval = heartbeatInterval;
    }

    public Duration getConnectTimeout() {
        return orTimeout(connectTimeout);
    }

    public void setConnectTimeout(Duration connectTimeout) {
        this.connectTimeout = connectTimeout;
    }

    public Duration getAuthTimeout() {
        return orTimeout(authTimeout);
    }

    public void setAuthTimeout(Duration authTimeout) {
        this.authTimeout = authTimeout;
    }

    public Duration getChannelOpenTimeout() {
        return orTimeout(channelOpenTimeout);
    }

    public void setChannelOpenTimeout(Duration channelOpenTimeout) {
        this.channelOpenTimeout = channelOpenTimeout;
    }

    private Duration orTimeout(Duration own) {
        return own == null ? Duration.ofMillis(getTimeout()) : own;
    }

    public Duration getCommandTimeout() {
        return commandTimeout;
    }

    public void setCommandTimeout(Duration commandTimeout) {
        this.commandTimeout = commandTimeout;
    }

    /** The stock producer without its two leaks: headers that choose the login, and the command in its exception. */
    private static final class StockProducer extends SshProducer {
        StockProducer(CaravanSshEndpoint endpoint) {
            super(endpoint);
            if (endpoint.getProxyJump() != null) {
                throw new IllegalArgumentException("proxyJump does not go with channelType=shell, a clientBuilder or"
                        + " algorithms of the endpoint's own");
            }
        }

        @Override
        public CaravanSshEndpoint getEndpoint() {
            return (CaravanSshEndpoint) super.getEndpoint();
        }

        @Override
        public void process(Exchange exchange) throws Exception {
            removeLoginHeaders(exchange);
            try {
                super.process(exchange);
            } catch (CamelExchangeException e) {
                SshConfiguration stock = getEndpoint().getConfiguration();
                throw new SshException(SshException.Kind.UNREACHABLE,
                        Address.describe(stock.getUsername(), stock.getHost(), stock.getPort())
                                + ": the command could not be run: " + e.getCause().getMessage(), e.getCause());
            }
        }
    }
}
