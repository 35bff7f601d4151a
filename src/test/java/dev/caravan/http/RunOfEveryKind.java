package dev.caravan.http;

import dev.caravan.artefacts.Artefact;
import dev.caravan.history.Attempt;
import dev.caravan.history.Detached;
import dev.caravan.history.Difference;
import dev.caravan.history.Failure;
import dev.caravan.history.Finding;
import dev.caravan.history.Occurrence;
import dev.caravan.history.Occurrence.CancelRequested;
import dev.caravan.history.Occurrence.CheckpointPassed;
import dev.caravan.history.Occurrence.GivenUp;
import dev.caravan.history.Occurrence.HostRolledBack;
import dev.caravan.history.Occurrence.HostWaiting;
import dev.caravan.history.Occurrence.Note;
import dev.caravan.history.Occurrence.RequestedByFile;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.Occurrence.RunQueued;
import dev.caravan.history.Occurrence.RunResumed;
import dev.caravan.history.Occurrence.RunStarted;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.Occurrence.StepProgress;
import dev.caravan.history.Occurrence.StepRetried;
import dev.caravan.history.Occurrence.StepStarted;
import dev.caravan.history.RunHost;
import dev.caravan.history.RunState;
import dev.caravan.history.StepState;
import dev.caravan.history.Shows;
import dev.caravan.history.Undoes;
import dev.caravan.journal.Journal;
import dev.caravan.journal.RunRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** A run in which everything happens that can happen. */
final class RunOfEveryKind {
    private RunOfEveryKind() {}

    /** Writes it into the journal, and asks for it once while it is under way. */
    static void record(Journal journal, Client client) throws Exception {
        journal.begin(new RunRecord("told", "told", "apply", "command", false, "{}", "", RunState.QUEUED, Instant.now(),
                Optional.empty()).begunBy(Optional.of("ann")));
        List<RunHost> hosts = List.of(new RunHost("h1", "192.0.2.1", List.of("control-plane")),
                new RunHost("h2", "192.0.2.2", List.of("worker")));
        Failure failure = new Failure("mirror", "Wait.", List.of("503"));
        Optional<Duration> duration = Optional.of(Duration.ofMillis(5));
        for (Occurrence what : List.of(
                new RunQueued("apply", "told", hosts, false, true, false, Optional.of("1.20.2"), List.of("before"),
                        "is as its spec says", Map.of("shade", "dark", "plan", "before"), false, Undoes.NOTHING, Shows.SPEC,
                        Optional.of("ann")),
                new RunQueued("apply", "told", hosts, false, true, false, Optional.of("1.20.2"), List.of(), "",
                        Map.of("shade", "dark", "plan", "before"), true, Undoes.CLUSTER, Shows.FACTS, Optional.of("ann")),
                new RunStarted(),
                new CheckpointPassed(),
                new HostWaiting(Optional.of("h2"), "said", OptionalInt.of(50)),
                new StepStarted(Attempt.of("h1", "os-prepare", 1), Optional.of(new Detached("told-1", 0, Optional.of("h2")))),
                new StepProgress(Attempt.of("h1", "os-prepare", 1), "said"),
                new StepEnded(Attempt.of("h1", "os-prepare", 1), "said", StepState.CHANGED, List.of("swap off"),
                        List.of(new Difference("swap off", "/etc/fstab", "-swap")), Map.of("swap", "off", "report",
                        "device\tsize\n/dev/sda2\t2 GB"), true, Optional.of(new Artefact(5, "0".repeat(64))), duration, Optional.empty()),
                new StepStarted(Attempt.of("h1", "facts", 1), Optional.empty()),
                new StepRetried(Attempt.of("h1", "facts", 1), "said", failure, Optional.of(Duration.ofMillis(100)), duration),
                new StepEnded(Attempt.of("h2", "facts", 1), "said", StepState.OK, List.of(), List.of(), Map.of("kubernetes", "kubelet.conf",
                        "kubeletVersion", "1.20.2", "apiServerVersion", "1.20.2", "certificate", "1800000000 /etc/kubernetes/pki/x.crt"),
                        false, Optional.empty(), duration, Optional.empty()),
                new StepStarted(Attempt.of("h1", "images-pull", 1), Optional.empty()),
                StepEnded.failed(Attempt.of("h1", "images-pull", 1), "said", failure, duration),
                new HostRolledBack(Optional.of("h1"), "said"),
                new Note(Optional.of("h1"), "said"),
                new RequestedByFile("spec.yaml", "said"),
                new RunResumed("apply", "said", Optional.of("bob")),
                new CancelRequested("said", Optional.of("bob")),
                new GivenUp("said"))) {
            journal.append("told", what);
        }
        client.get("/api/v1/runs/told");
        journal.end("told", new RunEnded(RunState.FAILED, "said", Optional.of("data/told/kubeconfig"),
                List.of(new Finding(List.of("h1"), "no swap", "None.")), Map.of("h1", "a repository"), Optional.empty()));
    }
}
