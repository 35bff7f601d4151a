package dev.caravan.ssh;

import dev.caravan.spec.Host;
import java.io.ByteArrayInputStream;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.component.ssh.SshConstants;
import org.apache.camel.support.DefaultAsyncProducer;

/** Runs message bodies as commands over a pooled connection. Thread-safe, one for an endpoint. */
final class CaravanSshProducer extends DefaultAsyncProducer {
    private final CaravanSshEndpoint endpoint;
    /** Empty if it is that of the exchange's host. */
    private Optional<Login> login = Optional.empty();

    CaravanSshProducer(CaravanSshEndpoint endpoint) {
        super(endpoint);
        this.endpoint = endpoint;
    }

    @Override
    protected void doInit() throws Exception {
        super.doInit();
        login = endpoint.isOfExchange() ? Optional.empty() : Optional.of(endpoint.login());
    }

    @Override
    public boolean process(Exchange exchange, AsyncCallback callback) {
        // They came from outside, and would steer the login.
        exchange.getIn().removeHeader(SshConstants.USERNAME_HEADER);
        exchange.getIn().removeHeader(SshConstants.PASSWORD_HEADER);
        CompletionStage<SshResult> answered;
        try {
            answered = execute(exchange, command(exchange));
        } catch (RuntimeException e) {
            exchange.setException(e);
            callback.done(true);
            return true;
        }
        answered.whenComplete((result, failure) -> {
            if (failure == null) {
                answer(exchange, result);
            } else {
                exchange.setException(SshException.beneath(failure));
            }
            callback.done(false);
        });
        return false;
    }

    private CompletionStage<SshResult> execute(Exchange exchange, SshCommand command) {
        SshSessions sessions = endpoint.component().sessions();
        return login.map(known -> sessions.execute(known, command))
                .orElseGet(() -> sessions.execute(endpoint.component().targets().apply(host(exchange)), command));
    }

    private static Host host(Exchange exchange) {
        Host host = exchange.getVariable(CaravanSshEndpoint.HOST, Host.class);
        if (host == null) {
            throw new IllegalArgumentException("ssh:host is for a route that is called for a host: the variable host is not set");
        }
        if (!host.isOfDefaultZone()) {
            throw new IllegalArgumentException("ssh:host cannot reach " + host.name() + ": it is in the zone " + host.zone()
                    + ", which a runner serves. Use a step");
        }
        return host;
    }

    private SshCommand command(Exchange exchange) {
        String text = exchange.getIn().getBody(String.class);
        if (text == null || text.isBlank()) {
            throw new IllegalArgumentException(endpoint + ": the message body holds no command to run");
        }
        byte[] stdin = exchange.getVariable(CaravanSshEndpoint.STDIN, byte[].class);
        // As in stock camel-ssh, output has no limit.
        return SshCommand.of(text)
                .withStdin(stdin == null ? new byte[0] : stdin)
                .withTimeout(endpoint.getCommandTimeout())
                .withMaxOutputBytes(Integer.MAX_VALUE);
    }

    private static void answer(Exchange exchange, SshResult result) {
        Message message = exchange.getMessage();
        message.setBody(new ByteArrayInputStream(result.stdout()));
        message.setHeader(SshConstants.EXIT_VALUE, result.exitStatus());
        message.setHeader(SshConstants.STDERR, new ByteArrayInputStream(result.stderr()));
    }
}
