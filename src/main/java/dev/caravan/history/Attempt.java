package dev.caravan.history;

import java.util.Optional;

/**
 * An attempt at a step.
 *
 * @param host   empty if the step is for the cluster as a whole
 * @param step   its name, as in {@code routes/steps/STEP.camel.yaml}
 * @param number from 1
 */
public record Attempt(Optional<String> host, String step, int number) {
    /** @throws IllegalArgumentException if the number is less than 1 */
    public Attempt {
        if (number < 1) {
            throw new IllegalArgumentException("attempt " + number + " at the step " + step);
        }
    }

    /** @param host null if the step is for the cluster as a whole */
    public static Attempt of(String host, String step, int number) {
        return new Attempt(Optional.ofNullable(host), step, number);
    }
}
