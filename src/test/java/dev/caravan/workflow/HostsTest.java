package dev.caravan.workflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.journal.MemoryJournal;
import dev.caravan.routes.BareContext;
import dev.caravan.run.HostsFailed;
import dev.caravan.run.NotReached;
import dev.caravan.run.Run;
import dev.caravan.run.RunCancelled;
import dev.caravan.run.TestFacts;
import dev.caravan.run.TestRuns;
import dev.caravan.run.Variables;
import dev.caravan.spec.Host;
import dev.caravan.step.StepFailure;
import dev.caravan.testkit.TestClusters;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Test;

class HostsTest {
    private final MemoryJournal journal = new MemoryJournal();
    private final Run run = TestRuns.apply(TestClusters.of(1, 3), journal);
    private final Hosts hosts = new Hosts();

    private Exchange exchange(String host) {
        Exchange exchange = new DefaultExchange(BareContext.make());
        exchange.setVariable(Variables.RUN, run);
        exchange.getMessage().setBody(run.cluster().hosts().stream().filter(each -> each.name().equals(host)).findFirst().orElseThrow());
        hosts.enter(exchange);
        return exchange;
    }

    private static StepFailure failure(boolean isTransient) {
        return new StepFailure("h1", "os-prepare", "mirror", isTransient, "no answer", "", List.of(), null);
    }

    @Test
    void entersAHostsPipeline() {
        run.keepFacts("h2", TestFacts.of(2, false));

        assertThat(exchange("h2").getVariable(Variables.FACTS)).isEqualTo(run.facts("h2").orElseThrow());
        assertThat(exchange("h3").getVariable(Variables.FACTS)).isNull();
        assertThat(Variables.hostName(exchange("h3"))).isEqualTo("h3");
        assertThat(hosts.isFirstControlPlane(exchange("h1"))).isTrue();
        assertThat(hosts.isFirstControlPlane(exchange("h2"))).isFalse();
    }

    @Test
    void continuesWithThoseThatHaveNotFailed() {
        run.hostFailed("h2", new NotReached("x"));

        assertThat(hosts.all(run)).extracting(Host::name).containsExactly("h1", "h3", "h4");
    }

    @Test
    void notesAFailureAndThatItWasGivenUp() {
        Exchange exchange = exchange("h2");
        StepFailure failure = failure(true);
        exchange.setProperty(Exchange.EXCEPTION_CAUGHT, failure);
        hosts.failed(exchange);

        assertThat(run.failures()).containsEntry("h2", failure);
        assertThat(journal.all(StepEnded.class)).hasSize(1);
    }

    @Test
    void requiresTheControlPlaneFirst() {
        assertThatCode(() -> hosts.requireControlPlane(run)).doesNotThrowAnyException();
        run.hostFailed("h2", failure(false));
        assertThatCode(() -> hosts.requireControlPlane(run)).doesNotThrowAnyException();
        StepFailure failure = failure(false);
        run.hostFailed("h1", failure);
        assertThatThrownBy(() -> hosts.requireControlPlane(run)).isSameAs(failure);
    }

    @Test
    void doesNotContinueWithACancelledRun() {
        run.cancel();

        assertThatThrownBy(() -> hosts.requireControlPlane(run)).isInstanceOf(RunCancelled.class);
    }

    @Test
    void requiresAllAndNamesThoseThatFailedThemselves() {
        assertThatCode(() -> hosts.requireAll(run)).doesNotThrowAnyException();
        run.hostFailed("h3", failure(false));
        run.hostFailed("h2", new NotReached("not reached: h1 failed"));
        run.hostFailed("h4", failure(true));

        assertThatThrownBy(() -> hosts.requireAll(run)).isInstanceOf(HostsFailed.class)
                .hasMessage("failed: os-prepare on h3 and h4: no answer");
    }

    private static HostsFailed told(Run run) {
        return catchThrowableOfType(HostsFailed.class, () -> new Hosts().requireAll(run));
    }

    private static StepFailure failure(String host, String step, String message) {
        return new StepFailure(host, step, "permanent", false, message, "", List.of(), null);
    }

    @Test
    void blamesEachCauseForItsOwnHosts() {
        run.hostFailed("h4", failure("h4", "images-pull", "could not pull pause on h4 after 12 s\nmore"));
        run.hostFailed("h3", failure("h3", "kubeadm-join", "it is not to be"));
        run.hostFailed("h2", failure("h2", "images-pull", "could not pull pause on h2 after 3 s"));
        assertThat(told(run)).hasMessage("failed: images-pull on h2 and h4: could not pull pause on h2 after 3 s; "
                + "kubeadm-join on h3: it is not to be");
    }

    @Test
    void aMessageOfManyHostsAndCausesStaysShort() {
        Run many = TestRuns.apply(TestClusters.of(1, 40), journal);
        for (int i = 2; i <= 30; i++) {
            many.hostFailed("h" + i, failure("h" + i, i < 20 ? "facts" : "step-" + i, "x".repeat(500)));
        }
        assertThat(told(many).getMessage()).hasSizeLessThan(1000)
                .startsWith("failed: facts on h2, h3, h4, h5, h6 and 13 more: xxx")
                .contains("; step-20 on h20: xxx", " ...; other causes on h22, h23, h24, h25, h26 and 4 more");
    }
}
