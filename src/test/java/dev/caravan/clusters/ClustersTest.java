package dev.caravan.clusters;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.history.Attempt;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.Occurrence.RunQueued;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.RunHost;
import dev.caravan.history.RunState;
import dev.caravan.history.StepState;
import dev.caravan.history.Shows;
import dev.caravan.history.Undoes;
import dev.caravan.journal.Journal;
import dev.caravan.journal.JournalPlace;
import dev.caravan.journal.RunRecord;
import dev.caravan.observe.ObservedCertificates;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is known of a cluster after an action of a user's own has taken it off its hosts. */
class ClustersTest {
    private static final Instant BEGUN = Instant.parse("2026-11-23T06:00:00Z");

    @TempDir
    Path data;

    private Journal journal;

    @BeforeEach
    void open() {
        journal = Journal.open(JournalPlace.in(data));
    }

    @AfterEach
    void close() {
        journal.close();
    }

    @Test
    void aUsersActionThatUndoesTheClusterLeavesNoNodes() throws Exception {
        run("a1", "apply", Undoes.NOTHING, 0);
        assertThat(nodes()).containsExactly("h1");
        assertThat(ObservedCertificates.of(journal)).containsExactly("demo");

        run("a2", "take-off", Undoes.CLUSTER, 1);
        assertThat(nodes()).isEmpty();
        assertThat(ObservedCertificates.of(journal)).isEmpty();
    }

    @Test
    void aUsersResetThatUndoesNothingLeavesTheNodes() throws Exception {
        run("a1", "apply", Undoes.NOTHING, 0);
        run("a2", "reset", Undoes.NOTHING, 1);

        assertThat(nodes()).containsExactly("h1");
    }

    private List<String> nodes() throws Exception {
        return new Clusters(journal, data).find("demo").orElseThrow().nodes().stream().map(KnownCluster.Node::name).toList();
    }

    /** What a run says about its cluster is recorded with it, so it does not depend on the actions that are loaded. */
    @Test
    void aUsersActionBringsAClusterToItsSpec() throws Exception {
        run("a1", "make-it", Undoes.NOTHING, Shows.FACTS, 0);
        assertThat(nodes()).as("it found no facts").isEmpty();

        run("a2", "make-it", Undoes.NOTHING, Shows.SPEC, 1);
        assertThat(nodes()).containsExactly("h1");
    }

    @Test
    void aUsersActionShowsHowFarAClusterIsFromItsSpec() throws Exception {
        run("a1", "apply", Undoes.NOTHING, 0);
        run("a2", "compare", Undoes.NOTHING, Shows.DRIFT, 1);
        IntStream.range(0, 40).forEach(each -> run("later-" + each, "certificates", Undoes.NOTHING, Shows.FACTS, 2 + each));

        assertThat(new Clusters(journal, data).find("demo").orElseThrow().drift()).map(KnownCluster.Drift::run).contains("a2");
    }

    @Test
    void aClusterThatWasOnlyReadIntoASpecIsNotKnown() throws Exception {
        run("a1", "look", Undoes.NOTHING, Shows.NOTHING, 0);
        assertThat(new Clusters(journal, data).all()).isEmpty();

        run("a2", "apply", Undoes.NOTHING, 1);
        assertThat(new Clusters(journal, data).all()).hasSize(1);
    }

    private void run(String id, String action, Undoes undoes, int minutes) {
        run(id, action, undoes, action.equals("apply") ? Shows.SPEC : Shows.FACTS, minutes);
    }

    private void run(String id, String action, Undoes undoes, Shows shows, int minutes) {
        journal.begin(new RunRecord(id, "demo", action, "command", false, "", "", RunState.QUEUED, BEGUN.plus(minutes, ChronoUnit.MINUTES),
                Optional.empty()));
        journal.append(id, new RunQueued(action, "demo", List.of(new RunHost("h1", "192.0.2.1", List.of("control-plane"))), false, true,
                false, Optional.of("1.37.2"), List.of(), "", Map.of(), false, undoes, shows, Optional.empty()));
        if (undoes == Undoes.NOTHING) {
            String expiry = Instant.now().plus(300, ChronoUnit.DAYS).getEpochSecond() + " /etc/kubernetes/pki/apiserver.crt";
            journal.append(id, new StepEnded(Attempt.of("h1", "certificates-read", 1), "", StepState.OK, List.of(), List.of(),
                    Map.of("certificate", expiry), false, Optional.empty(), Optional.empty(), Optional.empty()));
        }
        journal.end(id, new RunEnded(RunState.SUCCEEDED, "", Optional.empty(), List.of(), Map.of(), Optional.of(action)));
    }
}
