package dev.caravan.runner;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.digest.Sha256;
import dev.caravan.remote.HostAccess;
import dev.caravan.remote.HostOrder;
import dev.caravan.ssh.SshResult;
import dev.caravan.testkit.Figures;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What becomes of a step in a zone where broker, runner or engine fail. */
abstract class RunnersOverABroker extends ZoneOverABroker {
    @Test
    void aStepRunsInItsZoneAndNothingSecretIsInTheClearOnTheBroker() throws Exception {
        ZonedAccess engine = engine();
        Heard heard = new Heard();
        CompletableFuture<SshResult> result = give(engine, RunnersOverABroker::slow, heard);
        assertThat(heard.waits).containsExactly("waits for a runner of zone site-a");
        runner();
        awaitBegun(heard);
        release();

        succeeded(get(result));
        assertThat(heard.log()).isEqualTo("begun " + SECRET + "\ndone\n");
        ranOnce();
        assertThat(cleared(engine).succeeded()).isTrue();
        assertThat(simulated.root().resolve("run/caravan")).doesNotExist();

        assertThat(broker.seen()).hasSizeGreaterThan(5).extracting(TestBroker.Seen::address)
                .contains("caravan.orders.site-a", "topic.caravan.events");
        String base64 = Base64.getEncoder().encodeToString(SECRET.getBytes(StandardCharsets.UTF_8)).substring(0, 20);
        assertThat(broker.seen()).allSatisfy(each -> assertThat(each.text() + each.all())
                .doesNotContain(SECRET, base64, "begun", "CARAVAN_STEP", simulated.clientKey().toString(), ID));
    }

    @Test
    void filesOfStepsGoOverTheBrokerInPieces() throws Exception {
        ZonedAccess engine = engine();
        runner();
        byte[] content = new byte[engine.largestPiece(host)];
        new Random(9).nextBytes(content);
        done(engine, new HostOrder.Piece(HostOrder.Move.WRITE, ID, 0, content.length, "-", content, 60_000));
        SshResult complete = done(engine, new HostOrder.Piece(HostOrder.Move.COMPLETE, ID, 0, 0, Sha256.hex(content), new byte[0], 60_000));
        assertThat(complete.stdoutText()).endsWith("same\n");
        byte[] read = done(engine, new HostOrder.Piece(HostOrder.Move.READ, ID, 0, content.length, "-", new byte[0], 60_000)).stdout();
        assertThat(Arrays.copyOfRange(read, read.length - content.length, read.length)).isEqualTo(content);
    }

    /* A step that prints the first five characters of its library, and how many it has. */
    private String sourced(ZonedAccess engine, String id, String library) throws Exception {
        Heard heard = new Heard();
        get(give(engine, known -> new HostOrder.Launch(id, "look", known, List.of(), Map.of("CARAVAN_STEP", "look"),
                "cut -c 1-5 \"$CARAVAN_LIB/lib.sh\"; wc -c < \"$CARAVAN_LIB/lib.sh\"\n", Map.of("lib.sh", library), new byte[0], 60_000),
                heard));
        return heard.log();
    }

    private long largeOrders() throws Exception {
        return broker.seen().stream().filter(each -> each.address().equals("caravan.orders.site-a"))
                .filter(each -> each.text().length() > 10_000).count();
    }

    @Test
    void aLibraryIsSentOnceToEachRunner() throws Exception {
        byte[] random = new byte[50_000];
        new Random(5).nextBytes(random);
        String library = Base64.getEncoder().encodeToString(random) + "\n";
        String said = library.substring(0, 5) + "\n" + library.length() + "\n";
        ZonedAccess engine = engine();
        Runner first = runner();
        for (int n = 1; n <= 5; n++) {
            assertThat(sourced(engine, "7f3a-" + n, library)).isEqualTo(said);
        }
        assertThat(largeOrders()).isEqualTo(1);
        first.close();
        runner();
        assertThat(sourced(engine, "7f3a-6", library)).isEqualTo(said);
        assertThat(sourced(engine(), "8b21-1", library)).isEqualTo(said);
        assertThat(largeOrders()).as("another runner, and another engine").isEqualTo(3);
    }

    @Test
    void aRunnerAsksForWhatItForgot() throws Exception {
        ZonedAccess engine = engine();
        runner();
        int size = 7 << 20;
        int n = 0;
        // Three are more than it keeps.
        for (String letter : List.of("a", "b", "c", "a")) {
            assertThat(sourced(engine, "7f3a-" + ++n, letter.repeat(size - 1) + "\n")).isEqualTo(letter.repeat(5) + "\n" + size + "\n");
        }
    }

