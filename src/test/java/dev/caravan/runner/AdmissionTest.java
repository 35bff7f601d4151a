package dev.caravan.runner;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.remote.HostOrder;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** Which orders a runner carries out. */
class AdmissionTest {
    private static final List<String> RUN = List.of("7f3a");
    private final Admission admission = new Admission();

    private static Message.Order order(String session, long number, long floor, Long... givenUp) {
        return order(session, number, floor, List.of(givenUp), 0);
    }

    private static Message.Order order(String session, long number, long floor, List<Long> givenUp, int life) {
        return new Message.Order(session, "runner", number, floor, givenUp, null, new HostOrder.Clear("", List.of()), life, null);
    }

    private boolean admits(String session, long number, long floor, Long... givenUp) {
        return admission.admits(order(session, number, floor, givenUp), RUN);
    }

    @Test
    void anOrderThatComesTwiceIsCarriedOutOnce() {
        assertThat(admits("one", 1, 1)).isTrue();
        assertThat(admits("one", 1, 1)).isFalse();
        assertThat(admits("one", 2, 1)).isTrue();
        assertThat(admits("one", 1, 1)).isFalse();
    }

    @Test
    void orderOfArrivalDoesNotMatter() {
        assertThat(admits("one", 3, 1)).isTrue();
        assertThat(admits("one", 1, 1)).isTrue();
        assertThat(admits("one", 2, 1)).isTrue();
        assertThat(admits("one", 2, 1)).isFalse();
    }

    @Test
    void whatTheEngineHasGivenUpIsNotCarriedOutWhenItArrivesLate() {
        assertThat(admits("one", 4, 2, 3L)).isTrue();
        assertThat(admits("one", 3, 2)).as("given up").isFalse();
        assertThat(admits("one", 1, 1)).as("below the floor").isFalse();
        assertThat(admits("one", 2, 2)).isTrue();
    }

    @Test
    void anEngineThatIsGoneOrdersNothingOfARunThatAnotherHasResumed() {
        assertThat(admits("one", 1, 1)).isTrue();
        assertThat(admits("two", 1, 1)).isTrue();
        assertThat(admits("one", 2, 1)).as("late").isFalse();
        assertThat(admits("two", 2, 1)).isTrue();
        assertThat(admission.admits(order("one", 3, 1), List.of("8b21"))).as("of another run").isTrue();
    }

    @Test
    void anEngineThatResumesARunAgainOrdersAgain() {
        assertThat(admits(0, "one", 1)).isTrue();
        assertThat(admits(1, "two", 1)).isTrue();
        assertThat(admits(0, "one", 2)).as("late").isFalse();
        assertThat(admits(2, "one", 3)).as("the other one is gone").isTrue();
        assertThat(admits(1, "two", 2)).as("late").isFalse();
        assertThat(admits(2, "one", 4)).isTrue();
    }

    private boolean admits(int life, String session, long number) {
        return admission.admits(order(session, number, 1, List.of(), life), RUN);
    }

    @Property(tries = 200)
    void noNumberIsAdmittedTwiceInWhateverOrderTheyCome(@ForAll @Size(max = 60) List<@IntRange(min = 1, max = 20) Integer> numbers) {
        Admission fresh = new Admission();
        List<Integer> admitted = numbers.stream()
                .filter(number -> fresh.admits(order("one", number, Math.max(1, number - 5)), RUN)).toList();
        assertThat(admitted).doesNotHaveDuplicates();
    }
}
