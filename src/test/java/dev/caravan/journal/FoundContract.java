package dev.caravan.journal;

import static dev.caravan.journal.Records.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.history.Occurrence.RunQueued;
import dev.caravan.history.RunState;
import dev.caravan.history.Shows;
import dev.caravan.history.Undoes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What steps found on hosts before they changed it, and the key that encrypts it. */
interface FoundContract extends OpenedJournal {
    @Test
    default void keepsWhatWasFoundUntilItIsRolledBack() {
        journal().begin(run("a"));
        journal().begin(run("b"));
        journal().keepFound("a", "h1", "10.0.0.1", "os-prepare", "file\t/etc/a\tc3dhcCBvbg==");
        journal().keepFound("a", "h2", "10.0.0.2", "os-prepare", "file\t/etc/a\tabsent");
        journal().keepFound("b", "h1", "10.0.0.1", "kubeadm-join", "node\th1\tabsent");
        reopen();

        List<Found> found = journal().found("demo", "10.0.0.1");
        assertThat(found).extracting(Found::run, Found::step, Found::line).containsExactly(
                org.assertj.core.groups.Tuple.tuple("a", "os-prepare", "file\t/etc/a\tc3dhcCBvbg=="),
                org.assertj.core.groups.Tuple.tuple("b", "kubeadm-join", "node\th1\tabsent"));
        assertThat(journal().found("other", "10.0.0.1")).isEmpty();
        assertThat(journal().foundHosts("demo"))
                .containsExactly(new FoundHost("h2", "10.0.0.2", "a"), new FoundHost("h1", "10.0.0.1", "b"));
        assertThat(journal().foundHosts("other")).isEmpty();
        journal().markRolledBack(found.subList(1, 2));
        journal().markRolledBack(journal().found("demo", "10.0.0.2"));
        reopen();
        assertThat(journal().foundHosts("demo")).containsExactly(new FoundHost("h1", "10.0.0.1", "a"));
        assertThat(journal().found("demo", "10.0.0.1")).extracting(Found::run).containsExactly("a");
        assertThat(journal().hasFound("a")).isTrue();
        assertThat(journal().hasFound("b")).isFalse();
    }

    @Test
    default void knowsWhichRunRolledAnotherOneBack() {
        journal().begin(run("a"));
        journal().begin(run("b"));
        journal().begin(run("e"));
        RunRecord like = run("c");
        journal().begin(new RunRecord("c", like.cluster(), "rollback", like.source(), false, like.spec(), like.directory(), RunState.QUEUED,
                like.createdAt(), Optional.empty()));
        journal().append("c", new RunQueued("rollback", like.cluster(), List.of(), false, true, false, Optional.empty(), List.of("a"),
                "", Map.of(), false, Undoes.RUN, Shows.FACTS, Optional.empty()));
        journal().begin(new RunRecord("d", like.cluster(), "undo-all", like.source(), false, like.spec(), like.directory(), RunState.QUEUED,
                like.createdAt(), Optional.empty()));
        journal().append("d", new RunQueued("undo-all", like.cluster(), List.of(), false, true, false, Optional.empty(), List.of("e"),
                "", Map.of(), false, Undoes.RUN, Shows.FACTS, Optional.empty()));
        journal().begin(run("f"));
        journal().append("f", new RunQueued("apply", like.cluster(), List.of(), false, true, false, Optional.empty(), List.of("b"),
                "\"undoes\":\"run\"", Map.of(), false));

        assertThat(journal().rolledBackBy("a")).contains("c");
        assertThat(journal().rolledBackBy("e")).as("an action of a user's own").contains("d");
        assertThat(journal().rolledBackBy("b")).as("it was replaced").isEmpty();
        assertThat(journal().rolledBackBy("nosuchrun")).isEmpty();
    }

    @Test
    default void theKeyIsOnlyMissedWhereWhatWasFoundIsRead() throws Exception {
        journal().begin(run("a"));
        journal().keepFound("a", "h1", "10.0.0.1", "step", "file\t/etc/a\tabsent");
        Path key = data().resolve("key");
        assertThat(key).hasSize(32);
        assertThat(Files.getPosixFilePermissions(key)).containsExactlyInAnyOrder(PosixFilePermission.OWNER_READ,
                PosixFilePermission.OWNER_WRITE);
        byte[] right = Files.readAllBytes(key);

        Files.delete(key);
        reopen();
        assertThat(journal().runs(10)).hasSize(1);
        assertThatThrownBy(() -> journal().found("demo", "10.0.0.1")).isInstanceOf(JournalException.class)
                .hasMessageContaining(key.toString()).hasMessageContaining("put back the key");
        assertThatThrownBy(() -> Journal.openToWrite(place())).isInstanceOf(CannotOpen.class).hasMessageContaining("cannot be found");
        assertThat(key).doesNotExist();

        Files.write(key, new byte[32]);
        reopen();
        assertThatThrownBy(() -> Journal.openToWrite(place())).isInstanceOf(CannotOpen.class)
                .hasMessageContaining("does not open what was found");
        assertThatThrownBy(() -> journal().found("demo", "10.0.0.1")).isInstanceOf(JournalException.class)
                .hasMessageContaining("does not open what was found");

        Files.write(key, new byte[5]);
        assertThatThrownBy(() -> Journal.openToWrite(place())).isInstanceOf(CannotOpen.class)
                .hasMessageContaining("has 5 bytes and should have 32");

        Files.write(key, right);
        Journal.openToWrite(place()).close();
        reopen();
        assertThat(journal().found("demo", "10.0.0.1")).hasSize(1);
    }

    @Test
    default void aKeyThatIsNamedIsNeverMade() throws Exception {
        Path named = data().resolve("named-key");
        JournalPlace there = new JournalPlace(place().data(), place().url(), place().password(), Optional.of(named),
                EngineIdentity.ofThisProcess());
        journal().begin(run("a"));
        try (Journal other = Journal.open(there)) {
            assertThatThrownBy(() -> other.keepFound("a", "h1", "10.0.0.1", "step", "file\t/x\tabsent"))
                    .isInstanceOf(JournalException.class).hasMessageContaining("CARAVAN_KEY_FILE");
            Files.write(named, new byte[32]);
            other.keepFound("a", "h1", "10.0.0.1", "step", "file\t/x\tabsent");
            assertThat(other.found("demo", "10.0.0.1")).hasSize(1);
        }
        assertThat(data().resolve("key")).doesNotExist();
    }
}
