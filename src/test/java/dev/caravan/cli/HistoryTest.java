package dev.caravan.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.caravan.history.Attempt;
import dev.caravan.history.Detached;
import dev.caravan.history.Failure;
import dev.caravan.history.Occurrence.HostWaiting;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.Occurrence.RunQueued;
import dev.caravan.history.Occurrence.RunStarted;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.Occurrence.StepProgress;
import dev.caravan.history.Occurrence.StepStarted;
import dev.caravan.history.RunHost;
import dev.caravan.history.RunState;
import dev.caravan.history.StepState;
import dev.caravan.journal.Journal;
import dev.caravan.journal.RunRecord;
import dev.caravan.run.StepRecorder;
import dev.caravan.spec.Secret;
import dev.caravan.testkit.Serving;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code runs}, {@code status} and {@code logs}, beside an engine that serves: through its journal, and over HTTP. */
class HistoryTest {
    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir
    static Path directory;

    private static Serving serving;
    private static Path token;
    private static int specs;

    @RegisterExtension
    final Console console = new Console();

    @BeforeAll
    static void serve() throws Exception {
        serving = Serving.start(directory, Optional.of(new Secret("right")));
        token = Files.writeString(directory.resolve("token"), "right\n");
    }

    @AfterAll
    static void stop() {
        serving.close();
    }

    /** A run under way, with a step under way on h1 that has printed a line. */
    private String begin() throws Exception {
        int number = ++specs;
        Path inbox = serving.inbox();
        Path written = Files.writeString(directory.resolve("spec" + number), Serving.spec("c" + number, "192.0.2." + number));
        Files.move(written, inbox.resolve("spec" + number + ".yaml"));
        String id = await().atMost(LONG).until(() -> serving.engine().runs().underWay().stream()
                        .filter(run -> run.cluster().name().equals("c" + number)).findFirst(),
                Optional::isPresent).orElseThrow().id();
        await().atMost(LONG).until(() -> serving.engine().journal().events(id, 0).stream()
                .anyMatch(event -> event.occurrence() instanceof HostWaiting));
        serving.underWay(id).record(
                new StepStarted(Attempt.of("h1", "kube-install", 1), Optional.of(new Detached("x1", 0, Optional.empty()))));
        print(id, "first line\n");
        return id;
    }

