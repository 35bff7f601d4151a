package dev.caravan.runner;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.digest.Sha256;
import dev.caravan.remote.HostOrder;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Which texts of orders go to a runner, and which of them it keeps. */
class TextsTest {
    private static final String LIBRARY = "# a library\n";
    private static final byte[] NO_INPUT = {};
    private final SentTexts sent = new SentTexts();

    private static HostOrder order(String script) {
        return new HostOrder.Launch("7f3a-1", "greet", 0, List.of(), Map.of(), script, Map.of("lib.sh", LIBRARY), NO_INPUT, 1000);
    }

    private static Message.Order message(SentTexts.Named named) {
        return new Message.Order("e", "r", 7, 3, List.of(), null, named.order(), 0, named.toSend());
    }

    private Message.Order sent(String script, String runner, boolean whole) {
        SentTexts.Named named = sent.named(order(script), runner, whole);
        sent.sent(named);
        return message(named);
    }

    @Test
    void aTextIsSentOnceToEachRunner() {
        assertThat(sent("one\n", "r", false).texts()).containsExactlyInAnyOrder(LIBRARY, "one\n");
        Message.Order again = sent("one\n", "r", false);
        assertThat(again.texts()).isNull();
        HostOrder.Launch launch = (HostOrder.Launch) again.order();
        assertThat(launch.script()).isEqualTo(Sha256.hex("one\n"));
        assertThat(launch.libraries()).isEqualTo(Map.of("lib.sh", Sha256.hex(LIBRARY)));
        assertThat(sent("two\n", "r", false).texts()).containsExactly("two\n");
        assertThat(sent("two\n", "another process", false).texts()).containsExactlyInAnyOrder(LIBRARY, "two\n");
    }

    @Test
    void whatTheBrokerDidNotTakeCountsAsNotSent() {
        sent.named(order("one\n"), "r", false);
        assertThat(sent.named(order("one\n"), "r", false).toSend()).containsExactlyInAnyOrder(LIBRARY, "one\n");
    }

    @Test
    void aRunnerThatLacksATextGetsTheWholeOrder() {
        Message.Order first = sent("one\n", "r", false);
        Message.Order second = sent("one\n", "r", false);
        KeptTexts kept = new KeptTexts(100);
        assertThat(kept.whole(second)).as("the first one is lost").isEmpty();
        assertThat(kept.whole(sent("one\n", "r", true))).contains(order("one\n"));
        assertThat(kept.whole(second)).contains(order("one\n"));
        assertThat(kept.whole(first)).contains(order("one\n"));
    }

    @Test
    void aRunnerForgetsWhatWasNotUsedForLongest() {
        KeptTexts kept = new KeptTexts(LIBRARY.length() + 10);
        Message.Order one = sent("1234\n", "r", true);
        Message.Order two = sent("5678\n", "r", true);
        Message.Order three = sent("90ab\n", "r", true);
        kept.whole(one);
        kept.whole(two);
        assertThat(kept.whole(one.with(one.order()))).contains(order("1234\n"));
        assertThat(kept.whole(three)).contains(order("90ab\n"));
        assertThat(kept.whole(two.with(two.order()))).isEmpty();
        assertThat(kept.whole(one.with(one.order()))).contains(order("1234\n"));
        Message.Order tooLarge = sent("x".repeat(1000), "r", true);
        assertThat(kept.whole(tooLarge)).as("there is no place for its texts").contains(order("x".repeat(1000)));
    }
}
