package dev.caravan.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.history.Event;
import dev.caravan.history.Occurrence.HostWaiting;
import dev.caravan.journal.MemoryJournal;
import dev.caravan.remote.ScriptedHosts;
import dev.caravan.remote.ScriptedHosts.Call;
import dev.caravan.remote.ScriptedHosts.Reply;
import dev.caravan.run.Run;
import dev.caravan.run.RunOrder;
import dev.caravan.run.TestActions;
import dev.caravan.spec.Cluster;
import dev.caravan.ssh.SshSessions;
import dev.caravan.ssh.SshTarget;
import dev.caravan.testkit.TestClusters;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With fewer slots than hosts, the host that all others wait for gets one before them, because its route says so. */
class SlotOrderTest {
    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir
    private Path directory;

    private final MemoryJournal journal = new MemoryJournal();

    @Test
    void theFirstControlPlaneComesBeforeAllThatWait() throws Exception {
        Map<String, String> settings = new HashMap<>(Engines.impatient(1));
        settings.put("caravan.hosts-at-a-time", "1");
        try (ScriptedHosts hosts = ScriptedHosts.start(5); Engine engine = Engines.start(new EngineOptions(directory, Optional.empty(),
                false, false, SshTarget::of, settings), journal, new SshSessions())) {
            hosts.script(this::answer);
            Cluster cluster = TestClusters.of("slots", 1, 4, ScriptedHosts.ADDRESSES, hosts.port(), "  onFailure: keep");
            Run run = engine.runs().begin(new RunOrder(cluster, "spec", "", TestActions.APPLY, "command", List.of()));
            engine.runs().outcome(run).toCompletableFuture().get(LONG.toSeconds(), TimeUnit.SECONDS);

            List<String> order = hosts.calls().stream().filter(call -> !call.step().equals("facts"))
                    .takeWhile(call -> !call.step().equals("kubeadm-init")).map(Call::host).toList();
            int first = order.indexOf("h1");
            assertThat(order).filteredOn("h1"::equals).hasSizeGreaterThan(5);
            for (int i = first + 1; i < order.size(); i++) {
                assertThat(List.of(order.get(i - 1), order.get(i))).as("two after each other, in " + order).contains("h1");
            }
        }
    }

    /** A step of another host ends once the first control plane waits for a slot, so that which host is next is no race. */
    private CompletionStage<Reply> answer(Call call) {
        if (call.step().equals("facts")) {
            return CompletableFuture.completedFuture(Reply.facts(call.host(), false));
        }
        if (call.step().equals("kubeadm-init")) {
            return CompletableFuture.completedFuture(Reply.failed("this is enough"));
        }
        return call.host().equals("h1") ? CompletableFuture.completedFuture(Reply.ok()) : CompletableFuture.supplyAsync(() -> {
            await().atMost(LONG).until(() -> firstWaits(call.run()));
            return Reply.ok();
        });
    }

    private boolean firstWaits(String run) {
        List<Event> events = journal.events(run, 0);
        boolean over = events.stream().anyMatch(event -> event.step().equals(Optional.of("kubeadm-init")));
        return over || events.stream().filter(event -> event.host().equals(Optional.of("h1")))
                .reduce((before, last) -> last).filter(last -> last.is(HostWaiting.class)).isPresent();
    }
}
