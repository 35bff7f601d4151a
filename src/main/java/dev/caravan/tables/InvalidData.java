package dev.caravan.tables;

/** A file of {@code routes/data} that cannot be used. The message names file and line, what is wrong, and what would be right. */
public final class InvalidData extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    InvalidData(String file, int line, String problem, String right) {
        super(file + ", line " + line + ": " + problem + (right.isEmpty() ? "" : "; " + right));
    }
}