    @Test
    void messagesThatComeTwiceAndInAnotherOrderHaveNoFurtherEffect() throws Exception {
        ZonedAccess engine = engine();
        runner();
        Heard heard = new Heard();
        CompletableFuture<SshResult> result = give(engine, RunnersOverABroker::slow, heard);
        awaitBegun(heard);
        List<TestBroker.Seen> early = new ArrayList<>(broker.seen());
        Collections.shuffle(early, new Random(7));
        broker.sendAgain(early);
        broker.sendAgain(early);
        release();
        succeeded(get(result));
        assertThat(heard.log()).isEqualTo("begun " + SECRET + "\ndone\n");

        cleared(engine);
        List<TestBroker.Seen> all = new ArrayList<>(broker.seen());
        Collections.shuffle(all, new Random(8));
        broker.sendAgain(all);
        // What was sent before is worked on by now: the queue is in order.
        Heard other = new Heard();
        get(give(engine, known -> new HostOrder.Launch("7f3a-2", "slow", known, List.of(), Map.of("CARAVAN_STEP", "slow"), "echo other\n",
                Map.of(), new byte[0], 60_000), other));
        assertThat(other.log()).isEqualTo("other\n");
        assertThat(simulated.root().resolve("run/caravan/" + ID)).as("the step that was cleared is not started again").doesNotExist();
        ranOnce();
    }

    @Test
    void twoEnginesAtOnceUseOneRunnerAndEachHearsItsOwnSteps() throws Exception {
        ZonedAccess one = engine();
        ZonedAccess two = engine();
        runner();
        Heard first = new Heard();
        CompletableFuture<SshResult> slow = give(one, RunnersOverABroker::slow, first);
        awaitBegun(first);
        Heard second = new Heard();
        get(give(two, known -> new HostOrder.Launch("8b21-1", "quick", known, List.of(), Map.of("CARAVAN_STEP", "quick"), "echo other\n",
                Map.of(), new byte[0], 60_000), second));
        assertThat(second.log()).isEqualTo("other\n");
        release();
        succeeded(get(slow));
        assertThat(first.log()).isEqualTo("begun " + SECRET + "\ndone\n");
        ranOnce();
    }

    @Tag("long")
    @Test
    void anotherRunnerFindsTheStepOfOneThatDied() throws Exception {
        ZonedAccess engine = engine();
        Runner first = runner();
        Heard heard = new Heard();
        CompletableFuture<SshResult> result = give(engine, RunnersOverABroker::slow, heard);
        awaitBegun(heard);
        List<TestBroker.Seen> before = broker.seen();
        first.close();
        long closed = System.nanoTime();
        runner();
        awaitLost(heard);
        release();
        succeeded(get(result));
        Figures.print(broker.getClass().getSimpleName() + ": a step's end, from another runner, after", closed);
        assertThat(heard.log()).isEqualTo("begun " + SECRET + "\ndone\n");
        cleared(engine);
        broker.sendAgain(before);
        cleared(engine);
        assertThat(simulated.root().resolve("run/caravan/" + ID)).as("orders for the dead runner start nothing").doesNotExist();
        ranOnce();
    }

    @Tag("long")
    @Test
    void anotherEngineFindsTheStepOfOneThatDiedWhoseOrdersAreOver() throws Exception {
        ZonedAccess dead = engine();
        runner();
        Heard heard = new Heard();
        give(dead, RunnersOverABroker::slow, heard);
        awaitBegun(heard);
        List<TestBroker.Seen> before = broker.seen();
        dead.close();
        ZonedAccess engine = engine();
        Heard again = new Heard();
        long ordered = System.nanoTime();
        CompletableFuture<SshResult> second = give(engine, RunnersOverABroker::slow, again);
        release();
        succeeded(get(second));
        Figures.print(broker.getClass().getSimpleName() + ": a step's end, for another engine, after", ordered);
        assertThat(again.log()).isEqualTo("begun " + SECRET + "\ndone\n");
        cleared(engine);
        broker.sendAgain(before);
        cleared(engine);
        assertThat(simulated.root().resolve("run/caravan/" + ID)).doesNotExist();
        ranOnce();
    }

    @Tag("long")
    @Test
    void aBrokerThatIsStartedAgainLosesNoStep() throws Exception {
        ZonedAccess engine = engine();
        runner();
        Heard heard = new Heard();
        CompletableFuture<SshResult> result = give(engine, RunnersOverABroker::slow, heard);
        awaitBegun(heard);
        broker.stop();
        awaitLost(heard);
        release();
        broker.begin();
        long begun = System.nanoTime();
        succeeded(get(result));
        Figures.print(broker.getClass().getSimpleName() + ": a step's end, from the start of the broker, after", begun);
        assertThat(heard.log()).isEqualTo("begun " + SECRET + "\ndone\n");
        ranOnce();
    }

    @Test
    void aZoneWithoutARunnerIsNamedWithWhatToDo() throws Exception {
        ZonedAccess engine = engine(Duration.ofSeconds(1));
        assertThat(give(engine, RunnersOverABroker::slow, new Heard())).failsWithin(LONG).withThrowableOfType(ExecutionException.class)
                .havingCause().isInstanceOf(HostAccess.NoRunner.class).withMessage("no runner of zone site-a answers")
                .satisfies(why -> assertThat(((HostAccess.NoRunner) why).remedy())
                        .startsWith("Start it on a machine in that zone: caravan runner --zone site-a."));
    }
}
