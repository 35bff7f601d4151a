package dev.caravan.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.history.Attempt;
import dev.caravan.history.Event;
import dev.caravan.history.EventJson;
import dev.caravan.history.Occurrence.Note;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.Occurrence.RunQueued;
import dev.caravan.history.Occurrence.StepProgress;
import dev.caravan.history.RunState;
import dev.caravan.journal.Journal;
import dev.caravan.journal.JournalPlace;
import dev.caravan.journal.RunRecord;
import dev.caravan.testkit.Serving;
import java.io.InputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Scanner;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Server-sent events of a real server. */
class EventStreamTest {
    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir
    static Path directory;

    @RegisterExtension
    static final Serving serving = Serving.forClass();

    private static final Client client = new Client(serving);

    /** The rest of the API knows no other way to write a path either. */
    @Test
    void onlyThePathThatIsDescribedHasEvents() throws Exception {
        String id = client.begin();
        for (String path : List.of("/api/v1/runs/ID//events", "/api//v1/runs/ID/events", "/api/v1/runs/ID/events/",
                "/api/v1/runs/ID/%65vents", "/api/v1/runs/./ID/events", "/api/v1/runs/x/../ID/events")) {
            assertThat(client.raw("GET " + path.replace("ID", id) + " HTTP/1.1\nHost: localhost\nConnection: close\n\n")).as(path)
                    .startsWith("HTTP/1.1 404").contains("problem+json");
        }
        serving.release(id);
    }

    /** One that follows a run on a thread of its own. */
    private static final class Follower implements AutoCloseable {
        private final List<Event> events = new CopyOnWriteArrayList<>();
        private final List<Long> ids = new CopyOnWriteArrayList<>();
        private final InputStream stream;
        private final Thread thread;

        Follower(String run, String... headers) throws Exception {
            HttpRequest.Builder request = HttpRequest.newBuilder(serving.uri("/api/v1/runs/" + run + "/events")).timeout(LONG);
            if (headers.length > 0) {
                request.headers(headers);
            }
            HttpResponse<InputStream> response = client.http().send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.headers().firstValue("Content-Type")).contains("text/event-stream; charset=utf-8");
            stream = response.body();
            thread = new Thread(this::read, "follower");
            thread.start();
        }

        private void read() {
            try (Scanner lines = new Scanner(stream, StandardCharsets.UTF_8)) {
                while (lines.hasNextLine()) {
                    String line = lines.nextLine();
                    if (line.startsWith("id: ")) {
                        ids.add(Long.parseLong(line.substring(4)));
                    } else if (line.startsWith("data: ")) {
                        events.add(EventJson.read(line.substring(6)));
                    }
                }
            }
        }

        long last() {
            return ids.get(ids.size() - 1);
        }

        void awaitEnd() throws InterruptedException {
            thread.join(LONG.toMillis());
            assertThat(thread.isAlive()).as("the server ends the stream when the run has ended").isFalse();
        }

