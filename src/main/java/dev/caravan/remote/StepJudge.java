package dev.caravan.remote;

import dev.caravan.artefacts.Artefact;
import dev.caravan.ssh.SshException;
import dev.caravan.ssh.SshResult;
import dev.caravan.step.FailureRules;
import dev.caravan.step.StepFailure;
import dev.caravan.step.StepResult;
import dev.caravan.tables.EngineFailures;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletionException;

/** Makes of what came back from a host a result or a failure, with what to do about it. Thread-safe. */
final class StepJudge {
    /** Of a step's result, in bytes. */
    static final int LARGEST_RESULT = 4 << 20;
    private static final String OUTPUT_LIMIT = "output-limit";

    private final FailureRules rules;
    private final EngineFailures own;

    /** @param own what the engine itself may find wrong */
    StepJudge(FailureRules rules, EngineFailures own) {
        this.rules = rules;
        this.own = own;
    }

    /** What the host reported. @throws CompletionException with a {@link StepFailure}, if it sent no report */
    Report read(StepCall call, DetachedStep detached, SshResult result) {
        return Report.parse(result.stderr()).orElseThrow(() -> {
            String said = new String(result.stderr(), StandardCharsets.UTF_8).strip();
            boolean cut = said.contains(Launcher.RESULT_MARK) || said.isEmpty();
            if (cut) {
                detached.mayRun().set(true);
            }
            return new CompletionException(cut
                    ? own(call, StepFailure.CONNECTION,
                            "the connection to " + call.at().name() + " ended before the step's result had arrived", List.of())
                    : own(call, "launch", "the step could not be started: " + call.run().redact(lastLine(said)),
                            said.lines().map(call.run()::redact).toList()));
        });
    }

    /** @throws CompletionException with a {@link StepFailure}, if the step failed */
    StepResult judge(StepCall call, StepLog log, Report report, Optional<Artefact> artefact) {
        report.secrets().values().forEach(call.run()::keepSecret);
        if (report.succeeded()) {
            return report.toResult(call.step(), call.host().name(), artefact);
        }
        throw new CompletionException(failure(call, log.lastLines(8), log, report));
    }

    private StepFailure failure(StepCall call, List<String> lastWords, StepLog log, Report report) {
        if (report.isLost()) {
            return own(call, "interrupted", "the step ended without a result: was the host rebooted, or the step killed?", lastWords);
        }
        if (report.exitStatus().isEmpty()) {
            return own(call, "result", "the host sent no exit status of the step", lastWords);
        }
        FailureRules.Verdict verdict = verdict(report, log);
        String problem = report.problem().orElseGet(() -> lastWords.isEmpty()
                ? "exit status " + report.status()
                : lastWords.get(lastWords.size() - 1));
        return call.failure(verdict.kind(), verdict.isTransient(), problem, remedy(report, verdict), lastWords, null);
    }

    /* By the most particular words there are: an earlier error of the same log, from which the script recovered, decides nothing. */
    private FailureRules.Verdict verdict(Report report, StepLog log) {
        String words = report.words().or(report::problem).orElseGet(() -> String.join("\n", log.lastLines(30)));
        return rules.judge(report.exitStatus().getAsInt(), words);
    }

    /* A rule that knows a command's words knows more than the script that ran it; what the script judged itself, it knows best. */
    private static String remedy(Report report, FailureRules.Verdict verdict) {
        String ofScript = report.remedy().orElse("");
        boolean ofRule = !verdict.remedy().isEmpty() && (report.words().isPresent() || ofScript.isEmpty());
        return ofRule ? verdict.remedy() : ofScript;
    }

    /** Why a step must be stopped on its host: it takes too long, or sends too much. Empty for other failures. */
    Optional<StepFailure> reasonToStop(StepCall call, StepLog log, Throwable failure) {
        List<String> lastWords = log.lastLines(8);
        if (failure instanceof StepLog.TooMuch tooMuch) {
            return Optional.of(own(call, OUTPUT_LIMIT, tooMuch.getMessage() + "; stopped", lastWords));
        }
        if (!(failure instanceof SshException ssh)) {
            return Optional.empty();
        }
        return switch (ssh.kind()) {
            case TIMEOUT -> Optional.of(own(call, "timeout",
                    "not done after " + call.order().timeout().toSeconds() + " s, stopped", lastWords));
            case OUTPUT_LIMIT -> Optional.of(own(call, OUTPUT_LIMIT,
                    "its result is larger than " + (LARGEST_RESULT >> 20) + " MiB; stopped", lastWords));
            default -> Optional.empty();
        };
    }

    /** What kept an order from its host, as a failure of the step; any other failure as it is. */
    Throwable unreached(StepCall call, DetachedStep detached, Throwable failure) {
        if (failure instanceof SshException ssh) {
            return connection(call, detached, ssh);
        }
        return failure instanceof HostAccess.NoRunner none
                ? call.failure(StepFailure.NO_RUNNER, own.of(StepFailure.NO_RUNNER).isTransient(), none.getMessage(), none.remedy(),
                        List.of(), none) : failure;
    }

    /** A failure of SSH as one of the step. Its detached step stays known if the host may have begun it. */
    private StepFailure connection(StepCall call, DetachedStep detached, SshException problem) {
        if (problem.kind() == SshException.Kind.CONNECTION_LOST) {
            detached.mayRun().set(true);
        }
        String kind = switch (problem.kind()) {
            case CONNECTION_LOST -> StepFailure.CONNECTION;
            case UNREACHABLE, REFUSED -> StepFailure.UNREACHABLE;
            default -> problem.kind().name().toLowerCase(Locale.ROOT).replace('_', '-');
        };
        boolean mayRun = kind.equals(StepFailure.UNREACHABLE) && detached.mayRun().get();
        return call.failure(kind, own.of(kind).isTransient(), problem.problem(), own.of(mayRun ? StepFailure.CONNECTION : kind).remedy(),
                List.of(), problem);
    }

    private StepFailure own(StepCall call, String kind, String problem, List<String> lastWords) {
        return call.failure(kind, own.of(kind).isTransient(), problem, own.of(kind).remedy(), lastWords, null);
    }

    /** There is no such script. */
    StepFailure noScript(StepCall call, String name) {
        return own(call, "script", "there is no script " + name, List.of());
    }

    /** What a stage failed with, as a failure of the step. */
    StepFailure known(StepCall call, Throwable failure) {
        return SshException.beneath(failure) instanceof StepFailure known ? known : call.failure("engine", own.of("engine").isTransient(),
                "the engine failed: " + SshException.beneath(failure), own.of("engine").remedy(), List.of(), SshException.beneath(failure));
    }

    private static String lastLine(String text) {
        return text.substring(text.lastIndexOf('\n') + 1);
    }
}
