package dev.caravan.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

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
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a host makes of the launcher's requests: to start a step, to stop it, and to clear what it left. */
class LauncherTest extends LauncherOnThisMachine {
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
    void continuesFromTheKnownByte() throws Exception {
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
}
