package dev.caravan.observe;

import dev.caravan.run.Run;
import dev.caravan.run.Variables;
import org.apache.camel.AsyncCallback;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.NamedNode;
import org.apache.camel.Processor;
import org.apache.camel.model.LogDefinition;
import org.apache.camel.model.ToDefinition;
import org.apache.camel.spi.InterceptStrategy;
import org.apache.camel.support.processor.DelegateAsyncProcessor;
import org.slf4j.MDC;

/** Gives what routes of a run log, by {@code log} or {@code to: log:NAME}, the same context as {@link RunLog}'s lines have. */
public final class LogContext implements InterceptStrategy {
    @Override
    public Processor wrapProcessorInInterceptors(CamelContext context, NamedNode definition, Processor target, Processor next) {
        boolean logs = definition instanceof LogDefinition
                || definition instanceof ToDefinition to && to.getEndpointUri().startsWith("log:");
        return logs ? new Logging(target) : target;
    }

    private static final class Logging extends DelegateAsyncProcessor {
        private Logging(Processor target) {
            super(target);
        }

        @Override
        public boolean process(Exchange exchange, AsyncCallback callback) {
            Run run = exchange.getVariable(Variables.RUN, Run.class);
            if (run == null) {
                return super.process(exchange, callback);
            }
            MDC.put(RunLog.RUN, run.id());
            String host = Variables.hostName(exchange);
            if (host != null) {
                MDC.put(RunLog.HOST, host);
            }
            MDC.put(RunLog.STEP, exchange.getFromRouteId() == null ? "run" : exchange.getUnitOfWork().getRoute().getRouteId());
            try {
                return super.process(exchange, callback);
            } finally {
                MDC.remove(RunLog.RUN);
                MDC.remove(RunLog.HOST);
                MDC.remove(RunLog.STEP);
            }
        }
    }
}
