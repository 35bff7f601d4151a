package dev.caravan.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.caravan.Programs;
import dev.caravan.spec.Secret;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the launcher says to a host, said to a real shell. */
class LauncherTest {
    private static final String ID = "7f3a-1";

    @TempDir
    private Path directory;
    private LocalHost host;

    @BeforeEach
    void boot() {
        host = new LocalHost(directory);
    }

    private static HostOrder.Launch request(String script) {
        return request(ID, script, 0, List.of(), "");
    }

    private static HostOrder.Launch request(String id, String script, long known, List<String> done, String stdin) {
        return new HostOrder.Launch(id, "greet", known, done, Map.of("CARAVAN_STEP", "greet"), script, Map.of(),
                stdin.getBytes(StandardCharsets.UTF_8), 60_000);
    }

    /** A script that writes its log's first line and goes on when the test lets it. */
    private String waitingScript() {
        return "echo one >> '" + directory.resolve("runs") + "'; echo first; until [ -e '" + directory.resolve("go")
                + "' ]; do sleep 0.02; done; echo second\n";
    }

    private void release() throws IOException {
        Files.createFile(directory.resolve("go"));
    }

    private void awaitLog(String text) {
        await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(host.directory(ID).resolve("log")).content().contains(text));
    }

    private static LocalHost.Said get(CompletableFuture<LocalHost.Said> said) throws Exception {
        return said.get(30, TimeUnit.SECONDS);
    }

    @Test
    void runsAScriptAndGivesLogResultAndStatus() {
        LocalHost.Said said = host.launch(request(ID,
                "echo \"got $(cat)\"; echo oops >&2; printf 'change\\tturned it\\n' >> \"$CARAVAN_RESULT\"; exit 3\n", 0, List.of(), "in"));

        assertThat(said.log()).isEqualTo("got in\noops\n");
        assertThat(said.report().status()).isEqualTo("3");
        assertThat(said.report().changes()).containsExactly("turned it");
    }

    @Test
    void nobodyButTheOwnerReadsTheStepsFilesAndInputAndEnvironmentAreGoneWhenItRuns() throws IOException {
        LocalHost.Said said = host.launch(request(ID, "ls \"$CARAVAN_LIB\"; umask\n", 0, List.of(), "secret"));

        assertThat(said.log().lines()).doesNotContain("stdin", "env").contains("log", "pid").last().isEqualTo("0022");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(host.directory(ID)))).isEqualTo("rwx------");
    }

    @Test
    void theSameRequestTwiceRunsTheScriptOnceAndBothGetAll() throws Exception {
        CompletableFuture<LocalHost.Said> first = host.launchAside(request(waitingScript()));
        CompletableFuture<LocalHost.Said> second = host.launchAside(request(waitingScript()));
        awaitLog("first");
        release();

        assertThat(get(first).log()).isEqualTo("first\nsecond\n");
        assertThat(get(second).log()).isEqualTo("first\nsecond\n");
        assertThat(get(second).report().status()).isEqualTo("0");
        assertThat(directory.resolve("runs")).hasContent("one");
    }

    @Test
    void askedAfterTheEndItGivesTheResultAgain() throws Exception {
        release();
        LocalHost.Said first = host.launch(request(waitingScript()));
        LocalHost.Said again = host.launch(request(waitingScript()));

        assertThat(again.log()).isEqualTo(first.log()).isEqualTo("first\nsecond\n");
        assertThat(again.report()).isEqualTo(first.report());
        assertThat(directory.resolve("runs")).hasContent("one");
    }

    @Test
    void whatAHostKnowsNothingOfAnyMoreBeginsAgainAndSaysSo() {
        LocalHost.Said said = host.launch(request(ID, "echo first; echo second\n", "first\n".length(), List.of(), ""));

        assertThat(said.stdout()).endsWith("\n" + Launcher.RESTARTED_MARK + "\nfirst\nsecond\n");
        assertThat(said.report().status()).isEqualTo("0");
    }

    @Test
    void goesOnFromTheKnownByte() throws Exception {
        CompletableFuture<LocalHost.Said> lost = host.launchAside(request(waitingScript()));
        awaitLog("first");
        CompletableFuture<LocalHost.Said> resumed = host.launchAside(request(ID, waitingScript(), "first\n".length(), List.of(), ""));
        release();

        assertThat(get(resumed).log()).isEqualTo("second\n");
        assertThat(get(resumed).report().succeeded()).isTrue();
        assertThat(get(lost).log()).isEqualTo("first\nsecond\n");
        assertThat(host.launch(request(ID, "", "first\nsecond\n".length(), List.of(), "")).log()).isEmpty();
    }

    @Test
    void aStepWhoseRunnerWasKilledIsLost() throws Exception {
        CompletableFuture<LocalHost.Said> running = host.launchAside(request(waitingScript()));
        awaitLog("first");
        ProcessHandle runner = ProcessHandle.of(Long.parseLong(Files.readString(host.directory(ID).resolve("pid")).strip())).orElseThrow();
        List<ProcessHandle> script = runner.descendants().toList();
        runner.destroyForcibly();
        script.forEach(ProcessHandle::destroyForcibly);

        assertThat(get(running).report().isLost()).isTrue();
        assertThat(get(running).log()).isEqualTo("first\n");
        assertThat(host.launch(request(waitingScript())).report().isLost()).as("nor is it started again").isTrue();
        assertThat(directory.resolve("runs")).hasContent("one");
    }

    @Test
    void stopEndsTheScriptAndWhatItStarted() throws Exception {
        String script = "sleep 1000 & echo first; wait\n";
        CompletableFuture<LocalHost.Said> running = host.launchAside(request(script));
        awaitLog("first");
        ProcessHandle runner = ProcessHandle.of(Long.parseLong(Files.readString(host.directory(ID).resolve("pid")).strip())).orElseThrow();
        List<ProcessHandle> all = runner.descendants().toList();
        assertThat(all).isNotEmpty();

        assertThat(host.stop(ID).status()).isZero();

        assertThat(get(running).report().succeeded()).isFalse();
        await().atMost(Duration.ofSeconds(30)).until(() -> !runner.isAlive() && all.stream().noneMatch(ProcessHandle::isAlive));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void stopGivesWhatTheLogHasBeyondTheKnownByte(boolean ended) throws Exception {
        String script = "echo first; printf 'caravan-found\\tfile\\t/etc/a\\tabsent\\n'; echo last; " + (ended ? ":" : "sleep 1000") + "\n";
        CompletableFuture<LocalHost.Said> running = host.launchAside(request(script));
        awaitLog("last");
        if (ended) {
            get(running);
        }

        assertThat(host.stop(ID, "first\n".length()).log()).isEqualTo("caravan-found\tfile\t/etc/a\tabsent\nlast\n");
        assertThat(host.stop(ID, 0).log()).as("once more").startsWith("first\ncaravan-found\t");
        assertThat(host.stop(ID).stdout()).isEmpty();
        assertThat(host.stop("7f3a-99", 0).stdout()).as("of a step that the host does not know").isEmpty();
    }

    @Test
    void stopLeavesAnEndedOrUnknownStepAlone() throws Exception {
        release();
        host.launch(request(waitingScript()));

        assertThat(host.stop(ID).status()).isZero();
        assertThat(host.stop("7f3a-99").status()).isZero();
        assertThat(host.launch(request(waitingScript())).report().status()).isEqualTo("0");
    }

    @Test
    void clearRemovesWhatItNamesAndTheDirectoryWithTheLastOfThem() {
        host.launch(request("7f3a-1", ":\n", 0, List.of(), ""));
        host.launch(request("7f3a-2", ":\n", 0, List.of(), ""));

        assertThat(host.clear("7f3a-1").status()).isZero();
        assertThat(host.directory("7f3a-1")).doesNotExist();
        assertThat(host.directory("7f3a-2")).exists();
        host.clear("7f3a-2");
        assertThat(host.base()).doesNotExist();
        assertThat(host.clear("7f3a-2").status()).as("once more").isZero();
    }

    @Test
    void clearReleasesTheLockOfTheRunThatEndsAndOfNoOther() throws IOException {
        Path lock = directory.resolve("var/lib/caravan/lock");
        Files.createDirectories(lock.getParent());
        Files.writeString(lock, "run 7f3a\nengine ops1, process 7\n");
        Files.writeString(lock.resolveSibling("lock.7f3a.99"), "");

        host.clear("7f3a-1");
        assertThat(lock).as("a run that is to be resumed").exists();
        host.clear(Optional.of("7f3"), "7f3-1");
        assertThat(lock).as("another run").exists();
        host.clear(Optional.of("7f3a"), "7f3a-1");
        assertThat(lock.getParent()).doesNotExist();
        assertThat(host.clear(Optional.of("7f3a"), "7f3a-1").status()).as("once more").isZero();
    }

    @Test
    void theNextRequestRemovesEarlierSteps() {
        host.launch(request("7f3a-1", ":\n", 0, List.of(), ""));
        host.launch(request("7f3a-2", ":\n", 0, List.of(), ""));
        host.launch(request("7f3a-3", ":\n", 0, List.of("7f3a-1", "7f3a-2"), ""));

        assertThat(host.base().toFile().list()).hasSize(2).allMatch(name -> name.startsWith("7f3a-3"));
    }

    @Test
    void ofTwoRequestsThatArriveAtOnceOneStartsTheStepAndNothingIsLeftOfTheOther() throws Exception {
        List<CompletableFuture<LocalHost.Said>> all = Stream.generate(() -> host.launchAside(request(waitingScript()))).limit(8).toList();
        awaitLog("first");
        release();

        for (CompletableFuture<LocalHost.Said> each : all) {
            assertThat(get(each).log()).isEqualTo("first\nsecond\n");
            assertThat(get(each).report().status()).isEqualTo("0");
        }
        assertThat(directory.resolve("runs")).hasContent("one");
        assertThat(host.base().toFile().list()).hasSize(2);
    }

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

    @Test
    void aRequestThatDidNotArriveWholeStartsNothingAndLeavesNothing() {
        byte[] whole = Launcher.toLaunch(request(waitingScript()), Optional.empty());
        int archive = new String(whole, StandardCharsets.ISO_8859_1).indexOf('\n') + 1;
        int end = whole.length - 2 * 512;
        for (int cut = 0; cut < end; cut = cut < archive ? cut + 3 : cut + 512) {
            if (cut >= archive) {
                cut -= (cut - archive) % 512;
            }
            assertThat(host.execute(Launcher.Privilege.ROOT.launch(), Arrays.copyOf(whole, cut)).status())
                    .as("cut at %d of %d", cut, whole.length).isEqualTo(70);
        }
        assertThat(directory.resolve("runs")).doesNotExist();
        assertThat(host.base()).isEmptyDirectory();
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

    @Test
    void aResultWithoutALastLineEndIsReadAllTheSame() {
        assertThat(host.launch(request("printf 'change\\tturned it' >> \"$CARAVAN_RESULT\"\n")).report().changes())
                .containsExactly("turned it");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "-x", "a b", "a/b", "../a", "a;b", "$(id)", "a'b", "a\nb", "ä"})
    void takesNothingButPlainWordsForIdsAndSteps(String word) {
        assertThatThrownBy(() -> request(word, "", 0, List.of(), "")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> request(ID, "", 0, List.of(word), "")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Launcher.toStop(word, OptionalLong.empty(), Optional.empty()))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new HostOrder.Launch(ID, word, 0, List.of(), Map.of(), "", Map.of(), new byte[0], 60_000))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void refusesWhatAnEnvironmentCannotHold() {
        assertThatThrownBy(() -> Launcher.encode(Map.of("A", "x\0y"))).hasMessageContaining("NUL").hasMessageNotContaining("x\0y");
        assertThatThrownBy(() -> Launcher.encode(Map.of("A-B", ""))).hasMessageContaining("A-B");
        assertThatThrownBy(() -> Launcher.encode(Map.of("", ""))).isInstanceOf(IllegalArgumentException.class);
    }

    // ---- sudo

    /** A sudo of that kind in front of the others: it writes down how it was called, and hands on to what it is given. */
    private LocalHost withSudo(String body) throws IOException {
        Path bin = Files.createDirectories(directory.resolve("bin"));
        Programs.script(bin.resolve("sudo"), "printf '%s\\n' \"$1\" >> '" + directory.resolve("sudo.calls") + "'\n" + body);
        return new LocalHost(directory, Map.of("PATH", bin + ":" + System.getenv("PATH")));
    }

    @Test
    void sudoWithoutAPasswordIsNeverSentOne() throws Exception {
        host = withSudo("[ \"$1\" = -n ] || exit 9; shift; exec \"$@\"\n");

        LocalHost.Said said = host.execute(Launcher.Privilege.SUDO.launch(),
                Launcher.toLaunch(request(ID, "cat\n", 0, List.of(), "in"), Optional.empty()));

        assertThat(said.log()).isEqualTo("in");
        assertThat(said.report().succeeded()).isTrue();
        assertThat(directory.resolve("sudo.calls")).hasContent("-n");
    }

    @Test
    void sudoGetsItsPasswordAsTheFirstLineAndTheStepTheRest() throws Exception {
        host = withSudo("[ \"$1 $2 $3 $4\" = '-k -S -p ' ] || exit 9; shift 4; IFS= read -r p; [ \"$p\" = 'pass word\\' ] || exit 8; "
                + "exec \"$@\"\n");
        Optional<Secret> password = Optional.of(new Secret("pass word\\"));

        LocalHost.Said said = host.execute(Launcher.Privilege.SUDO_WITH_PASSWORD.launch(),
                Launcher.toLaunch(request(ID, "cat; ps -e -o args\n", 0, List.of(), "in\n"), password));

        assertThat(said.log()).startsWith("in\n").doesNotContain("pass word");
        assertThat(said.report().succeeded()).isTrue();
        byte[] stop = Launcher.toStop(ID, OptionalLong.empty(), password);
        assertThat(host.execute(Launcher.Privilege.SUDO_WITH_PASSWORD.stop(), stop).status()).isZero();
        assertThat(host.execute(Launcher.Privilege.SUDO_WITH_PASSWORD.clear(),
                Launcher.toClear(Optional.empty(), List.of(ID), password)).status()).isZero();
        assertThat(host.base()).doesNotExist();
    }

    /** The terminal is the real script's; sudo's part is to open its controlling terminal, as requiretty has it do. */
    @Test
    void sudoThatWantsATerminalGetsOneAndTheStepItsBytes() throws Exception {
        String requiretty = "(: < /dev/tty) 2>/dev/null || { echo 'sudo: sorry, you must have a tty to run sudo' >&2; exit 1; }\n";
        host = withSudo(requiretty + "if [ \"$1\" = -n ]; then shift; [ \"$1\" != -k ] || shift; exec \"$@\"; fi\n"
                + "[ \"$1 $2 $3 $4\" = '-k -S -p ' ] || exit 9; shift 4; IFS= read -r p; [ \"$p\" = 'pass word\\' ] || exit 8; "
                + "exec \"$@\"\n");
        Optional<Secret> password = Optional.of(new Secret("pass word\\"));

        assertThat(host.execute("setsid -w " + Launcher.Privilege.SUDO.probe(), new byte[0]).status()).isEqualTo(1);
        assertThat(host.execute("setsid -w " + Launcher.Privilege.SUDO_IN_TERMINAL.probe(), new byte[0]).status()).isZero();
        String bytes = "a\rb\u0003\u0004\u001a\tc\n" + "long ".repeat(2000) + "\n";
        for (Launcher.Privilege privilege : List.of(Launcher.Privilege.SUDO_IN_TERMINAL,
                Launcher.Privilege.SUDO_WITH_PASSWORD_IN_TERMINAL)) {
            Optional<Secret> sent = privilege.takesPassword() ? password : Optional.empty();
            String id = privilege.takesPassword() ? ID + "2" : ID;

            LocalHost.Said said = host.execute("setsid -w " + privilege.launch(),
                    Launcher.toLaunch(request(id, "cat; exit 3\n", 0, List.of(), bytes), sent));

            assertThat(said.log()).isEqualTo(bytes);
            assertThat(said.report().exitStatus()).hasValue(3);
            assertThat(host.execute("setsid -w " + privilege.clear(),
                    Launcher.toClear(Optional.empty(), List.of(id), sent)).status()).isZero();
        }
        assertThat(host.base()).doesNotExist();
    }

    /** As sudo-rs 0.2.5 does: what it read beyond the password is lost. */
    @Test
    void sudoThatReadsMoreThanThePasswordGetsNoMore() throws Exception {
        host = withSudo("[ \"$1 $2 $3 $4\" = '-k -S -p ' ] || exit 9; shift 4; p=$(dd bs=8192 count=1 2>/dev/null | head -n 1); "
                + "[ \"$p\" = 'pass word\\' ] || exit 8; exec \"$@\"\n");
        Optional<Secret> password = Optional.of(new Secret("pass word\\"));
        Launcher.Privilege privilege = Launcher.Privilege.SUDO_RS_WITH_PASSWORD;
        String bytes = "a\rb\u0000" + "long ".repeat(20_000) + "\n";

        LocalHost.Said said = host.execute(privilege.launch(),
                Launcher.toLaunch(request(ID, "cat; ps -e -o args; exit 3\n", 0, List.of(), bytes), password));

        assertThat(said.log()).startsWith(bytes).doesNotContain("pass word");
        assertThat(said.report().exitStatus()).hasValue(3);
        assertThat(host.execute(privilege.clear(),
                Launcher.toClear(Optional.empty(), List.of(ID), password)).status()).isZero();
        assertThat(host.execute(privilege.probe(), "pass word\\\n".getBytes(StandardCharsets.UTF_8)).status()).isZero();
        assertThat(host.execute(privilege.probe(), "wrong\n".getBytes(StandardCharsets.UTF_8)).status()).isEqualTo(8);
        assertThat(host.execute(privilege.probe(), new byte[0]).status()).isEqualTo(1);
    }

    @Test
    void aWrongSudoPasswordStartsNothing() throws Exception {
        host = withSudo("shift 4; IFS= read -r p; echo 'sudo: 1 incorrect password attempt' >&2; exit 1\n");

        LocalHost.Said said = host.execute(Launcher.Privilege.SUDO_WITH_PASSWORD.launch(),
                Launcher.toLaunch(request(":\n"), Optional.of(new Secret("wrong"))));

        assertThat(said.status()).isEqualTo(1);
        assertThat(Report.parse(said.stderr())).isEmpty();
        assertThat(host.base()).doesNotExist();
    }
}
