package dev.caravan.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.history.Occurrence.StepProgress;
import dev.caravan.history.StepState;
import dev.caravan.journal.Journal;
import dev.caravan.ssh.SshException;
import dev.caravan.step.StepFailure;
import dev.caravan.step.StepResult;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Hosts that send more than a step may, through real shells and real SSH: the step fails, and its neighbour notices nothing. */
class BoundsTest extends StepsOverSsh {
    @BeforeEach
    void start() throws Exception {
        start(2);
    }

    private CompletableFuture<StepResult> run(int number, String text) throws IOException {
        String step = "step-" + number;
        script(step, text);
        return runner(5).run(order(number, step, Duration.ofMinutes(5), "")).toCompletableFuture();
    }

    private StepFailure failure(String text) throws Exception {
        CompletableFuture<StepResult> hostile = run(1, "echo $$ > \"$TEST/pid\"\n" + text);
        CompletableFuture<StepResult> neighbour = run(2, ". \"$CARAVAN_LIB/lib.sh\"\noutput seen well\n");
        assertThat(neighbour.get(2, TimeUnit.MINUTES).output("seen")).isEqualTo("well");
        try {
            throw new AssertionError("it did not fail: " + hostile.get(4, TimeUnit.MINUTES));
        } catch (ExecutionException e) {
            StepFailure failure = (StepFailure) SshException.beneath(e.getCause());
            assertThat(failure.isTransient()).isFalse();
            assertThat(failure.getHost()).isEqualTo("h1");
            return failure;
        }
    }

    private void isStopped() throws IOException {
        long pid = Long.parseLong(Files.readString(directory.resolve("pid")).strip());
        await().atMost(Duration.ofSeconds(60)).until(() -> ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false),
                alive -> !alive);
    }

    private long logged() throws IOException {
        Path log = directory.resolve("logs/7f3a/h1/step-1.log");
        return Files.exists(log) ? Files.size(log) : 0;
    }

    @Test
    void tooMuchOutputStopsTheStep() throws Exception {
        StepFailure failure = failure("yes 'the same line over and over, and over again' | head -c 100000000\nsleep 600\n");

        assertThat(failure.getKind()).isEqualTo("output-limit");
        assertThat(failure.getMessage()).isEqualTo("its log is larger than 64 MiB; stopped");
        assertThat(failure.getRemedy()).isNotEmpty();
        assertThat(logged()).isLessThanOrEqualTo(StepLog.LARGEST);
        isStopped();
    }

    @Test
    void aLineThatDoesNotEndStopsTheStep() throws Exception {
        StepFailure failure = failure("head -c 100000000 /dev/zero | tr '\\0' a\nsleep 600\n");

        assertThat(failure.getMessage()).isEqualTo("its log is larger than 64 MiB; stopped");
        assertThat(logged()).as("the line never came to its end").isLessThan(100 * 1024);
        isStopped();
    }

    @Test
    void moreThanAHostHasThatCouldBeFoundStopsTheStep() throws Exception {
        StepFailure failure = failure("""
                i=0
                while [ $i -lt 80000 ]; do i=$((i + 1)); printf 'caravan-found\\tfile\\t/etc/%s\\tabsent\\n' $i; done
                sleep 600
                """);

        assertThat(failure.getMessage()).isEqualTo("it recorded the state of more than 10000 things; stopped");
        isStopped();
    }

    @Test
    void aFileThatIsTooLargeToRecordStopsTheStep() throws Exception {
        StepFailure failure = failure("""
                printf 'caravan-found\\tfile\\t/etc/x\\t'
                head -c 20000000 /dev/zero | tr '\\0' a
                echo
                sleep 600
                """);

        assertThat(failure.getMessage()).isEqualTo("a file that it wanted to record is larger than 8 MiB in base64; stopped");
        isStopped();
    }

    @Test
    void aResultWithoutMeasureFailsTheStep() throws Exception {
        StepFailure failure = failure("yes \"change\ta line\" | head -n 2000000 >> \"$CARAVAN_RESULT\"\n");

        assertThat(failure.getKind()).isEqualTo("output-limit");
        assertThat(failure.getMessage()).isEqualTo("its result is larger than 4 MiB; stopped");
    }

    @Test
    void anExitStatusThatIsNoNumberFailsTheStep() throws Exception {
        StepFailure failure = failure("cd \"$(dirname \"$CARAVAN_RESULT\")\"; echo nonsense > exit; kill -KILL \"$(cat pid)\"\n");

        assertThat(failure.getKind()).isEqualTo("result");
        assertThat(failure.getMessage()).isEqualTo("the host sent no exit status of the step");
    }

    @Test
    void twoMillionLinesOfProgressAreAThousandEvents() throws Exception {
        StepResult result = run(1, "yes '== at work' | head -n 2000000\n").get(4, TimeUnit.MINUTES);

        assertThat(result.state()).isEqualTo(StepState.OK);
        assertThat(journal.all(StepProgress.class).size()).isBetween(1, StepLog.MOST_PROGRESS);
    }

    /** A disk that is slow, or full, must not hold up what other hosts send. */
    @Test
    void nothingIsWrittenToTheJournalOnAThreadOfTheNetwork() throws Exception {
        Set<String> writers = ConcurrentHashMap.newKeySet();
        Journal watched = (Journal) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {Journal.class},
                (proxy, method, arguments) -> {
                    if (!method.getName().equals("isOwn")) { // which reads no disk
                        writers.add(method.getName() + " on " + Thread.currentThread().getName());
                    }
                    return method.invoke(journal, arguments);
                });
        run = apply(watched);
        run(1, ". \"$CARAVAN_LIB/lib.sh\"\necho '== at work'\nfound \"file $TEST/x\"\noutput seen well\n").get(4, TimeUnit.MINUTES);

        assertThat(Thread.getAllStackTraces().keySet()).extracting(Thread::getName).anyMatch(name -> name.contains("-nio2-thread-"));
        assertThat(writers).anyMatch(write -> write.startsWith("append on ")).noneMatch(write -> write.contains("-nio2-thread-"));
    }
}
