package dev.caravan.terminal;

import dev.caravan.journal.Event;
import dev.caravan.terminal.RunView.StepState;
import dev.caravan.terminal.RunView.StepView;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Failures, as they happen, and how the run ended. */
final class QuietOutput implements RunOutput {
    private final Lines out;
    private final TerminalFacts facts;
    private final RunFold fold = new RunFold();

    QuietOutput(Lines out, TerminalFacts facts) {
        this.out = out;
        this.facts = facts;
    }

    @Override
    public synchronized void on(Event event) {
        fold.accept(event);
        switch (event.type()) {
            case STEP_ENDED -> fold.host(event.host().orElse(""))
                    .flatMap(host -> event.step().flatMap(step -> Optional.ofNullable(host.steps().get(step))))
                    .filter(step -> step.state() == StepState.FAILED && !step.failure().orElseThrow().isRefusal())
                    .ifPresent(step -> out.write(failure(event.run(), step)));
            case RUN_ENDED -> out.write(Summary.brief(fold.view(), facts.textWidth(), facts.look()));
            default -> { }
        }
    }

    private List<String> failure(String run, StepView step) {
        List<String> lines = new ArrayList<>();
        lines.add(facts.look().paint(Look.Ink.BAD,
                Wording.host(step.host()) + "  " + step.step() + "  " + Wording.failed(step)));
        lines.addAll(Wording.indent(4, Wording.explain(run, step, true, facts.textWidth() - 4, facts.hints())));
        return lines;
    }

    @Override
    public void close() {}
}
