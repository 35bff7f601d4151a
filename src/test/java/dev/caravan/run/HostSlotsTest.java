package dev.caravan.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class HostSlotsTest {
    @Test
    void aHostThatOthersWaitForComesBeforeThem() {
        HostSlots slots = new HostSlots(1);
        Runnable working = slots.take("h1", false).toCompletableFuture().join();
        CompletableFuture<Runnable> second = slots.take("h2", false).toCompletableFuture();
        CompletableFuture<Runnable> controlPlane = slots.take("h3", true).toCompletableFuture();
        CompletableFuture<Runnable> another = slots.take("h4", true).toCompletableFuture();
        assertThat(slots.waiting()).isEqualTo(3);
        working.run();

        assertThat(controlPlane).isCompleted();
        assertThat(another).isNotDone();
        assertThat(second).isNotDone();
        controlPlane.join().run();
        assertThat(another).isCompleted();
        assertThat(second).isNotDone();
        another.join().run();
        assertThat(second).isCompleted();
    }

    /** Pieces of work on hosts, begun and ended in any order. */
    @Property(tries = 300)
    void aHostHoldsOneSlotForAllItsWorkAndEverybodysTurnComes(
            @ForAll @IntRange(min = 1, max = 4) int places, @ForAll @Size(max = 40) List<@IntRange(max = 7) Integer> pieces,
            @ForAll long seed) {
        HostSlots slots = new HostSlots(places);
        Random random = new Random(seed);
        Map<Integer, Integer> working = new HashMap<>();
        List<Runnable> under = new ArrayList<>();
        AtomicInteger begun = new AtomicInteger();
        for (int host : pieces) {
            slots.take("h" + host, random.nextInt(4) == 0).thenAccept(ended -> {
                begun.incrementAndGet();
                working.merge(host, 1, Integer::sum);
                assertThat(working).hasSizeLessThanOrEqualTo(places);
                under.add(() -> {
                    working.computeIfPresent(host, (any, count) -> count == 1 ? null : count - 1);
                    ended.run();
                });
            });
            if (!under.isEmpty() && random.nextBoolean()) {
                under.remove(random.nextInt(under.size())).run();
            }
            assertThat(working).hasSizeLessThanOrEqualTo(places);
        }
        while (!under.isEmpty()) {
            under.remove(random.nextInt(under.size())).run();
        }

        assertThat(begun).hasValue(pieces.size());
        assertThat(working).isEmpty();
        List<CompletableFuture<Runnable>> again = new ArrayList<>();
        for (int host = 0; host <= places; host++) {
            again.add(slots.take("again" + host, false).toCompletableFuture());
        }
        assertThat(again.subList(0, places)).allMatch(CompletableFuture::isDone);
        assertThat(again.get(places)).isNotDone();
    }
}
