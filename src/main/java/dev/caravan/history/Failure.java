package dev.caravan.history;

import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Why an attempt at a step failed, beside the message of its event.
 *
 * @param kind      word for the kind of error, from {@code routes/errors/failures.yaml} or one of Caravan's own; may be empty
 * @param remedy    what the reader can do; may be empty
 * @param lastWords the last lines that the command printed
 */
public record Failure(String kind, String remedy, List<String> lastWords) {
    private static final String REFUSED = "refused";

    public Failure {
        lastWords = List.copyOf(lastWords);
    }

    /** Of a step that refuses the run and whose reasons are the findings at the run's end. */
    public boolean isRefusal() {
        return kind.equals(REFUSED);
    }

    Failure redacted(UnaryOperator<String> redact) {
        return new Failure(kind, redact.apply(remedy), lastWords.stream().map(redact).toList());
    }
}
