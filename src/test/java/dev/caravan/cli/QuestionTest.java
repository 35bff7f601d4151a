package dev.caravan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.actions.Actions;
import dev.caravan.history.RunState;
import dev.caravan.journal.Journal;
import dev.caravan.journal.JournalPlace;
import dev.caravan.journal.RunRecord;
import dev.caravan.routes.RouteFiles;
import dev.caravan.run.RunOrder;
import dev.caravan.testkit.Clusters;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a user is asked before an action: with the names of all hosts that it works on. */
class QuestionTest {
    private static final Actions ACTIONS = Actions.of(RouteFiles.builtIn());

    @TempDir
    Path data;

    private JournalPlace place;

    @BeforeEach
    void aRunChangedAHostWhoseLineIsDeletedNow() {
        place = JournalPlace.in(data);
        try (Journal journal = Journal.openToWrite(place)) {
            journal.begin(new RunRecord("7f3a41c0", "demo", "apply", "command", false, "", "", RunState.QUEUED, Instant.now(),
                    Optional.empty()));
            journal.keepFound("7f3a41c0", "h9", "10.77.0.19", "os-prepare", "file\t/etc/a\tabsent");
        }
    }

    @Test
    void aResetNamesAHostThatLeftTheSpec() throws Exception {
        assertThat(question("reset", Map.of())).endsWith(": cluster demo, on h1, h2, and on h9, not in the spec any more?");
    }

    @Test
    void aRollbackNamesItOnlyIfItsRunWasThere() throws Exception {
        assertThat(question("rollback-run", Map.of("run", "7f3a"))).endsWith(", and on h9, not in the spec any more?");
        assertThat(question("rollback-run", Map.of("run", "41c0"))).endsWith(": cluster demo, on h1, h2?");
    }

    private String question(String action, Map<String, String> parameters) throws Exception {
        return ActionOptions.question(new RunOrder(Clusters.of(1, 1), "", "", ACTIONS.require(action).call(parameters), "command",
                List.of()), place);
    }
}
