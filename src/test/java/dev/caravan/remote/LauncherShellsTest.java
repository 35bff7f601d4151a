package dev.caravan.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.caravan.Programs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The launcher's requests on hosts with one shell or another, and with few programs. */
class LauncherShellsTest extends LauncherOnThisMachine {
    /** What a step costs its host beside its script, most of it for starting programs. */
    @Test
    void aStepStartsNoProgramThatItCanDoWithout() throws IOException {
        Path bin = Files.createDirectories(directory.resolve("bin"));
        Path started = directory.resolve("started");
        for (String tool : List.of("sh", "mkdir", "rm", "cat", "mv", "tail", "sleep", "tar", "setsid", "basename", "dirname", "stat")) {
            Programs.script(bin.resolve(tool),
                    "echo " + tool + " >> '" + started + "'; exec " + Programs.find(tool).orElseThrow() + " \"$@\"");
        }
        host = new LocalHost(directory, Map.of("PATH", bin.toString()));
        host.launch(request("7f3a-1", ":\n", 0, List.of(), ""));
        Files.delete(started);

        LocalHost.Said said = host.launch(request("7f3a-2", "echo done\n", 0, List.of("7f3a-1"), "in"));

        assertThat(said.log()).isEqualTo("done\n");
        assertThat(Files.readAllLines(started)).containsExactlyInAnyOrder("tar", "setsid", "sh", "rm", "sh", "tail");
    }

    /** The shell that /bin/sh is on one system or another; a busybox takes its own tail, which cannot follow a process. */
    @ParameterizedTest
    @ValueSource(strings = {"dash", "bash --posix", "bash", "busybox sh"})
    void everyShellRunsAStepOnceAndFollowsIt(String shell) throws Exception {
        String[] words = shell.split(" ");
        assumeTrue(Programs.find(words[0]).isPresent(), () -> words[0] + " is not installed");
        Path bin = Files.createDirectories(directory.resolve("bin"));
        String program = Programs.find(words[0]).orElseThrow() + shell.substring(words[0].length());
        Programs.script(bin.resolve("sh"), "exec " + program + " \"$@\"");
        if (words[0].equals("busybox")) {
            for (String tool : List.of("tail", "tar", "setsid", "rm", "cat", "sleep", "mkdir")) {
                Programs.script(bin.resolve(tool), "exec " + Programs.find(words[0]).orElseThrow() + " " + tool + " \"$@\"");
            }
        }
        host = new LocalHost(directory, Map.of("PATH", bin + ":" + System.getenv("PATH")));
        String launch = Launcher.Privilege.ROOT.launch().replaceFirst("/bin/sh", bin.resolve("sh").toString());
        String script = waitingScript() + "cat; printf 'change\\tturned it\\n' >> \"$CARAVAN_RESULT\"; exit 3\n";

        CompletableFuture<LocalHost.Said> first = CompletableFuture.supplyAsync(() ->
                host.execute(launch, Launcher.toLaunch(request(ID, script, 0, List.of(), "in\n"), Optional.empty())));
        awaitLog("first");
        CompletableFuture<LocalHost.Said> second = CompletableFuture.supplyAsync(() ->
                host.execute(launch, Launcher.toLaunch(request(ID, script, "first\n".length(), List.of(), "in\n"), Optional.empty())));
        release();

        assertThat(get(first).log()).isEqualTo("first\nsecond\nin\n");
        assertThat(get(second).log()).isEqualTo("second\nin\n");
        for (CompletableFuture<LocalHost.Said> each : List.of(first, second)) {
            assertThat(get(each).report().exitStatus()).hasValue(3);
            assertThat(get(each).report().changes()).containsExactly("turned it");
        }
        assertThat(directory.resolve("runs")).hasContent("one");
        LocalHost.Said next = host.execute(launch, Launcher.toLaunch(request("7f3a-2", ":\n", 0, List.of(ID), ""), Optional.empty()));
        assertThat(next.report().status()).isEqualTo("0");
        assertThat(host.directory(ID)).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"tar", "setsid"})
    void saysWhatAHostLacks(String missing) throws IOException {
        Path bin = Files.createDirectories(directory.resolve("bin"));
        for (String tool : List.of("sh", "mkdir", "rm", "cat", "mv", "tail", "sleep", "tar", "setsid")) {
            if (!tool.equals(missing)) {
                Programs.script(bin.resolve(tool), "exec " + Programs.find(tool).orElseThrow() + " \"$@\"");
            }
        }
        LocalHost.Said said = new LocalHost(directory, Map.of("PATH", bin.toString())).launch(request(waitingScript()));

        assertThat(said.status()).isEqualTo(70);
        assertThat(new String(said.stderr(), StandardCharsets.UTF_8)).isEqualTo(missing + ": not found\n");
        assertThat(host.base()).doesNotExist();
    }

    @Test
    void whatALoginShellPrintsFirstIsNotTakenForLogOrResult() throws IOException {
        String command = Launcher.Privilege.ROOT.launch();
        LocalHost.Said said = host.execute("printf 'Welcome'; printf 'mind the step' >&2; " + command,
                Launcher.toLaunch(request("echo log\n"), Optional.empty()));

        StepLog log = new StepLog(directory.resolve("step.log"), text -> text, line -> { });
        log.attach(what -> { });
        log.accept(said.stdout().getBytes(StandardCharsets.UTF_8));
        assertThat(log.lastLines(9)).containsExactly("log");
        assertThat(said.report().succeeded()).isTrue();
    }
}
