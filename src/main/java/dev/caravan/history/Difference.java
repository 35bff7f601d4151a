package dev.caravan.history;

import java.util.function.UnaryOperator;

/**
 * How something would differ after a change, in a plan.
 *
 * @param change  the change, in the words of the script
 * @param subject what would differ: a file's path, a unit, a kernel setting
 * @param text    of a file a unified diff, of the rest a line with {@code -} and one with {@code +}; or why it is not shown
 */
public record Difference(String change, String subject, String text) {
    Difference redacted(UnaryOperator<String> redact) {
        return new Difference(redact.apply(change), redact.apply(subject), redact.apply(text));
    }
}
