package dev.caravan.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.history.Occurrence.HostWaiting;
import dev.caravan.journal.MemoryJournal;
import dev.caravan.routes.BareContext;
import dev.caravan.testkit.TestClusters;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.RoutesBuilder;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.mock.MockEndpoint;
import org.apache.camel.support.DefaultExchange;
import org.apache.camel.test.junit5.CamelTestSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GateTest extends CamelTestSupport {
    private final MemoryJournal journal = new MemoryJournal();
    private final Run run = TestRuns.apply(TestClusters.of(1, 2), journal);
    private final ExecutorService executor = Executors.newFixedThreadPool(2);

    @AfterEach
    void shutDown() {
        executor.shutdownNow();
    }

    @Override
    protected CamelContext createCamelContext() throws Exception {
        return BareContext.unwatched(super.createCamelContext());
    }

    @Override
    protected void bindToRegistry(org.apache.camel.spi.Registry registry) {
        registry.bind(Variables.EXECUTOR, executor);
    }

    @Override
    protected RoutesBuilder createRouteBuilder() {
        return new RouteBuilder() {
            @Override
            public void configure() {
                from("direct:join").to("gate:control-plane?waitsFor=the first control plane").to("mock:joined");
                from("direct:open").to("gate:control-plane?action=open");
                from("direct:shut").doTry().throwException(new IllegalStateException("no disk")).doCatch(Exception.class)
                        .to("gate:control-plane?action=shut").end();
            }
        };
    }

    private CompletableFuture<Exchange> send(String route, Run which, int host) {
        Exchange exchange = new DefaultExchange(context());
        exchange.setVariable(Variables.RUN, which);
        exchange.setVariable(Variables.HOST, which.cluster().hosts().get(host - 1));
        return template().asyncSend(route, exchange);
    }

    @Test
    void holdsExchangesUntilAnotherOpensIt() throws Exception {
        MockEndpoint joined = getMockEndpoint("mock:joined");
        CompletableFuture<Exchange> second = send("direct:join", run, 2);
        CompletableFuture<Exchange> third = send("direct:join", run, 3);
        org.awaitility.Awaitility.await().until(() -> journal.all(HostWaiting.class).size() == 2);
        assertThat(joined.getReceivedCounter()).isZero();
        assertThat(journal.all(HostWaiting.class)).extracting(HostWaiting::message).containsOnly("waits for the first control plane");

        joined.expectedMessageCount(3);
        send("direct:open", run, 1).get(30, TimeUnit.SECONDS);
        second.get(30, TimeUnit.SECONDS);
        third.get(30, TimeUnit.SECONDS);
        send("direct:join", run, 2).get(30, TimeUnit.SECONDS);

        MockEndpoint.assertIsSatisfied(context(), 30, TimeUnit.SECONDS);
        assertThat(journal.all(HostWaiting.class)).as("who finds it open does not wait").hasSize(2);
    }

    @Test
    void whoWaitsAtAGateThatIsShutIsNotReached() throws Exception {
        CompletableFuture<Exchange> waiting = send("direct:join", run, 2);
        send("direct:shut", run, 1).get(30, TimeUnit.SECONDS);

        assertThat(waiting.get(30, TimeUnit.SECONDS).getException()).isInstanceOf(NotReached.class).hasMessage("not reached: h1 failed");
        assertThat(send("direct:join", run, 3).get(30, TimeUnit.SECONDS).getException()).isInstanceOf(NotReached.class);
        send("direct:open", run, 1).get(30, TimeUnit.SECONDS);
        assertThat(send("direct:join", run, 3).get(30, TimeUnit.SECONDS).getException()).as("it stays shut").isInstanceOf(NotReached.class);
    }

    @Test
    void aGateBelongsToItsRun() throws Exception {
        Run other = TestRuns.apply(TestClusters.of(1, 2), journal);
        send("direct:open", other, 1).get(30, TimeUnit.SECONDS);
        CompletableFuture<Exchange> waiting = send("direct:join", run, 2);
        assertThat(waiting).isNotDone();
        run.cancel();

        assertThat(waiting.get(30, TimeUnit.SECONDS).getException()).isInstanceOf(RunCancelled.class);
    }
}
