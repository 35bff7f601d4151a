package dev.caravan.facts;

/** What a finding does to a run. */
public enum Severity {
    /** The run ends before anything is changed. */
    REFUSES,
    /** The run continues, and says so. */
    WARNS;

    /** The word used in JSON and in the journal. */
    public String word() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
