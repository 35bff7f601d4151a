package dev.caravan.history;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.caravan.artefacts.Artefact;
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
import dev.caravan.history.Occurrence.Unknown;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** Occurrences of every kind, with any content. */
public final class Occurrences {
    private Occurrences() {}

    public static Arbitrary<Occurrence> any() {
        return Arbitraries.oneOf(runs(), steps(), notes());
    }

    /** Any text, as programs on hosts print it. */
    public static Arbitrary<String> texts() {
        return Arbitraries.strings().ofMaxLength(20);
    }

    private static Arbitrary<String> names() {
        return Arbitraries.strings().alpha().ofMinLength(1).ofMaxLength(6);
    }

    /** The same run, of an action that shows that. */
    public static RunQueued showing(Shows what, RunQueued run) {
        return new RunQueued(run.action(), run.cluster(), run.hosts(), run.rehearsal(), run.changesHosts(), run.plan(), run.version(),
                run.rollsBack(), run.outcome(), run.parameters(), run.limited(), run.undoes(), what, run.by());
    }

    private static Arbitrary<Occurrence> runs() {
        Arbitrary<RunHost> hosts = Combinators.combine(names(), texts(), names().list().ofMaxSize(2)).as(RunHost::new);
        Arbitrary<Finding> findings = Combinators.combine(names().list().ofMaxSize(2), texts(), texts()).as(Finding::new);
        return Arbitraries.oneOf(
                Combinators.combine(names(), names(), hosts.list().ofMaxSize(3), flags(), names().list().ofMaxSize(2), texts(),
                        textsByName(), Combinators.combine(flags(), flags(), texts().optional(),
                        Arbitraries.of(Undoes.values()), Arbitraries.of(Shows.values()), names().optional()).as(Kind::new))
                        .as((action, cluster, all, rehearsal, rollsBack, outcome, parameters, kind) -> new RunQueued(action, cluster, all,
                                rehearsal, kind.changesHosts(), kind.plan(), kind.version(), rollsBack, outcome, parameters, false,
                                kind.undoes(), kind.shows(), kind.by())),
                Arbitraries.of(new RunStarted(), new CheckpointPassed()),
                Combinators.combine(names(), texts(), names().optional()).as(RunResumed::new),
                Combinators.combine(Arbitraries.of(Arrays.stream(RunState.values()).filter(state -> state.exitStatus().isPresent())
                        .toList()), texts(), texts().optional(), findings.list().ofMaxSize(2), textsByName(), names().optional())
                        .as(RunEnded::new));
    }

    private record Kind(boolean changesHosts, boolean plan, Optional<String> version, Undoes undoes, Shows shows,
            Optional<String> by) {}

    private static Arbitrary<Occurrence> steps() {
        return Arbitraries.oneOf(
                Combinators.combine(attempts(), Combinators.combine(names(), Arbitraries.longs().greaterOrEqual(0),
                        names().optional()).as(Detached::new)
                        .optional()).as(StepStarted::new),
                Combinators.combine(attempts(), texts()).as(StepProgress::new),
                Combinators.combine(attempts(), texts(), failures(), durations(), durations()).as(StepRetried::new),
                Combinators.combine(attempts(), texts(), failures(), durations()).as(StepEnded::failed),
                ended());
    }

    private static Arbitrary<StepEnded> ended() {
        Arbitrary<Difference> differences = Combinators.combine(texts(), texts(), texts()).as(Difference::new);
        Arbitrary<Artefact> artefacts = Combinators.combine(Arbitraries.longs().between(0, 1L << 50),
                Arbitraries.strings().withChars("0123456789abcdef").ofLength(64)).as(Artefact::new);
        return Combinators.combine(Combinators.combine(attempts(), texts()).as(StepProgress::new),
                        Arbitraries.of(StepState.OK, StepState.CHANGED, StepState.SKIPPED), texts().list().ofMaxSize(3),
                        differences.list().ofMaxSize(2), textsByName(), flags(), artefacts.optional(), durations())
                .as((said, state, changes, diffs, outputs, secrets, artefact, duration) -> new StepEnded(said.attempt(), said.message(),
                        state, changes, diffs, outputs, secrets, artefact, duration, Optional.empty()));
    }

