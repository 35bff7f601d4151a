package dev.caravan.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.access.Caller;
import dev.caravan.journal.Journal;
import dev.caravan.journal.JournalException;
import dev.caravan.routes.BareContext;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An engine whose journal is gone takes no runs, and is worth keeping all the same: the journal may come back. */
class HealthTest {
    private final DefaultCamelContext context = BareContext.make();
    private final AtomicReference<Callable<Object>> reading = new AtomicReference<>(List::of);
    private final Journal journal = (Journal) Proxy.newProxyInstance(HealthTest.class.getClassLoader(), new Class<?>[] {Journal.class},
            (proxy, method, arguments) -> reading.get().call());
    private final Health health = new Health(context, journal, Optional::empty);

    @BeforeEach
    void start() throws Exception {
        context.start();
    }

    @AfterEach
    void stop() throws Exception {
        context.close();
    }

    private int status(String path) throws Refused {
        return health.answer(new Request("GET", path, Map.of(), Map.of(), new byte[0], Caller.LOCAL)).status();
    }

    @Test
    void withItsJournalTheEngineIsReady() throws Exception {
        assertThat(status("/observe/health/live")).isEqualTo(200);
        assertThat(status("/observe/health/ready")).isEqualTo(200);
        assertThat(status("/observe/health")).isEqualTo(200);
    }

    @Test
    void withoutItsJournalTheEngineIsAliveAndNotReadyUntilItIsBack() throws Exception {
        reading.set(() -> {
            throw new JournalException("the database does not answer", null);
        });
        assertThat(status("/observe/health/live")).isEqualTo(200);
        assertThat(status("/observe/health/ready")).isEqualTo(503);
        assertThat(status("/observe/health")).isEqualTo(503);

        reading.set(List::of);
        assertThat(status("/observe/health/ready")).isEqualTo(200);
    }

    @Test
    void aJournalThatIsWaitedForIsNotWaitedForByWhoProbes() throws Exception {
        CompletableFuture<Object> never = new CompletableFuture<>();
        reading.set(never::get);
        assertThat(status("/observe/health/ready")).isEqualTo(503);
        assertThat(status("/observe/health/live")).isEqualTo(200);

        reading.set(List::of);
        never.complete(List.of());
        assertThat(status("/observe/health/ready")).isEqualTo(200);
    }
}
