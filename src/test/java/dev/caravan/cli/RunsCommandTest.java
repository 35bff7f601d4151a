package dev.caravan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.history.RunState;
import dev.caravan.journal.RunRecord;
import dev.caravan.journal.RunRecordJson;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class RunsCommandTest {
    private static final Instant AT = Instant.parse("2026-11-23T06:00:12Z");

    private static RunRecord run(RunState state, long seconds) {
        return new RunRecord("3d7d9d55", "a-long-cluster-name", "rollback", "command", false, "spec", "/specs", state, AT,
                state.exitStatus().map(ended -> AT.plusSeconds(seconds)));
    }

    @Test
    void aLineTellsStateAndDurationWithinEightyColumns() {
        String line = RunsCommand.line(run(RunState.ROLLED_BACK, 3720), false).stripTrailing();

        assertThat(line).hasSizeLessThanOrEqualTo(80)
                .matches("3d7d9d55  2026-11-2. ..:..  rollback  rolled-back   1h02m  a-long-cluster-name");
    }

    @Test
    void aRunWhoseEngineIsGoneIsUnfinishedAndTookNoTimeYet() {
        assertThat(RunsCommand.line(run(RunState.RUNNING, 0), true)).contains("  unfinished           ");
        assertThat(RunsCommand.line(run(RunState.RUNNING, 0), false)).contains("  running  ");
    }

    @Test
    void theJsonFormHoldsNoSpec() {
        assertThat(RunRecordJson.tree(run(RunState.FAILED, 1)))
                .hasToString("{\"id\":\"3d7d9d55\",\"action\":\"rollback\",\"cluster\":\"a-long-cluster-name\",\"source\":\"command\","
                + "\"rehearsal\":false,\"state\":\"failed\",\"exitStatus\":5,\"createdAt\":\"2026-11-23T06:00:12Z\","
                + "\"endedAt\":\"2026-11-23T06:00:13Z\"}");
        assertThat(RunRecordJson.tree(run(RunState.RUNNING, 0)).has("endedAt")).isFalse();
    }
}
