package dev.caravan.remote;

import dev.caravan.artefacts.StoredFile;
import dev.caravan.run.Run;
import dev.caravan.run.Variables;
import dev.caravan.spec.Host;
import dev.caravan.spec.Secret;
import dev.caravan.ssh.SshException;
import dev.caravan.step.StepResult;
import dev.caravan.step.Undo;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.InvalidPayloadException;
import org.apache.camel.support.DefaultAsyncProducer;

/** Takes from the exchange what a step needs, and gives it the result; the work is the {@link StepRunner}'s. */
final class StepProducer extends DefaultAsyncProducer {
    /** Exchange variable: {@code first} if the steps that follow get a slot before those of other hosts. */
    private static final String SLOT = "slot";

    private final StepEndpoint endpoint;
    private final StepRunner runner;

    StepProducer(StepEndpoint endpoint, StepRunner runner) {
        super(endpoint);
        this.endpoint = endpoint;
        this.runner = runner;
    }

    @Override
    public boolean process(Exchange exchange, AsyncCallback callback) {
        CompletionStage<StepResult> result;
        // What failed before on this exchange and was caught is no reason not to try this step again.
        exchange.getExchangeExtension().setFailureHandled(false);
        try {
            result = begin(exchange);
        } catch (Exception e) {
            exchange.setException(e);
            callback.done(true);
            return true;
        }
        result.whenCompleteAsync((done, failure) -> {
            if (failure != null) {
                exchange.setException(SshException.beneath(failure));
            } else {
                exchange.getMessage().setBody(done);
            }
            callback.done(false);
        }, runner.executor());
        return false;
    }

    private CompletionStage<StepResult> begin(Exchange exchange) throws InvalidPayloadException {
        Run run = exchange.getVariable(Variables.RUN, Run.class);
        if (run == null) {
            throw new IllegalStateException("step:" + endpoint.getName()
                    + " needs the exchange variable run: call its route from the workflow");
        }
        Host host = endpoint.getOn() == StepEndpoint.On.FIRST_CONTROL_PLANE
                ? run.cluster().firstControlPlane()
                : exchange.getVariable(Variables.HOST, Host.class);
        if (host == null) {
            throw new IllegalStateException("step:" + endpoint.getName() + " needs the exchange variable host, or on=first-control-plane");
        }
        Host at = endpoint.getOn() == StepEndpoint.On.CONTROL_PLANE ? run.controlPlane() : host;
        StepCall call = new StepCall(run, order(exchange, run, host, at));
        if (endpoint.getShare().compareTo(Duration.ZERO) > 0) {
            return runner.shared(call, endpoint.getShare());
        }
        if (endpoint.getOneAtATime() != null) {
            return runner.inTurn(call, endpoint.getOneAtATime());
        }
        return runner.run(call);
    }

    /* Routes that users copied from earlier versions do not say stepFrom, nor evenWhenCancelled. */
    private StepOrder order(Exchange exchange, Run run, Host host, Host at) throws InvalidPayloadException {
        if (exchange.getMessage().getBody() instanceof Undo undo) {
            return new StepOrder(run.id(), host, at, undo.name(), runner.undoScript(undo), endpoint.getTimeout(), run.isPlan(), true,
                    comesFirst(exchange), endpoint.isStopsOthers(), extraEnvironment(exchange), undo.lines(), StepOrder.Files.NONE);
        }
        if (endpoint.getStepFrom() == StepEndpoint.StepFrom.BODY) {
            throw new IllegalStateException("step:" + endpoint.getName() + " has stepFrom=body, but the body names no step to undo");
        }
        return new StepOrder(run.id(), host, at, endpoint.getName(), endpoint.getScript(), endpoint.getTimeout(), run.isPlan(),
                endpoint.isEvenWhenCancelled(), comesFirst(exchange), endpoint.isStopsOthers(), extraEnvironment(exchange),
                stdin(exchange), files(exchange));
    }

    private boolean comesFirst(Exchange exchange) {
        return endpoint.getSlot() == StepEndpoint.Slot.FIRST || "first".equals(exchange.getVariable(SLOT, String.class));
    }

    private StepOrder.Files files(Exchange exchange) {
        return new StepOrder.Files(file(exchange, endpoint.getSaveTo()), file(exchange, endpoint.getSendFrom()), endpoint.saveLimitBytes());
    }

    /* A bean may have made it; what is text is held to be a name, wherever it came from. */
    private Optional<StoredFile> file(Exchange exchange, String variable) {
        if (variable == null) {
            return Optional.empty();
        }
        Object value = exchange.getVariable(variable);
        if (value instanceof StoredFile file) {
            return Optional.of(file);
        }
        if (value == null) {
            throw new IllegalStateException("step:" + endpoint.getName() + " needs the exchange variable " + variable
                    + ", which names a file of the data directory");
        }
        return Optional.of(StoredFile.plain(runner.dataFile(value.toString())));
    }

    private byte[] stdin(Exchange exchange) throws InvalidPayloadException {
        if (!endpoint.isStdin() || exchange.getMessage().getBody() == null) {
            return new byte[0];
        }
        Object body = exchange.getMessage().getBody();
        if (body instanceof Secret secret) {
            return secret.reveal().getBytes(StandardCharsets.UTF_8);
        }
        if (body instanceof String text) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
        return exchange.getMessage().getMandatoryBody(byte[].class);
    }

    private static Map<String, String> extraEnvironment(Exchange exchange) {
        Map<String, String> extra = new LinkedHashMap<>();
        exchange.getVariables().forEach((name, value) -> {
            if (name.startsWith(Variables.ENVIRONMENT_PREFIX) && value != null) {
                extra.put(name.substring(Variables.ENVIRONMENT_PREFIX.length()), value.toString());
            }
        });
        return extra;
    }
}
