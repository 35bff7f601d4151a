package dev.caravan.remote;

import dev.caravan.run.Run;
import dev.caravan.run.Variables;
import dev.caravan.step.StepFailure;
import java.time.Duration;
import org.apache.camel.Exchange;
import org.apache.camel.Predicate;
import org.apache.camel.processor.errorhandler.RedeliveryPolicy;

/**
 * The redelivery policy that routes name as {@code stepRetries}: no redelivery by itself, and what the policies of an error handler's
 * {@code onException} entries start from. Pauses grow, are spread by chance, hold no thread, and each is recorded before it begins, so
 * that everyone who looks can count down to the next attempt.
 */
public final class StepRetries extends RedeliveryPolicy {
    private static final long serialVersionUID = 1L;
    private static final String PAUSE = "caravan.pause";

    private final transient StepRunner runner;

    public StepRetries(StepRunner runner) {
        this.runner = runner;
        setMaximumRedeliveries(0);
        setUseExponentialBackOff(true);
        setUseCollisionAvoidance(true);
        setAsyncDelayedRedelivery(true);
        setLogExhausted(false);
        setLogStackTrace(false);
        setLogRetryAttempted(false);
    }

    /* Camel asks this once for each failure, right before it takes the pause from the header, if there is one. */
    @Override
    public boolean shouldRedeliver(Exchange exchange, int redeliveryCounter, Predicate retryWhile) {
        if (!super.shouldRedeliver(exchange, redeliveryCounter, retryWhile)) {
            return false;
        }
        long previous = redeliveryCounter > 1 ? exchange.getProperty(PAUSE, 0L, Long.class) : 0;
        long pause = calculateRedeliveryDelay(previous, redeliveryCounter);
        exchange.setProperty(PAUSE, pause);
        exchange.getIn().setHeader(Exchange.REDELIVERY_DELAY, pause);
        Run run = exchange.getVariable(Variables.RUN, Run.class);
        if (run != null && exchange.getProperty(Exchange.EXCEPTION_CAUGHT) instanceof StepFailure failure) {
            runner.recordRetry(run, failure, Duration.ofMillis(pause));
        }
        return true;
    }
}