        @Override
        public void close() throws Exception {
            stream.close();
        }
    }

    /** Of an engine in another process, or on another machine, only the journal tells. */
    @Test
    void aRunThatAnotherEngineWorksOnIsFollowedAsWell() throws Exception {
        try (Journal other = Journal.open(JournalPlace.in(serving.data()))) {
            other.begin(new RunRecord("elsewhere", "theirs", "apply", "command", false, "{}", "", RunState.QUEUED, Instant.now(),
                    Optional.empty()));
            other.append("elsewhere", new RunQueued("apply", "theirs", List.of(), false, true, false, Optional.empty(), List.of(), "",
                    Map.of(), false));
            try (Follower follower = new Follower("elsewhere")) {
                await().atMost(LONG).until(() -> follower.events.size() == 1);
                other.append("elsewhere", new StepProgress(Attempt.of("h1", "step", 1), "meanwhile"));
                await().atMost(LONG).until(() -> follower.events.size() == 2);
                other.end("elsewhere", RunEnded.of(RunState.SUCCEEDED, ""));
                follower.awaitEnd();
                assertThat(follower.ids).containsExactly(1L, 2L, 3L);
            }
        }
    }

    @Test
    void everyEventArrivesOnceAndTheStreamEndsWithTheRun() throws Exception {
        String id = client.begin();
        try (Follower follower = new Follower(id)) {
            for (int i = 0; i < 500; i++) {
                serving.underWay(id).note("h1", "note " + i);
            }
            serving.release(id);
            follower.awaitEnd();
            assertThat(follower.events).isEqualTo(serving.engine().journal().events(id, 0));
            assertThat(follower.ids).isEqualTo(LongStream.rangeClosed(1, follower.last()).boxed().toList());
            assertThat(follower.events.get(follower.events.size() - 1).occurrence()).isInstanceOf(RunEnded.class);
        }
    }

    @Test
    void whoComesAgainMissesNothing() throws Exception {
        String id = client.begin();
        long seen;
        try (Follower first = new Follower(id)) {
            await().atMost(LONG).until(() -> first.ids.size() >= 2);
            seen = first.last();
        }
        serving.underWay(id).note(null, "while nobody listened");
        try (Follower second = new Follower(id, "Last-Event-ID", Long.toString(seen))) {
            await().atMost(LONG).until(() -> second.events.stream().anyMatch(event -> event.message().equals("while nobody listened")));
            serving.release(id);
            second.awaitEnd();
            assertThat(second.ids).isEqualTo(LongStream.rangeClosed(seen + 1, second.last()).boxed().toList());
        }
    }

    @Test
    void whoHasSeenTheEndIsAskedNotToComeAgain() throws Exception {
        String id = client.begin();
        serving.release(id);
        serving.ended(id);
        await().atMost(LONG).until(() -> serving.engine().runs().underWay().stream().noneMatch(run -> run.id().equals(id)));
        List<Event> events = serving.engine().journal().events(id, 0);
        String last = Long.toString(events.get(events.size() - 1).seq());
        assertThat(client.get("/api/v1/runs/" + id + "/events", "Last-Event-ID", last).statusCode()).isEqualTo(204);
        assertThat(client.get("/api/v1/runs/" + id + "/events?after=" + last).statusCode()).isEqualTo(204);
        assertThat(client.get("/api/v1/runs/" + id + "/events", "Last-Event-ID", "nonsense").body()).startsWith("retry: 2000\n\nid: 1\n");
    }

    @Test
    void whoAsksForANumberThatIsNotThereYetGetsWhatComesAndTheEnd() throws Exception {
        String id = client.begin();
        try (Follower follower = new Follower(id, "Last-Event-ID", "999999")) {
            serving.underWay(id).note(null, "from now on");
            serving.release(id);
            follower.awaitEnd();
            assertThat(follower.events).extracting(Event::occurrence).hasAtLeastOneElementOfType(Note.class)
                    .doesNotHaveAnyElementsOfTypes(RunQueued.class).last().isInstanceOf(RunEnded.class);
        }
    }

    @Test
    void noMoreClientsFollowThanMayAlsoIfAllAskAtOnce() throws Exception {
        try (Serving narrow = Serving.start(directory.resolve("narrow"), Optional.empty(), Map.of("caravan.http.streams", "3"))) {
            String id = new Client(narrow).begin();
            HttpRequest request = HttpRequest.newBuilder(narrow.uri("/api/v1/runs/" + id + "/events")).timeout(LONG).build();
            List<HttpResponse<InputStream>> answers = IntStream.range(0, 20)
                    .mapToObj(i -> client.http().sendAsync(request, HttpResponse.BodyHandlers.ofInputStream())).toList().stream()
                    .map(CompletableFuture::join).toList();
            assertThat(answers).extracting(HttpResponse::statusCode).filteredOn(status -> status == 200).hasSize(3);
            for (HttpResponse<InputStream> answer : answers) {
                answer.body().close();
            }
            await().atMost(LONG).until(() -> {
                HttpResponse<InputStream> again = client.http().send(request, HttpResponse.BodyHandlers.ofInputStream());
                again.body().close();
                return again.statusCode() == 200;
            });
            narrow.release(id);
        }
    }

    @Test
    void manyFollowersCostNoThreads() throws Exception {
        String id = client.begin();
        List<Follower> followers = new ArrayList<>();
        try {
            followers.add(new Follower(id));
            await().atMost(LONG).until(() -> followers.get(0).ids.size() >= 2);
            long before = serverThreads();
            for (int i : IntStream.range(0, 100).toArray()) {
                followers.add(new Follower(id));
                assertThat(followers).hasSize(i + 2);
            }
            await().atMost(LONG).until(() -> followers.stream().allMatch(follower -> follower.ids.size() >= 2));
            // Vert.x has a fixed number of loops and at most 20 workers, however many clients there are.
            assertThat(serverThreads() - before).isLessThan(30);
            assertThat(client.get("/api/v1/runs/" + id).statusCode()).isEqualTo(200);
            serving.release(id);
            for (Follower follower : followers) {
                follower.awaitEnd();
            }
        } finally {
            for (Follower follower : followers) {
                follower.close();
            }
        }
    }

    private static long serverThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("vert.x") || thread.getName().startsWith("Camel")
                        || thread.getName().startsWith("caravan"))
                .count();
    }
}
