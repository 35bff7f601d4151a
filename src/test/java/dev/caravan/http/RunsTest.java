package dev.caravan.http;

import static dev.caravan.http.Client.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.RunState;
import dev.caravan.journal.CancelRequest;
import dev.caravan.journal.Journal;
import dev.caravan.journal.JournalPlace;
import dev.caravan.journal.RunRecord;
import dev.caravan.testkit.Serving;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a real server says of runs, with a workflow that ends when the test says so: the list, and what can be asked of them. */
class RunsTest {
    private static final String RUNS = "/api/v1/runs";

    @RegisterExtension
    static final Serving serving = Serving.forClass();

    private static final Client client = new Client(serving);

    @Test
    void theListHasTheRunsThatAreAskedFor() throws Exception {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            ids.add(json(client.postSpec(RUNS + (i == 1 ? "?action=plan" : ""), Serving.spec("listed-" + i % 2, "198.51.100.7")))
                    .get("id").asText());
            if (i < 2) {
                serving.fail(ids.get(i), "no power");
                serving.ended(ids.get(i));
                await().until(() -> serving.engine().runs().underWay().stream().noneMatch(run -> ids.contains(run.id())));
            }
        }
        assertThat(listed("?cluster=listed-0")).containsExactly(ids.get(2), ids.get(0));
        assertThat(listed("?cluster=listed-0&state=failed")).containsExactly(ids.get(0));
        assertThat(listed("?cluster=listed-1&action=apply")).isEmpty();
        assertThat(listed("?cluster=listed-1&action=plan")).containsExactly(ids.get(1));
        assertThat(listed("?limit=1&before=" + ids.get(2))).containsExactly(ids.get(1));
        String oldest = json(client.get(RUNS + "/" + ids.get(0))).get("createdAt").asText();
        assertThat(listed("?before=" + oldest)).doesNotContainAnyElementsOf(ids);
        assertThat(listed("?after=" + oldest + "&before=" + ids.get(1))).containsExactly(ids.get(0));
        serving.release(ids.get(2));
    }

    @Test
    void theIdOfARunMayBeCutShortEverywhere() throws Exception {
        String id = client.begin();
        String begins = RUNS + "/" + id.substring(0, 7);
        for (String below : List.of("", "/spec", "/timeline")) {
            assertThat(client.get(begins + below).body().replaceAll("\"(now|seq)\":[^,]*,", ""))
                    .isEqualTo(client.get(RUNS + "/" + id + below).body().replaceAll("\"(now|seq)\":[^,]*,", ""));
        }
        assertThat(listed("?before=" + id.substring(0, 7))).doesNotContain(id);
        HttpResponse<String> cancelled = client.post(begins + "/cancel", "");
        assertThat(cancelled.statusCode()).isEqualTo(202);
        assertThat(cancelled.headers().firstValue("Location")).contains(RUNS + "/" + id);
        serving.ended(id);
        assertThat(client.get(begins + "/events").body()).contains("\"run\":\"" + id + "\"", "\nevent: run-ended\ndata: ");
        String again = json(client.post(begins + "/retry", "")).get("id").asText();
        serving.release(again);
        serving.ended(again);

        Instant first = Instant.now().minusSeconds(3);
        for (int number = 1; number <= 2; number++) {
            String name = "twin-" + number;
            serving.engine().journal().begin(new RunRecord(name, name, "apply", "command", true, "{}", "", RunState.QUEUED,
                    first.plusSeconds(number), Optional.empty()));
        }
        for (String below : List.of("", "/events", "/logs")) {
            HttpResponse<String> ambiguous = client.get(RUNS + "/twin" + below);
            assertThat(ambiguous.statusCode()).isEqualTo(404);
            assertThat(json(ambiguous).get("detail").asText()).contains("twin-2, twin-1");
        }
    }

    private static List<String> listed(String query) throws Exception {
        List<String> ids = new ArrayList<>();
        json(client.get(RUNS + query)).get("runs").forEach(run -> ids.add(run.get("id").asText()));
        return ids;
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"?stat=failed|Did you mean state?", "?colour=canary-77|There are state, cluster",
        "?state=broken|one of queued, running, succeeded", "?state=|one of queued", "?cluster=A%20B|is a name", "?action=%27|is a name",
        "?before=yesterday|2026-11-28T09:30:00Z", "?before=|2026-11-28", "?after=monday|a time such as",
        "?limit=0|1 to 500", "?limit=501|1 to 500"})
    void aParameterOfTheListThatCannotBeUsedIsRefused(String query, String detail) throws Exception {
        HttpResponse<String> refused = client.get(RUNS + query);
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(json(refused).get("detail").asText()).contains(detail).doesNotContain("canary-77");
    }

    @Test
    void thePageRunsNothingFromElsewhere() throws Exception {
        HttpResponse<String> page = client.get("/");
        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.headers().firstValue("Content-Type")).contains("text/html; charset=utf-8");
        assertThat(page.headers().firstValue("Content-Security-Policy").orElseThrow()).contains("default-src 'none'")
                .doesNotContain("unsafe");
        assertThat(page.body()).contains("<title>Caravan</title>").doesNotContainPattern("(src|href)=\"?https?:");
    }

    @Test
    void aRunSaysWhatCanBeAskedOfIt() throws Exception {
        String id = client.begin();
        assertThat(json(client.get(RUNS + "/" + id)).get("possible")).extracting(JsonNode::asText).containsExactly("cancel");
        HttpResponse<String> underWay = client.post(RUNS + "/" + id + "/resume", "");
        assertThat(underWay.statusCode()).isEqualTo(409);
        assertThat(json(underWay).get("type").asText()).isEqualTo("urn:caravan:problem:under-way");
        serving.engine().journal().keepFound(id, "h1", "192.0.2.77", "os-prepare", "file\t/etc/a\tabsent");
        serving.fail(id, "broken");
        serving.ended(id);
        assertThat(json(client.get(RUNS + "/" + id)).get("possible")).extracting(JsonNode::asText).containsExactly("retry", "rollback");
        serving.engine().journal().markRolledBack(serving.engine().journal()
                .found(json(client.get(RUNS + "/" + id)).get("cluster").asText(), "192.0.2.77"));
        assertThat(json(client.get(RUNS + "/" + id)).get("possible")).extracting(JsonNode::asText).as("all of it was rolled back")
                .containsExactly("retry");
        assertThat(json(client.post(RUNS + "/" + id + "/resume", "")).get("type").asText()).isEqualTo("urn:caravan:problem:ended");
        assertThat(client.post(RUNS + "/nosuchrun/resume", "").statusCode()).isEqualTo(404);
        assertThat(client.get(RUNS + "/" + id + "/resume").statusCode()).isEqualTo(405);
    }

    @Test
    void aRehearsalIsNeverResumedForReal() throws Exception {
        serving.engine().journal().begin(new RunRecord("rehearsed", "rehearsed", "apply", "command", true,
                Serving.spec("rehearsed", "192.0.2.250"), "/", RunState.QUEUED, Instant.now(), Optional.empty()));
        assertThat(json(client.get(RUNS + "/rehearsed")).get("possible")).isEmpty();
        for (String action : List.of("resume", "retry")) {
            HttpResponse<String> refused = client.post(RUNS + "/rehearsed/" + action, "");
            assertThat(refused.statusCode()).isEqualTo(409);
            assertThat(json(refused).get("type").asText()).isEqualTo("urn:caravan:problem:rehearsal");
        }
    }

    @Test
    void aRunIsCancelled() throws Exception {
        String id = client.begin();
        assertThat(client.post(RUNS + "/" + id + "/cancel", "").statusCode()).isEqualTo(202);
        assertThat(serving.ended(id).state()).isEqualTo(RunState.CANCELLED);
        JsonNode run = json(client.get(RUNS + "/" + id));
        assertThat(run.get("exitStatus").asInt()).isEqualTo(130);
        HttpResponse<String> again = client.post(RUNS + "/" + id + "/cancel", "");
        assertThat(again.statusCode()).isEqualTo(409);
        assertThat(json(again).get("detail").asText()).contains("cancelled");
    }

    @Test
    void aRunThatEndedIsTriedAgainWithTheSameSpec() throws Exception {
        String id = client.begin();
        assertThat(client.post(RUNS + "/" + id + "/retry", "").statusCode()).isEqualTo(409);
        serving.fail(id, "no power");
        assertThat(serving.ended(id).state()).isEqualTo(RunState.FAILED);
        HttpResponse<String> retried = client.post(RUNS + "/" + id + "/retry", "");
        assertThat(retried.statusCode()).isEqualTo(202);
        String next = json(retried).get("id").asText();
        assertThat(next).isNotEqualTo(id);
        assertThat(json(client.get(RUNS + "/" + next)).get("cluster")).isEqualTo(json(client.get(RUNS + "/" + id)).get("cluster"));
        serving.release(next);
    }

    @Test
    void whoSeesThatARunEndedMayBeginTheNextAtOnce() throws Exception {
        String spec = Serving.spec();
        String id = json(client.postSpec(RUNS, spec)).get("id").asText();
        CompletableFuture<HttpResponse<String>> next = new CompletableFuture<>();
        // While it hears of the end, the run is not over in its own engine.
        try (AutoCloseable listening = serving.engine().journal().listen(event -> {
            if (event.run().equals(id) && event.is(RunEnded.class)) {
                next.completeAsync(() -> postSpec(spec));
                await().until(() -> next.isDone() || isAwaited("awaitRelease"));
            }
        })) {
            assertThat(listening).isNotNull();
            serving.release(id);
            assertThat(next.get(60, TimeUnit.SECONDS).statusCode()).isEqualTo(202);
        }
        serving.release(json(next.get()).get("id").asText());
    }

    private static HttpResponse<String> postSpec(String spec) {
        try {
            return client.postSpec(RUNS, spec);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Whether a thread of this process is in a method of that name. */
    private static boolean isAwaited(String method) {
        return Thread.getAllStackTraces().values().stream().flatMap(Stream::of).anyMatch(frame -> frame.getMethodName().equals(method));
    }

    @Test
    void aRunWhoseSpecIsNotKeptCannotBeTriedAgain() throws Exception {
        serving.engine().journal()
                .begin(new RunRecord("elsewhere", "other", "apply", "command", false, "{}", "", RunState.QUEUED, Instant.now(),
                        Optional.empty()));
        HttpResponse<String> refused = client.post(RUNS + "/elsewhere/retry", "");
        assertThat(refused.statusCode()).isEqualTo(409);
        assertThat(json(refused).get("detail").asText()).contains("Send the spec again");
        assertThat(json(client.post(RUNS + "/elsewhere/cancel", "")).get("type").asText()).as("no engine has it").endsWith("not-under-way");
    }

    @Test
    void aRunThatAnotherProcessWorksOnIsCancelledThroughTheJournal() throws Exception {
        try (Journal other = Journal.openToWrite(JournalPlace.in(serving.data()))) {
            other.begin(new RunRecord("theirs", "theirs", "apply", "command", false, "{}", "", RunState.RUNNING, Instant.now(),
                    Optional.empty()));
            assertThat(other.claim("theirs", List.of("cluster/theirs"))).isEmpty();

            assertThat(json(client.get(RUNS + "/theirs")).get("possible")).extracting(JsonNode::asText).containsExactly("cancel");
            assertThat(client.post(RUNS + "/theirs/cancel", "").statusCode()).isEqualTo(202);
            assertThat(other.cancelRequests()).contains(new CancelRequest("theirs", Optional.empty()));
            other.end("theirs", RunEnded.of(RunState.CANCELLED, ""));
            assertThat(client.post(RUNS + "/theirs/cancel", "").statusCode()).isEqualTo(409);
        }
    }
}
