package dev.caravan.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.history.Attempt;
import dev.caravan.history.Event;
import dev.caravan.history.Failure;
import dev.caravan.history.Occurrence;
import dev.caravan.history.Occurrence.CancelRequested;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.Occurrence.StepRetried;
import dev.caravan.history.RunView;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class LiveTableTest {
    private static final LiveTable TABLE = new LiveTable(new Look(false, true));

    private static List<String> frame(SampleRun run, double second, int width, int height) {
        return TABLE.render(RunView.of(run.until(second)), width, height, SampleRun.at(second));
    }

    @Test
    void showsAFewHosts() {
        Golden.check("frame-apply-80x24.txt", frame(SampleRuns.apply(false), 12, 80, 24));
        Golden.check("frame-apply-folded-80x24.txt", frame(SampleRuns.apply(false), 64.5, 80, 24));
        Golden.check("frame-rehearsal-120x40.txt", frame(SampleRuns.apply(true), 47, 120, 40));
        Golden.check("frame-failed-80x24.txt", frame(SampleRuns.failed(), 110, 80, 24));
        Golden.check("frame-succeeded-80x24.txt", frame(SampleRuns.apply(false), 90, 80, 24));
        Golden.check("frame-ended-80x24.txt", frame(SampleRuns.failed(), 140, 80, 24));
        Golden.check("frame-cancelled-80x24.txt", frame(SampleRuns.cancelled(), 20, 80, 24));
        Golden.check("frame-plan-80x24.txt", frame(SampleRuns.plan(), 10, 80, 24));
    }

    @Test
    void saysWhyAStepIsAtItsSecondAttempt() {
        Golden.check("frame-attempt-120x40.txt", frame(SampleRuns.failed(), 90, 120, 40));
        SampleRun busy = SampleRuns.failed().progress(90, "h2", "kubeadm-join", 2, "waiting until the kubelet of h2 is there");
        Golden.check("frame-attempt-80x24.txt", frame(busy, 90, 80, 24));
    }

    @Test
    void showsHowManyImagesArePulled() {
        SampleRun run = SampleRun.of("1", "apply", false, List.of("h1", "h2", "h3"));
        for (String host : List.of("h1", "h2", "h3")) {
            run.started(1, host, "images-pull", 1);
        }
        run.progress(2, "h1", "images-pull", "pulling images: 3/7").progress(2, "h2", "images-pull", "pulling images: 12/16")
                .progress(2, "h3", "images-pull", "reading /dev/1/2");
        assertThat(frame(run, 9, 80, 24).subList(3, 6)).containsExactly(
                "h1    3/7   images-pull: pulling images: 3/7",
                "h2    8s    images-pull: pulling images: 12/16",
                "h3    8s    images-pull: reading /dev/1/2");
    }

    @Test
    void saysHowLongItMayStillTakeByAFormerRun() {
        FormerRun former = FormerRun.of(RunView.of(SampleRuns.failed().events()));

        Golden.check("frame-former-80x24.txt", String.join("\n", TABLE.render(RunView.of(SampleRuns.failed().until(30)), 80, 24,
                SampleRun.at(30), Optional.of(former))).lines().toList());
    }

    @Test
    void whatIsLeftFollowsTheStepsThatHaveEnded() {
        FormerRun former = FormerRun.of(RunView.of(SampleRuns.failed().events()));
        RunView begun = RunView.of(SampleRuns.failed().until(1));
        RunView half = RunView.of(SampleRuns.failed().until(60));

        assertThat(former.left(begun, SampleRun.at(1))).hasValue("about 2 min left");
        assertThat(former.left(half, SampleRun.at(60))).hasValue("about 1 min left");
        assertThat(former.left(half, SampleRun.at(100))).hasValue("under 1 min left");
        assertThat(former.left(half, SampleRun.at(1000))).as("it takes longer than the former one").isEmpty();
        assertThat(former.left(RunView.of(SampleRuns.failed().events()), SampleRun.at(140))).isEmpty();
        assertThat(new FormerRun(former.length(), List.of()).left(half, SampleRun.at(60))).as("it had fewer steps").isEmpty();
    }

    @Test
    void countsTheHostsThatDoNotFit() {
        Golden.check("frame-many-80x24.txt", frame(SampleRuns.many(200), 18, 80, 24));
        Golden.check("frame-many-120x40.txt", frame(SampleRuns.many(200), 83, 120, 40));
    }

    @Test
    void showsWorkBesideManyFailures() {
        SampleRun run = SampleRun.of("1", "apply", false, IntStream.rangeClosed(1, 50).mapToObj(i -> "h" + i).toList());
        IntStream.rangeClosed(1, 40).forEach(i -> run.failed(1, 2, "h" + i, "facts", 1, "no", ""));
        run.started(1, "h45", "facts", 1).started(1, "h46", "facts", 1);
        assertThat(frame(run, 3, 80, 13))
                .anyMatch(line -> line.startsWith("h45 "))
                .anyMatch(line -> line.startsWith("h46 "))
                .anyMatch(line -> line.contains("FAIL"))
                .hasSize(12);
    }

    @Test
    void makesDoWithLittleRoom() {
        Golden.check("frame-apply-40x10.txt", frame(SampleRuns.apply(false), 64.5, 40, 10));
        Golden.check("frame-many-60x4.txt", frame(SampleRuns.many(200), 18, 60, 4));
    }

    @Test
    void saysThatItStopsHoweverManyHostsThereAre() {
        SampleRun run = SampleRun.of("1", "apply", false, IntStream.rangeClosed(1, 40).mapToObj(i -> "h" + i).toList());
        IntStream.rangeClosed(1, 40).forEach(i -> run.started(1, "h" + i, "facts", 1));
        assertThat(frame(run, 2, 80, 24).get(0)).doesNotContain("stopping");
        run.add(2, new CancelRequested("asked to stop", Optional.empty()));
        assertThat(frame(run, 3, 80, 24).get(0)).endsWith("stopping, 40 hosts: 40 working");
        assertThat(frame(run, 3, 40, 24).get(0)).contains("stopping, 40 working");
    }

    @Test
    void saysInWordsWhatColourSays() {
        RunView run = RunView.of(SampleRuns.failed().until(110));
        List<String> colourful = new LiveTable(new Look(true, true)).render(run, 80, 24, SampleRun.at(110));
        assertThat(colourful).anyMatch(line -> line.contains("\u001b[1;31mFAIL\u001b[0m"));
        assertThat(colourful.stream().map(line -> line.replaceAll("\u001b\\[[0-9;]*m", "")).toList())
                .isEqualTo(TABLE.render(run, 80, 24, SampleRun.at(110)));
    }

    @Test
    void keepsToAsciiWhereTheTerminalKnowsNoMore() {
        List<String> frame = new LiveTable(Look.BARE)
                .render(RunView.of(SampleRuns.failed().until(110)), 80, 24, SampleRun.at(110));
        assertThat(String.join("", frame)).isASCII();
    }

    /** Whatever comes in whatever order, on a terminal of whatever size. */
    @Property(tries = 300)
    void alwaysFits(@ForAll long seed, @ForAll @IntRange(min = 1, max = 140) int width,
            @ForAll @IntRange(min = 1, max = 40) int height) {
        Random random = new Random(seed);
        List<Event> all = random.nextBoolean() ? SampleRuns.many(40).events() : SampleRuns.failed().events();
        List<Event> some = IntStream.range(0, random.nextInt(80))
                .mapToObj(i -> scrambled(all.get(random.nextInt(all.size())), random))
                .toList();
        RunView run = RunView.of(some);
        List<String> frame = TABLE.render(run, width, height, SampleRun.at(random.nextInt(200)));
        assertThat(frame).hasSizeBetween(1, Math.max(1, height - 1)).allMatch(line -> Text.width(line) <= width);
        if (run.ended()) {
            assertThat(Summary.lines(run, width, Look.BARE)).isNotEmpty();
        }
    }

    private static Event scrambled(Event event, Random random) {
        Occurrence what = random.nextInt(4) == 0 ? event.occurrence().redacted(text -> "节点\u001b[2J\n") : event.occurrence();
        if (what instanceof StepEnded ended && random.nextInt(4) == 0) {
            what = new StepRetried(Attempt.of(null, ended.step(), 1 + random.nextInt(3)), ended.message(),
                    ended.failure().orElse(new Failure("", "", List.of())), ended.duration(), ended.duration());
        }
        return new Event(event.seq(), event.at(), event.run(), what);
    }
}
