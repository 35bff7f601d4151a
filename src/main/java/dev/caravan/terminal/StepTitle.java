package dev.caravan.terminal;

/**
 * The title of a step's narrow column, over two lines: {@code imag} above {@code pull} for images-pull, {@code veri} above {@code fy} for
 * verify. It depends on the step's name alone, so that it stays the same while other steps come.
 *
 * @param above  the beginning of the first word
 * @param below  the beginning of the last word, or what is left of the only one; may be empty
 */
record StepTitle(String above, String below) {

    /** The title of that step, no line wider than {@code width}. */
    static StepTitle of(String step, int width) {
        int last = step.lastIndexOf('-');
        if (last < 0) {
            String above = begin(step, width);
            return new StepTitle(above, begin(step.substring(above.length()), width));
        }
        return new StepTitle(begin(step.substring(0, step.indexOf('-')), width), begin(step.substring(last + 1), width));
    }

    private static String begin(String text, int width) {
        return text.substring(0, Math.min(width, text.length()));
    }
}
