package dev.caravan.workflow;

import dev.caravan.facts.Facts;
import dev.caravan.facts.ReachTargets;
import dev.caravan.run.Run;
import dev.caravan.run.Variables;
import dev.caravan.spec.Host;
import dev.caravan.step.StepResult;
import java.time.Instant;
import org.apache.camel.Exchange;

/** What goes into the step {@code facts} and what is kept of it: bean {@code facts}. */
public final class FactsKeeper {
    private static final String SENT = "factsSent";

    /** The ports of other hosts that this one is to try, for the script's standard input. */
    public String portsToReach(Exchange exchange) {
        Run run = exchange.getVariable(Variables.RUN, Run.class);
        exchange.setVariable(SENT, Instant.now());
        return ReachTargets.of(run.cluster(), exchange.getVariable(Variables.HOST, Host.class));
    }

    /** Keeps what the script saw, for the run and as the variable {@code facts}. */
    public void keep(Exchange exchange) {
        Facts facts = Facts.parse(exchange.getMessage().getBody(StepResult.class).outputs(), exchange.getVariable(SENT, Instant.class),
                Instant.now());
        exchange.getVariable(Variables.RUN, Run.class).keepFacts(Variables.hostName(exchange), facts);
        exchange.setVariable(Variables.FACTS, facts);
    }
}
