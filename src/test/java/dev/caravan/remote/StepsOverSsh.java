package dev.caravan.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.journal.Journal;
import dev.caravan.journal.MemoryJournal;
import dev.caravan.routes.RouteFiles;
import dev.caravan.run.HostSlots;
import dev.caravan.run.Run;
import dev.caravan.run.TestRuns;
import dev.caravan.spec.Host;
import dev.caravan.ssh.SshException;
import dev.caravan.ssh.SshSessions;
import dev.caravan.ssh.SshTarget;
import dev.caravan.step.FailureRules;
import dev.caravan.step.StepResult;
import dev.caravan.testkit.TestClusters;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Steps end to end: the real runner and SSH, an SSH server in this process, and real shells that run real scripts. */
abstract class StepsOverSsh {
    static final Duration LONG = Duration.ofMinutes(2);

    @TempDir
    Path directory;

    @RegisterExtension
    final ShellHosts hosts = ShellHosts.forTest();

    final MemoryJournal journal = new MemoryJournal();
    private final ExecutorService executor = Executors.newFixedThreadPool(4);
    final SshSessions sessions = new SshSessions();
    Run run;

    @BeforeEach
    void scripts() throws IOException {
        Files.createDirectories(directory.resolve("routes/scripts"));
    }

    @AfterEach
    void stop() {
        sessions.close();
        executor.shutdownNow();
    }

    void start(int count) throws Exception {
        hosts.start(count, directory.resolve("hosts"));
        run = apply(journal);
    }

    /** A run on all hosts that were started. */
    Run apply(Journal in) {
        return TestRuns.apply(TestClusters.of("demo", 1, hosts.count() - 1, ShellHosts.ADDRESSES, hosts.port(), ""), in);
    }

    StepRunner runner(int hostsAtATime) throws IOException {
        return new StepRunner(new DirectAccess(sessions, SshTarget::of), RouteFiles.with(directory.resolve("routes")),
                FailureRules.read("[]"),
                (any, host) -> Map.of("NODE_NAME", host.name(), "TEST", directory.toString()), new HostSlots(hostsAtATime),
                directory, executor);
    }

    void script(String step, String text) throws IOException {
        Files.writeString(directory.resolve("routes/scripts/" + step + ".sh"), text);
    }

    Host host(int number) {
        return run.cluster().hosts().get(number - 1);
    }

    StepCall order(int host, String step, Duration timeout, String stdin) {
        return new StepCall(run, new StepOrder(run.id(), host(host), host(host), step, step + ".sh", timeout, false, false,
                false, false, Map.of(), stdin.getBytes(StandardCharsets.UTF_8), StepOrder.Files.NONE));
    }

    StepCall order(int host, String step) {
        return order(host, step, LONG, "");
    }

    static StepResult get(CompletionStage<StepResult> result) throws Exception {
        return result.toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    static <T extends Throwable> T failure(CompletionStage<StepResult> result, Class<T> type) {
        try {
            throw new AssertionError("it did not fail: " + get(result));
        } catch (ExecutionException e) {
            assertThat(SshException.beneath(e.getCause())).isInstanceOf(type);
            return type.cast(SshException.beneath(e.getCause()));
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    String file(String name) throws IOException {
        return Files.readString(directory.resolve(name));
    }

    void awaitFile(String name) {
        await().atMost(Duration.ofSeconds(30)).until(() -> Files.exists(directory.resolve(name)));
    }

    void release(String name) throws IOException {
        Files.createFile(directory.resolve(name));
    }

    static String waitFor(String name) {
        return "until [ -e \"$TEST/" + name + "\" ]; do sleep 0.02; done\n";
    }
}
