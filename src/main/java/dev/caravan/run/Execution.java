package dev.caravan.run;

import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.run.Runs.Outcome;
import dev.caravan.step.StepFailure;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.support.DefaultExchange;

/** Sends runs through their routes, and records how they end. Thread-safe. */
final class Execution {
    /** The route that a run is sent to. */
    private static final String WORKFLOW = "direct:run";

    private final Consumer<Run> forget;
    private final Consumer<Run> leave;

    /**
     * @param forget called with a run that has ended, or that its engine leaves as it stops
     * @param leave  called with a run whose end could not be recorded
     */
    Execution(Consumer<Run> forget, Consumer<Run> leave) {
        this.forget = forget;
        this.leave = leave;
    }

    /** Begins; its outcome is completed at the end. */
    void start(UnderWay mine) {
        Run run = mine.run();
        CamelContext context = mine.workflow().context();
        Exchange exchange = new DefaultExchange(context);
        exchange.setVariable(Variables.RUN, run);
        exchange.setVariable(Variables.CLUSTER, run.cluster());
        exchange.setVariable(Variables.PARAMETERS, run.parameters());
        ProducerTemplate template = context.createProducerTemplate();
        template.asyncSend(WORKFLOW, exchange).whenComplete((done, broken) -> {
            Throwable failure = broken != null ? broken : done.getException();
            CompletionStage<Void> finished = mine.workflow().steps().finish(run, !isLeft(context, failure));
            finished.toCompletableFuture().orTimeout(60, TimeUnit.SECONDS).whenComplete((cleared, problem) -> {
                template.stop();
                end(mine, failure);
            });
        });
    }

    /* It did not fail: its engine is stopping. It is resumed later. */
    private static boolean isLeft(CamelContext context, Throwable failure) {
        return failure != null && (context.isStopping() || context.isStopped());
    }

    private void end(UnderWay mine, Throwable failure) {
        Run run = mine.run();
        CompletableFuture<Outcome> outcome = mine.outcome();
        if (isLeft(mine.workflow().context(), failure)) {
            forget.accept(run);
            outcome.completeExceptionally(failure);
            return;
        }
        try {
            run.runCleanups();
            if (failure instanceof StepFailure step) {
                run.recordGivenUp(step);
            }
            RunEnded ending = Ending.of(run, failure);
            mine.ends();
            run.end(ending);
            forget.accept(run);
            outcome.complete(new Outcome(run.id(), ending.state()));
        } catch (RuntimeException e) {
            // How it ended is not recorded: it is resumed as if its engine had gone, once the journal can be written.
            leave.accept(run);
            outcome.completeExceptionally(e);
        }
    }
}
