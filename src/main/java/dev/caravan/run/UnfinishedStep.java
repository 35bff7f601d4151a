package dev.caravan.run;

import dev.caravan.journal.Found;
import java.util.Optional;

/**
 * A step that was begun on a host, whose end was not heard of, and which no run waits for any more. It may still run there, and what it
 * found before its changes may be known to its host alone.
 *
 * @param run        the run that it belongs to
 * @param isRecorded whether what it found is recorded, as its run can be rolled back
 * @param entry      what the journal has of it, if that run has ended
 */
public record UnfinishedStep(String run, Past.UnderWay step, boolean isRecorded, Optional<Found> entry) {
    /** The kind of such an entry of the journal. */
    private static final String KIND = "unfinished";

    /** The line of the journal that says so. */
    static String line(Past.UnderWay step) {
        return String.join("\t", KIND, step.id(), Long.toString(step.logOffset()), step.host());
    }

    static boolean isOne(Found found) {
        return found.kind().equals(KIND);
    }

    /** One of that run. */
    public static UnfinishedStep of(Run run, Past.UnderWay step) {
        return new UnfinishedStep(run.id(), step, run.action().isRecorded(), Optional.empty());
    }

    static UnfinishedStep of(Found found) {
        String[] field = found.line().split("\t", -1);
        Past.UnderWay step = new Past.UnderWay(field[3], found.step(), found.host(), field[1], Long.parseLong(field[2]));
        return new UnfinishedStep(found.run(), step, true, Optional.of(found));
    }
}
