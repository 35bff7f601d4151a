package dev.caravan.journal;

/**
 * What a step found on a host before it changed something there; rollback gives it back. The generated text is not used:
 * the line may hold the content of a file.
 *
 * @param id   orders what was found, over all runs
 * @param line KIND, KEY and state, separated by tabs, as {@code scripts/lib.sh} describes them
 */
public record Found(long id, String run, String host, String address, String step, String line) {

    /** KIND and KEY: only the first line of these is the state before Caravan. */
    public String subject() {
        return subject(line);
    }

    /** The same of a line. */
    public static String subject(String line) {
        String[] field = line.split("\t", 3);
        return field[0] + "\t" + (field.length > 1 ? field[1] : "");
    }

    /** KIND alone. */
    public String kind() {
        return line.split("\t", 2)[0];
    }

    @Override
    public String toString() {
        return step + " on " + host + " found " + subject().replace('\t', ' ');
    }
}
