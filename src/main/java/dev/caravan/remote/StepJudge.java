package dev.caravan.remote;

import dev.caravan.artefacts.Artefact;
import dev.caravan.ssh.SshException;
import dev.caravan.ssh.SshResult;
import dev.caravan.step.FailureRules;
import dev.caravan.step.StepFailure;
import dev.caravan.step.StepResult;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletionException;

/** Makes of what came back from a host a result or a failure, with what to do about it. Thread-safe. */
final class StepJudge {
    /** Of a step's result, in bytes. */
    static final int LARGEST_RESULT = 4 << 20;
    private static final String WHEN_OUT_OF_REACH = "The step may still run on its host, where it is found by its id. "
            + "If this lasts, check the host and its network, then run the same command again.";
    private static final String WHEN_NEVER_REACHED = "This step started nothing on the host. Check the host, its address and its network, "
            + "then run the same command again.";
    private static final String OUTPUT_LIMIT = "output-limit";

    private final FailureRules rules;

    StepJudge(FailureRules rules) {
        this.rules = rules;
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
                    ? call.failure(StepFailure.CONNECTION, true,
                            "the connection to " + call.at().name() + " ended before the step's result had arrived", WHEN_OUT_OF_REACH)
                    : call.failure("launch", false, "the step could not be started: " + call.run().redact(lastLine(said)),
                            "The account needs /bin/sh, tar and setsid, room under /run, and sudo where it is not root.",
                            said.lines().map(call.run()::redact).toList(), null));
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
            return call.failure("interrupted", true, "the step ended without a result: was the host rebooted, or the step killed?",
                    "It starts again. If that happens again, find out on the host what ends it: its memory, another administrator.",
                    lastWords, null);
        }
        if (report.exitStatus().isEmpty()) {
            return call.failure("result", false, "the host sent no exit status of the step",
                    "Look at the step's log. If another program writes into /run/caravan on the host, stop it.", lastWords, null);
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
            return Optional.of(call.failure(OUTPUT_LIMIT, false, tooMuch.getMessage() + "; stopped",
                    "Look at the step's log for what prints so much.", lastWords, null));
        }
        if (!(failure instanceof SshException ssh)) {
            return Optional.empty();
        }
        return switch (ssh.kind()) {
            case TIMEOUT -> Optional.of(call.failure("timeout", false,
                    "not done after " + call.order().timeout().toSeconds() + " s, stopped",
                    "Look at the step's log for what it was waiting for. The time limit is in the step's route.", lastWords, null));
            case OUTPUT_LIMIT -> Optional.of(call.failure(OUTPUT_LIMIT, false,
                    "its result is larger than " + (LARGEST_RESULT >> 20) + " MiB; stopped",
                    "Look at what its script reports, and at what the account's shell prints when it starts.", lastWords, null));
            default -> Optional.empty();
        };
    }

    /** A failure of SSH as one of the step. Its detached step stays known if the host may have begun it. */
    StepFailure connection(StepCall call, DetachedStep detached, SshException problem) {
        if (problem.kind() == SshException.Kind.CONNECTION_LOST) {
            detached.mayRun().set(true);
        }
        String remedy = !problem.isTransient() ? "" : detached.mayRun().get() ? WHEN_OUT_OF_REACH : WHEN_NEVER_REACHED;
        String kind = switch (problem.kind()) {
            case CONNECTION_LOST -> StepFailure.CONNECTION;
            case UNREACHABLE, REFUSED -> StepFailure.UNREACHABLE;
            default -> problem.kind().name().toLowerCase(Locale.ROOT).replace('_', '-');
        };
        return call.failure(kind, problem.isTransient(), problem.problem(), remedy, List.of(), problem);
    }

    /** What a stage failed with, as a failure of the step. */
    StepFailure known(StepCall call, Throwable failure) {
        return cause(failure) instanceof StepFailure known ? known : call.failure("engine", false,
                "the engine failed: " + cause(failure), "This is a fault of Caravan or of its journal's disk.", List.of(), cause(failure));
    }

    private static String lastLine(String text) {
        return text.substring(text.lastIndexOf('\n') + 1);
    }

    /** The failure itself, without the wrapping of a completion stage. */
    static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }
}
