package dev.caravan.ssh;

import java.io.ByteArrayInputStream;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.component.ssh.SshConstants;
import org.apache.camel.support.DefaultAsyncProducer;

/** Runs message bodies as commands over a pooled connection. Thread-safe, one for an endpoint. */
final class CaravanSshProducer extends DefaultAsyncProducer {
    private final CaravanSshEndpoint endpoint;
    private Login login;

    CaravanSshProducer(CaravanSshEndpoint endpoint) {
        super(endpoint);
        this.endpoint = endpoint;
    }

    @Override
    protected void doInit() throws Exception {
        super.doInit();
        login = EndpointLogin.of(endpoint);
    }

    @Override
    public boolean process(Exchange exchange, AsyncCallback callback) {
        CaravanSshEndpoint.removeLoginHeaders(exchange);
        SshCommand command;
        try {
            command = command(exchange);
        } catch (RuntimeException e) {
            exchange.setException(e);
            callback.done(true);
            return true;
        }
        endpoint.sessions().execute(login, command).whenComplete((result, failure) -> {
            if (failure == null) {
                answer(exchange, result);
            } else {
                exchange.setException(SshException.beneath(failure));
            }
            callback.done(false);
        });
        return false;
    }

    private SshCommand command(Exchange exchange) {
        String text = exchange.getIn().getBody(String.class);
        if (text == null || text.isBlank()) {
            throw new IllegalArgumentException(login + ": the message body holds no command to run.");
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
