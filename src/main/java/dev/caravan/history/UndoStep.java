package dev.caravan.history;

/** How a step is named that rolls another one back. */
public final class UndoStep {
    private static final String PREFIX = "undo-";

    private UndoStep() {}

    /** The name of the step that rolls {@code step} back. */
    public static String of(String step) {
        return PREFIX + step;
    }

    /** Whether a step of that name rolls another one back. */
    public static boolean isOne(String step) {
        return step.startsWith(PREFIX);
    }
}
