package dev.caravan.journal;

import java.nio.file.Path;

/** A journal that is open for a test, and where it is kept. */
interface OpenedJournal {
    Journal journal();

    /** The data directory. */
    Path data();

    /** Where it is; the same for each call in a test. */
    JournalPlace place();

    Database database();

    void reopen();
}
