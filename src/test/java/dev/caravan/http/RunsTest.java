package dev.caravan.http;

import static dev.caravan.http.Client.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.history.Attempt;
import dev.caravan.history.Failure;
import dev.caravan.history.Occurrence.HostWaiting;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.Occurrence.StepRetried;
import dev.caravan.history.RunState;
import dev.caravan.history.StepState;
import dev.caravan.journal.CancelRequest;
import dev.caravan.journal.Journal;
import dev.caravan.journal.JournalPlace;
import dev.caravan.journal.RunRecord;
import dev.caravan.run.Run;
import dev.caravan.run.StepRecorder;
import dev.caravan.testkit.Serving;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a real server says of runs, with a workflow that ends when the test says so: the list, logs, time, and what can be asked of them.
 */
class RunsTest {
    private static final String RUNS = "/api/v1/runs";

    @RegisterExtension
    static final Serving serving = Serving.forClass();

    private static final Client client = new Client(serving);

    // ---- the list of runs

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

    // ---- logs

    @Test
    void logsAreGivenByHostAndStep() throws Exception {
        String id = client.begin();
        Path logs = Files.createDirectories(serving.data().resolve("logs").resolve(id).resolve("h1"));
        Files.writeString(logs.resolve("facts.log"), "kernel 5.10\n");
        Files.writeString(logs.resolve("os-prepare.log"), "== turning swap off\n");
        String all = RUNS + "/" + id + "/logs";
        HttpResponse<String> one = client.get(all + "?host=h1&step=facts");
        assertThat(one.body()).isEqualTo("kernel 5.10\n");
        assertThat(one.headers().firstValue("Content-Type")).contains("text/plain; charset=utf-8");
        assertThat(client.get(all).body()).contains("==> h1  facts\nkernel 5.10\n").contains("==> h1  os-prepare\n");
        assertThat(client.get(all + "?host=h2").statusCode()).isEqualTo(404);
        serving.release(id);
    }

