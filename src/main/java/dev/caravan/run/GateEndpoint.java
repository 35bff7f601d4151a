package dev.caravan.run;

import dev.caravan.history.Occurrence.HostWaiting;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Consumer;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.spi.Metadata;
import org.apache.camel.spi.UriEndpoint;
import org.apache.camel.spi.UriParam;
import org.apache.camel.spi.UriPath;
import org.apache.camel.support.DefaultAsyncProducer;
import org.apache.camel.support.DefaultEndpoint;

/**
 * A point of a run where hosts wait for one another: {@code gate:NAME?action=await} holds an exchange, without a thread,
 * until another exchange of the same run passes {@code gate:NAME?action=open}. A gate that is {@code shut} lets everybody
 * who waits fail with {@link NotReached}. An open gate stays open.
 */
@UriEndpoint(firstVersion = "0.1.0", scheme = "gate", title = "Gate", syntax = "gate:name", producerOnly = true)
public class GateEndpoint extends DefaultEndpoint {
    /** What an exchange does at the gate. */
    public enum Action { AWAIT, OPEN, SHUT }

    @UriPath(description = "Name of the gate, unique in a run")
    @Metadata(required = true)
    private final String name;

    @UriParam(description = "await, open or shut", defaultValue = "await")
    private Action action = Action.AWAIT;

    @UriParam(description = "What is waited for, in words that complete the sentence: waits for ...")
    private String waitsFor = "";

    GateEndpoint(String uri, GateComponent component, String name) {
        super(uri, component);
        this.name = name;
    }

    public Action getAction() {
        return action;
    }

    public void setAction(Action action) {
        this.action = action;
    }

    public String getWaitsFor() {
        return waitsFor;
    }

    public void setWaitsFor(String waitsFor) {
        this.waitsFor = waitsFor;
    }

    @Override
    public Producer createProducer() {
        return new GateProducer();
    }

    @Override
    public Consumer createConsumer(Processor processor) {
        throw new UnsupportedOperationException("a gate is only ever a destination: to: gate:" + name);
    }

    private final class GateProducer extends DefaultAsyncProducer {
        private GateProducer() {
            super(GateEndpoint.this);
        }

        @Override
        public boolean process(Exchange exchange, AsyncCallback callback) {
            Run run = exchange.getVariable(Variables.RUN, Run.class);
            CompletableFuture<Void> gate = run.gates().gate(name);
            switch (action) {
                case OPEN -> gate.complete(null);
                case SHUT -> gate.completeExceptionally(new NotReached("not reached: " + reason(exchange)));
                case AWAIT -> {
                    return await(exchange, run, gate, callback);
                }
            }
            callback.done(true);
            return true;
        }

        private boolean await(Exchange exchange, Run run, CompletableFuture<Void> gate, AsyncCallback callback) {
            if (!gate.isDone()) {
                run.record(new HostWaiting(Optional.ofNullable(Variables.hostName(exchange)),
                        "waits for " + (waitsFor.isEmpty() ? name : waitsFor), OptionalInt.empty()));
                gate.whenCompleteAsync((nothing, failure) -> {
                    exchange.setException(failure);
                    callback.done(false);
                }, exchange.getContext().getRegistry().lookupByNameAndType(Variables.EXECUTOR, java.util.concurrent.Executor.class));
                return false;
            }
            gate.whenComplete((nothing, failure) -> exchange.setException(failure));
            callback.done(true);
            return true;
        }

        private String reason(Exchange exchange) {
            Exception caught = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
            return caught == null ? waitsFor : Variables.hostName(exchange) + " failed";
        }
    }
}