    private static Arbitrary<Occurrence> notes() {
        return Arbitraries.oneOf(
                Combinators.combine(names(), texts()).as(RequestedByFile::new),
                Combinators.combine(texts(), names().optional()).as(CancelRequested::new),
                texts().map(GivenUp::new),
                Combinators.combine(names().optional(), texts(), Arbitraries.integers().between(1, 99).optional()).as(
                        (host, message, slots) -> new HostWaiting(host, message,
                                slots.map(OptionalInt::of).orElse(OptionalInt.empty()))),
                Combinators.combine(names().optional(), texts()).as(HostRolledBack::new),
                Combinators.combine(names().optional(), names().optional(), texts()).as(Occurrences::unknown),
                Combinators.combine(names().optional(), texts()).as(Note::new));
    }

    private static Occurrence unknown(Optional<String> host, Optional<String> step, String message) {
        return new Unknown(new EventRow("of-a-newer-version", host, step, 0, message,
                JsonNodeFactory.instance.objectNode().put("member", 1)));
    }

    private static Arbitrary<Attempt> attempts() {
        return Combinators.combine(names().optional(), names(), Arbitraries.integers().between(1, 9)).as(Attempt::new);
    }

    private static Arbitrary<Failure> failures() {
        return Combinators.combine(names(), texts(), texts().list().ofMaxSize(3)).as(Failure::new);
    }

    private static Arbitrary<Optional<Duration>> durations() {
        return Arbitraries.longs().between(0, 1L << 40).map(Duration::ofMillis).optional();
    }

    private static Arbitrary<Map<String, String>> textsByName() {
        return Arbitraries.maps(names(), texts()).ofMaxSize(3);
    }

    private static Arbitrary<Boolean> flags() {
        return Arbitraries.of(true, false);
    }

    /** One of each kind, with that text wherever a host or a user may have written it. */
    static List<Occurrence> holding(String text) {
        Attempt attempt = Attempt.of("h1", "os-prepare", 1);
        Failure failure = new Failure("package-lock", text, List.of(text));
        Optional<Duration> duration = Optional.of(Duration.ofSeconds(2));
        return List.of(
                new RunQueued("apply", "demo", List.of(new RunHost("h1", "192.0.2.1", List.of("worker"))), false, true, false,
                        Optional.of("1.37.2"), List.of("7f3a"), text, Map.of("run", text), false),
                new RunStarted(),
                new CheckpointPassed(),
                new RunResumed("apply", text, Optional.empty()),
                new RequestedByFile("41-7", text),
                new CancelRequested(text, Optional.empty()),
                new GivenUp(text),
                new HostWaiting(Optional.of("h1"), text, OptionalInt.of(50)),
                new StepStarted(attempt, Optional.of(new Detached("7f3a-1", 12, Optional.of("h2")))),
                new StepProgress(attempt, text),
                new StepRetried(attempt, text, failure, duration, duration),
                new StepEnded(attempt, text, StepState.CHANGED, List.of(text), List.of(new Difference(text, text, text)),
                        Map.of("version", text), true, Optional.of(new Artefact(7, "ab".repeat(32))), duration, Optional.empty()),
                StepEnded.failed(attempt, text, failure, duration),
                new HostRolledBack(Optional.of("h1"), text),
                new Note(Optional.of("h1"), text),
                unknown(Optional.of("h1"), Optional.of("drain"), text),
                new RunEnded(RunState.FAILED, text, Optional.of("/srv/" + text), List.of(new Finding(List.of("h1"), text, text)),
                        Map.of("h1", text), Optional.of("apply")));
    }
}
