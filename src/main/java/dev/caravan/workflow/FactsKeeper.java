package dev.caravan.workflow;

import dev.caravan.facts.Facts;
import dev.caravan.facts.ReachTargets;
import dev.caravan.run.Run;
import dev.caravan.run.Variables;
import dev.caravan.spec.Host;
import dev.caravan.step.StepFailure;
import dev.caravan.step.StepResult;
import java.time.Instant;
import java.util.List;
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

    /**
     * Keeps what the script saw, for the run and as the variable {@code facts}.
     *
     * @throws StepFailure if the host sent something that no facts can be read from
     */
    public void keep(Exchange exchange) throws StepFailure {
        Run run = exchange.getVariable(Variables.RUN, Run.class);
        StepResult result = exchange.getMessage().getBody(StepResult.class);
        try {
            Facts facts = Facts.parse(result.outputs(), exchange.getVariable(SENT, Instant.class), Instant.now());
            run.keepFacts(Variables.hostName(exchange), facts);
            exchange.setVariable(Variables.FACTS, facts);
        } catch (IllegalArgumentException unreadable) {
            throw new StepFailure(result.host(), result.step(), "facts", false, run.redact(unreadable.getMessage()),
                    "Look at the step's log, and at whether the host's own programs are as its distribution has them.", List.of(), null);
        }
    }
}
