package dev.caravan.rehearsal;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Something that goes wrong on purpose on one host in one step.
 *
 * @param host  the host's name, as in the spec
 * @param step  the step's name, as in {@code routes/steps/STEP.camel.yaml}
 * @param kind  what goes wrong
 * @param times how many attempts of the step it meets, {@link #EVERY_TIME} for all; for {@link Kind#SLOW} how many
 *              times longer than usual the step's work takes
 */
public record Fault(String host, String step, Kind kind, int times) {

    /** The fault does not pass. */
    public static final int EVERY_TIME = Integer.MAX_VALUE;

    private static final int TIMES_SLOWER = 10;
    private static final Pattern FORM =
            Pattern.compile("([A-Za-z0-9][A-Za-z0-9.-]*):([a-z][a-z0-9-]*):([a-z]+)(?:\\*([1-9][0-9]{0,3}))?");

    /** What goes wrong. */
    public enum Kind {
        /** The step's command ends with an error that will not pass. Unless a number is given: every time. */
        FAIL,
        /** The step's command ends with an error that may pass, such as a package lock held. Unless a number is given: once. */
        BUSY,
        /** The SSH connection is cut in mid-step, and the step goes on without it. Unless a number is given: once. */
        DROP,
        /** The step's work takes longer. Unless a number is given: ten times as long. */
        SLOW;

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public Fault {
        if (times < 1) {
            throw new IllegalArgumentException("a fault happens at least once, not " + times + " times");
        }
    }

    /**
     * Reads a fault as the command line writes it: {@code HOST:STEP:KIND} or {@code HOST:STEP:KIND*NUMBER}, such as
     * {@code h2:kubeadm-join:fail*2}.
     *
     * @throws IllegalArgumentException where the text is none, with a message that says what would be right
     */
    public static Fault parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("'" + text + "' is no fault: write HOST:STEP:KIND, such as h2:kubeadm-join:fail,"
                    + " where KIND is fail, busy, drop or slow, with *NUMBER behind it for how many times");
        }
        Kind kind = kind(text, matcher.group(3));
        int times = matcher.group(4) == null ? usualTimes(kind) : Integer.parseInt(matcher.group(4));
        return new Fault(matcher.group(1), matcher.group(2), kind, times);
    }

    private static Kind kind(String text, String word) {
        for (Kind kind : Kind.values()) {
            if (kind.word().equals(word)) {
                return kind;
            }
        }
        throw new IllegalArgumentException(
                "'" + word + "' in '" + text + "' is no kind of fault: use fail, busy, drop or slow");
    }

    private static int usualTimes(Kind kind) {
        return switch (kind) {
            case FAIL -> EVERY_TIME;
            case BUSY, DROP -> 1;
            case SLOW -> TIMES_SLOWER;
        };
    }

    @Override
    public String toString() {
        String text = host + ":" + step + ":" + kind.word();
        return times == usualTimes(kind) ? text : text + "*" + times;
    }
}
