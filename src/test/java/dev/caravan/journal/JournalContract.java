package dev.caravan.journal;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** What a journal promises, wherever it is kept. */
abstract class JournalContract implements RunsContract, EventsContract, FoundContract, ClaimsContract, DeletionsContract {
    @TempDir
    Path data;
    Journal journal;

    @BeforeEach
    void open() {
        journal = Journal.open(place());
    }

    @AfterEach
    void close() {
        journal.close();
    }

    @Override
    public Journal journal() {
        return journal;
    }

    @Override
    public Path data() {
        return data;
    }

    @Override
    public void reopen() {
        journal.close();
        journal = Journal.open(place());
    }
}