    @ParameterizedTest
    @ValueSource(strings = {"host=..&step=secret", "host=h1&step=..%2f..%2f..%2fsecret", "host=..%2f..&step=secret", "host=.&step=facts",
        "host=&step=", "host=%2fetc&step=passwd", "host=h1%00&step=facts", "host=link&step=secret", "host=h1&step=link"})
    void logsCannotBeLeft(String query) throws Exception {
        String id = client.begin();
        Path logs = Files.createDirectories(serving.data().resolve("logs").resolve(id));
        Path secret = Files.writeString(serving.data().resolve("secret.log"), "secret");
        Files.createDirectories(logs.resolve("h1"));
        Files.writeString(logs.resolve("secret.log"), "secret");
        Files.createSymbolicLink(logs.resolve("link"), serving.data().toAbsolutePath());
        Files.createSymbolicLink(logs.resolve("h1").resolve("link.log"), secret.toAbsolutePath());
        HttpResponse<String> answer = client.get(RUNS + "/" + id + "/logs?" + query);
        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.body()).doesNotContain("secret\n");
        serving.release(id);
    }

    @Test
    void aLogIsReadOnFromWhereOneIs() throws Exception {
        String id = client.begin();
        Path log = Files.createDirectories(serving.data().resolve("logs").resolve(id).resolve("h1")).resolve("facts.log");
        Files.writeString(log, "0123456789");
        String path = RUNS + "/" + id + "/logs?host=h1&step=facts";
        HttpResponse<String> rest = client.get(path, "Range", "bytes=4-");
        assertThat(rest.statusCode()).isEqualTo(206);
        assertThat(rest.body()).isEqualTo("456789");
        assertThat(rest.headers().firstValue("Content-Range")).contains("bytes 4-9/10");
        assertThat(client.get(path, "Range", "bytes=2-3").body()).isEqualTo("23");
        assertThat(client.get(path, "Range", "bytes=-3").body()).isEqualTo("789");
        assertThat(client.get(path, "Range", "bytes=-999").body()).isEqualTo("0123456789");
        HttpResponse<String> nothingMore = client.get(path, "Range", "bytes=10-");
        assertThat(nothingMore.statusCode()).isEqualTo(416);
        assertThat(nothingMore.headers().firstValue("Content-Range")).contains("bytes */10");
        for (String notUnderstood : List.of("bytes=5-3", "bytes=1-2,4-5", "lines=1-", "bytes=99999999999999999999-", "bytes=x-")) {
            HttpResponse<String> whole = client.get(path, "Range", notUnderstood);
            assertThat(whole.statusCode()).as(notUnderstood).isEqualTo(200);
            assertThat(whole.body()).isEqualTo("0123456789");
        }
        assertThat(client.get(RUNS + "/" + id + "/logs?host=h1&step=link", "Range", "bytes=0-").statusCode()).isEqualTo(404);
        Files.write(log, new byte[StepLogs.LARGEST_PART + 10]);
        assertThat(client.get(path, "Range", "bytes=5-").headers().firstValue("Content-Range"))
                .contains("bytes 5-" + (StepLogs.LARGEST_PART + 4) + "/" + (StepLogs.LARGEST_PART + 10));
        serving.release(id);
    }

    // ---- the routes that are loaded, and where the time went

    @Test
    void theRoutesAreReportedAsTheyAreLoaded() throws Exception {
        JsonNode routes = json(client.get("/api/v1/routes")).get("routes");
        JsonNode provision = routeOf(routes, "provision-host");
        assertThat(provision.get("file").asText()).isEqualTo("hosts/provision-host.camel.yaml");
        assertThat(provision.get("builtIn").asBoolean()).isTrue();
        assertThat(provision.get("description").asText()).startsWith("Makes one bare host a member of the cluster.");
        assertThat(provision.get("nodes").get(0).get("uri").asText()).isEqualTo("direct:before-host");
        assertThat(provision.at("/nodes/1/nodes").findValuesAsText("uri")).contains("direct:prepare-host");
        JsonNode choice = provision.get("nodes").get(3);
        assertThat(choice.at("/nodes/0/label").asText()).isEqualTo("hosts.isFirstControlPlane");
        assertThat(choice.at("/nodes/0/nodes/1/uri").asText()).startsWith("gate:control-plane").contains("action=open");
        assertThat(choice.at("/nodes/1/kind").asText()).isEqualTo("otherwise");
        assertThat(routeOf(routes, "provision-hosts").at("/nodes/0/parallel").asBoolean()).isTrue();
        JsonNode own = routeOf(routes, "own");
        assertThat(own.get("builtIn").asBoolean()).isFalse();
        assertThat(own.get("from").asText()).endsWith("/routes/own.camel.yaml");
        assertThat(own.toString()).as("what a route sets may be a secret").doesNotContain("constant");
        assertThat(client.post("/api/v1/routes", "").statusCode()).isEqualTo(405);
    }

    private static JsonNode routeOf(JsonNode routes, String id) {
        for (JsonNode route : routes) {
            if (route.get("id").asText().equals(id)) {
                return route;
            }
        }
        throw new AssertionError("no route " + id);
    }

    @Test
    void theTimelineTellsAttemptsPausesAndWaits() throws Exception {
        String id = client.begin();
        Run run = serving.underWay(id);
        HostWaiting waiting = new HostWaiting(Optional.of("h1"), "", OptionalInt.empty());
        run.record(waiting);
        new StepRecorder(run, "h1", "facts", 1).started();
        run.record(new StepRetried(Attempt.of("h1", "facts", 1), "", new Failure("mirror", "", List.of()),
                Optional.of(Duration.ofMillis(10)), Optional.empty()));
        StepRecorder second = new StepRecorder(run, "h1", "facts", 2);
        second.started();
        second.ended(StepState.CHANGED, Map.of(), "");
        new StepRecorder(run, "h1", "os-prepare", 1).started();
        for (String reason : List.of("waits for h0", "waits for h0", "waits for its turn")) {
            run.record(new HostWaiting(waiting.host(), reason, OptionalInt.empty()));
        }
        List<String> spans = new ArrayList<>();
        json(client.get(RUNS + "/" + id + "/timeline")).get("spans").forEach(span -> {
            if (span.path("host").asText().equals("h1")) {
                spans.add(span.get("kind").asText() + " " + span.path("step").asText() + " " + span.path("state").asText("going on"));
            }
        });
        assertThat(spans).containsExactly("wait  waited", "attempt facts retrying", "pause facts waited", "attempt facts changed",
                "attempt os-prepare going on", "wait  waited", "wait  going on");
        serving.release(id);
    }

    // ---- what can be asked of a run

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

    // ---- cancel and retry

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
