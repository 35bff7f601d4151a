package dev.caravan.remote;

import dev.caravan.run.Run;
import dev.caravan.run.Variables;
import dev.caravan.spec.Host;
import dev.caravan.ssh.SshException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.support.AsyncProcessorSupport;

/**
 * Stops the steps that may still run on the exchange's host, or, if it has none, on all hosts of the run, and has the journal record what
 * they found: bean {@code stopSteps}, before a rollback asks what is to be rolled back. Hosts that cannot be reached are noted in the run.
 * Thread-safe.
 */
public final class StopSteps extends AsyncProcessorSupport {
    private final StepRunner runner;

    public StopSteps(StepRunner runner) {
        this.runner = runner;
    }

    @Override
    public boolean process(Exchange exchange, AsyncCallback callback) {
        Run run = exchange.getVariable(Variables.RUN, Run.class);
        Host one = exchange.getVariable(Variables.HOST, Host.class);
        List<Host> hosts = one != null ? List.of(one) : run.cluster().everyHost();
        CompletableFuture<?>[] stopped = hosts.stream().map(host -> runner.stopAll(run, host).toCompletableFuture())
                .toArray(CompletableFuture[]::new);
        CompletableFuture.allOf(stopped).whenCompleteAsync((done, failure) -> {
            if (failure != null) {
                exchange.setException(SshException.beneath(failure));
            }
            callback.done(false);
        }, runner.executor());
        return false;
    }
}