    private static void print(String id, String text) throws Exception {
        Path log = Files.createDirectories(serving.data().resolve("logs").resolve(id).resolve("h1")).resolve("kube-install.log");
        Files.writeString(log, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private static void end(String id) throws Exception {
        print(id, "last line, without an end");
        new StepRecorder(serving.underWay(id), "h1", "kube-install", 1).ended(StepState.OK, Map.of(), "");
        serving.fail(id, "as the test wants it");
        serving.ended(id);
    }

    private int caravan(String where, String... words) {
        String[] arguments = Arrays.copyOf(words, words.length + 4);
        String[] options = where.equals("server")
                ? new String[] {"--server", serving.uri("").toString(), "--token-file", token.toString()}
                : new String[] {"--data", serving.data().toString(), "--output", "plain"};
        System.arraycopy(options, 0, arguments, words.length, options.length);
        return CaravanCommand.execute(arguments);
    }

    @ParameterizedTest
    @ValueSource(strings = {"journal", "server"})
    void aRunIsListedShownAndFoundByTheBeginningOfItsId(String where) throws Exception {
        String id = begin();
        assertThat(caravan(where, "runs")).isZero();
        assertThat(console.out()).contains(id);
        assertThat(caravan(where, "status", id.substring(0, 7))).isZero();
        assertThat(console.out()).contains("apply c" + specs + ", run " + id).contains("1 host, waiting for the test");
        end(id);
        console.forget();
        assertThat(caravan(where, "status", id)).isZero();
        assertThat(console.out()).contains("as the test wants it");
        assertThat(caravan(where, "logs", id, "--step", "kube-install")).isZero();
        assertThat(console.out()).contains("h1  kube-install  first line\n").endsWith("h1  kube-install  last line, without an end\n");
    }

    @Test
    void aLongRunThatHasEndedIsShownByWhatFailedAndHowItEnded() {
        Journal journal = serving.engine().journal();
        journal.begin(new RunRecord("long", "long", "apply", "command", false, "{}", "", RunState.QUEUED, Instant.now(),
                Optional.empty()));
        journal.append("long", new RunQueued("apply", "long", List.of(new RunHost("h1", "192.0.2.1", List.of("worker"))), false, true,
                false, Optional.empty(), List.of(), "", Map.of(), false));
        journal.append("long", new RunStarted());
        journal.append("long", new StepStarted(Attempt.of("h1", "facts", 1), Optional.empty()));
        for (int number = 0; number < 20_000; number++) {
            journal.append("long", new StepProgress(Attempt.of("h1", "facts", 1), "at " + number));
        }
        journal.append("long", StepEnded.failed(Attempt.of("h1", "facts", 1), "no room", new Failure("disk-full", "Make room.", List.of()),
                Optional.empty()));
        journal.end("long", RunEnded.of(RunState.FAILED, "failed: facts on h1: no room"));
        assertThat(CaravanCommand.execute("status", "long", "--data", serving.data().toString())).isZero();
        assertThat(console.out()).contains("apply long, run long, 1 host", "no room", "Make room.", "the hosts are left as they are",
                "its 20005 events: caravan status long", "--output plain")
                .doesNotContain("working");
        assertThat(console.out().lines().count()).isLessThan(20);
        console.forget();
        assertThat(caravan("journal", "status", "long")).isZero();
        assertThat(console.out()).contains("facts").doesNotContain("its 20005 events");
    }

    @ParameterizedTest
    @ValueSource(strings = {"journal", "server"})
    void logsFollowARunAsItContinuesAndEndWithItsExitStatus(String where) throws Exception {
        String id = begin();
        CompletableFuture<Integer> following =
                CompletableFuture.supplyAsync(() -> caravan(where, "logs", id, "--follow", "--host", "h1", "--step", "kube-install"));
        await().atMost(LONG).until(() -> console.out().equals("first line\n"));
        print(id, "second line\nthird, not yet");
        await().atMost(LONG).until(() -> console.out().equals("first line\nsecond line\n"));
        print(id, " whole\n");
        end(id);
        assertThat(following.get(60, TimeUnit.SECONDS)).isEqualTo(5);
        assertThat(console.out()).isEqualTo("first line\nsecond line\nthird, not yet whole\nlast line, without an end\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"journal", "server"})
    void statusFollowsARunToItsEnd(String where) throws Exception {
        String id = begin();
        CompletableFuture<Integer> following = CompletableFuture.supplyAsync(() -> caravan(where, "status", id, "--follow"));
        await().atMost(LONG).until(() -> console.out().contains(id));
        end(id);
        assertThat(following.get(60, TimeUnit.SECONDS)).isEqualTo(5);
        assertThat(console.out()).contains("as the test wants it");
    }

    @ParameterizedTest
    @ValueSource(strings = {"journal", "server"})
    void clustersAreListedAndTheirKubeconfigsPrinted(String where) throws Exception {
        end(begin());
        String cluster = "c" + specs;
        assertThat(caravan(where, "clusters")).isZero();
        assertThat(console.out().lines().filter(line -> line.startsWith(cluster + " "))).singleElement().asString()
                .endsWith("apply failed");
        Path kubeconfig = Files.createDirectories(serving.data().resolve("clusters").resolve(cluster)).resolve("kubeconfig");
        Files.writeString(kubeconfig, "kind: Config\n");
        console.forget();
        assertThat(caravan(where, "kubeconfig", cluster)).isZero();
        assertThat(console.out()).isEqualTo("kind: Config\n");
        assertThat(caravan(where, "kubeconfig", "nosuch")).isEqualTo(2);
        assertThat(caravan(where, "kubeconfig", "../x")).isEqualTo(2);
        assertThat(console.err()).contains("has no kubeconfig of a cluster nosuch; caravan clusters --")
                .contains("has no kubeconfig of a cluster ../x");
    }

    @Test
    void whatCannotBeIsReportedInASentence() throws Exception {
        assertThat(CaravanCommand.execute("runs", "--server", serving.uri("").toString())).isEqualTo(2);
        assertThat(CaravanCommand.execute("runs", "--server", "http://127.0.0.1:1")).isEqualTo(2);
        assertThat(CaravanCommand.execute("runs", "--server", "localhost:8080")).isEqualTo(2);
        assertThat(CaravanCommand.execute("runs", "--server", serving.uri("").toString().replace("http:", "https:"))).isEqualTo(2);
        assertThat(caravan("server", "status", "nosuch")).isEqualTo(2);
        assertThat(caravan("journal", "logs", "../../etc")).isEqualTo(2);
        String recorder = console.err();
        assertThat(recorder).contains("asks for a token").contains("no server answers at http://127.0.0.1:1")
                .contains("it is such as http://127.0.0.1:8080")
                .contains("it does not speak TLS there: is it http:// and not https://?")
                .contains(serving.uri("") + " has no run nosuch").contains("has no run ../../etc").doesNotContain("Exception")
                .doesNotContain("right");
    }

    @Test
    void anIdThatIsCutTooShortNamesTheRunsThatItMayBe() throws Exception {
        String id = begin();
        end(id);
        RunRecord run = serving.engine().journal().run(id).orElseThrow();
        assertThatThrownBy(() -> History.Prefix.only(id.substring(0, 1), List.of(run, run), "the journal", "caravan runs lists"))
                .isInstanceOf(UserError.class).hasMessageContaining(id).hasMessageContaining("give more of the id");
    }
}
