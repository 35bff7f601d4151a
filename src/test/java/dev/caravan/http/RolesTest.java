package dev.caravan.http;

import static dev.caravan.http.Client.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.access.Tokens;
import dev.caravan.history.Event;
import dev.caravan.history.Occurrence.CancelRequested;
import dev.caravan.history.Occurrence.RunQueued;
import dev.caravan.testkit.Serving;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A real server with a token for each of three people: what each may do, and what is recorded of who did it. */
class RolesTest {
    private static final String FILE = """
            # NAME ROLE TOKEN
            vera  view     vera-token-0123456789

            otto  operate  otto-token-0123456789
            anna  admin    anna-token-0123456789
            """;
    private static final String RUNS = "/api/v1/runs";

    @RegisterExtension
    static final Serving serving = Serving.forClass(tokens(), Map.of());

    private static final Client client = new Client(serving);

    private static Tokens tokens() {
        try {
            return Tokens.read(FILE);
        } catch (Tokens.Unreadable e) {
            throw new AssertionError(e);
        }
    }

    private static String[] as(String name) {
        return new String[] {"Authorization", "Bearer " + name + "-token-0123456789"};
    }

    private static void assertRefused(HttpResponse<String> answer, String name, String has, String needed) throws Exception {
        assertThat(answer.statusCode()).isEqualTo(403);
        JsonNode problem = json(answer);
        assertThat(problem.get("type").asText()).isEqualTo("urn:caravan:problem:role");
        assertThat(problem.get("detail").asText()).isEqualTo("This needs the role " + needed + "; " + name + " has the role "
                + has + ".");
    }

    private static String begin(String name) throws Exception {
        HttpResponse<String> begun = client.postSpec(RUNS, Serving.spec(), as(name));
        assertThat(begun.statusCode()).as(begun.body()).isEqualTo(202);
        return json(begun).get("id").asText();
    }

    private static List<Event> events(String run) {
        return serving.engine().journal().events(run, 0);
    }

    @Test
    void eachLearnsWhoTheyAre() throws Exception {
        assertThat(client.get("/api/v1/caller", as("otto")).body()).isEqualTo("{\"name\":\"otto\",\"role\":\"operate\",\"token\":true,"
                + "\"session\":false}");
        assertThat(client.get("/api/v1/caller", as("nobody")).statusCode()).isEqualTo(401);
        assertThat(client.get("/api/v1/caller").statusCode()).isEqualTo(401);
    }

    @Test
    void whoMayViewReadsAndChecksSpecsAndNothingElse() throws Exception {
        String run = begin("otto");
        for (String path : List.of("/", RUNS, RUNS + "/" + run, RUNS + "/" + run + "/spec", "/api/v1/routes", "/observe/health", "/own")) {
            assertThat(client.get(path, as("vera")).statusCode()).as(path).isEqualTo(200);
        }
        assertThat(client.postSpec("/api/v1/validate", Serving.spec(), as("vera")).statusCode()).isEqualTo(200);
        assertRefused(client.postSpec(RUNS, Serving.spec(), as("vera")), "vera", "view", "operate");
        for (String request : List.of("cancel", "retry", "resume", "rollback")) {
            assertRefused(client.post(RUNS + "/" + run + "/" + request, "", as("vera")), "vera", "view", "operate");
        }
        // A user's own route may do anything.
        assertRefused(client.post("/own", "", as("vera")), "vera", "view", "operate");
        assertRefused(client.post("/api/v1//validate", "", as("vera")), "vera", "view", "operate");
        assertRefused(client.get("/api/v1/clusters/c1/kubeconfig", as("vera")), "vera", "view", "admin");
        assertThat(client.get("/api/v1/routes/facts/source", as("vera")).statusCode()).isEqualTo(200);
        assertRefused(client.get("/api/v1/routes/own/source", as("vera")), "vera", "view", "admin");
        serving.release(run);
        serving.ended(run);
    }

    @Test
    void whoMayOperateBeginsRunsThatDoNotAskFirst() throws Exception {
        assertRefused(client.postSpec(RUNS + "?action=reset", Serving.spec(), as("otto")), "otto", "operate", "admin");
        assertRefused(client.postSpec(RUNS + "?action=polish&coats=2", Serving.spec(), as("otto")), "otto", "operate", "admin");
        assertRefused(client.get("/api/v1/clusters/c1/kubeconfig", as("otto")), "otto", "operate", "admin");
        String run = begin("otto");
        serving.release(run);
        serving.ended(run);
        assertRefused(client.post(RUNS + "/" + run + "/rollback", "", as("otto")), "otto", "operate", "admin");
        String polished = json(client.postSpec(RUNS + "?action=polish&coats=2", Serving.spec(), as("anna"))).get("id").asText();
        serving.release(polished);
        serving.ended(polished);
        assertRefused(client.post(RUNS + "/" + polished + "/retry", "", as("otto")), "otto", "operate", "admin");
    }

    @Test
    void anAdministratorGetsTheKubeconfig() throws Exception {
        Files.writeString(Files.createDirectories(serving.data().resolve("clusters/opened")).resolve("kubeconfig"), "kind: Config\n");
        assertThat(client.get("/api/v1/clusters/opened/kubeconfig", as("anna")).body()).isEqualTo("kind: Config\n");
    }

    @Test
    void itIsRecordedWhoBeganAndWhoCancelled() throws Exception {
        String run = begin("otto");
        client.post(RUNS + "/" + run + "/cancel", "", as("anna"));
        serving.ended(run);
        assertThat(events(run).get(0).as(RunQueued.class).flatMap(RunQueued::by)).contains("otto");
        assertThat(events(run)).anySatisfy(event ->
                assertThat(event.as(CancelRequested.class).flatMap(CancelRequested::by)).contains("anna"));
        JsonNode shown = json(client.get(RUNS + "/" + run, as("vera")));
        assertThat(shown.get("begunBy").asText()).isEqualTo("otto");
        assertThat(shown.get("cancelledBy").asText()).isEqualTo("anna");
        assertThat(shown.has("approvedBy")).isFalse();
        String again = json(client.post(RUNS + "/" + run + "/retry", "", as("anna"))).get("id").asText();
        assertThat(json(client.get(RUNS + "/" + again, as("vera"))).get("begunBy").asText()).isEqualTo("anna");
        serving.release(again);
        serving.ended(again);
    }

    @Test
    void thePageSaysWhoDidItAndOffersWhatTheRoleAllows() throws Exception {
        Path program = Chromium.orSkip();
        String run = begin("otto");
        client.post(RUNS + "/" + run + "/cancel", "", as("anna"));
        serving.ended(run);
        try (Chromium browser = new Chromium(program)) {
            open(browser, "vera", "/#/runs/" + run);
            browser.until("page.model && byId('who').textContent === 'vera, view'");
            browser.until("byId('about').textContent.includes('by otto over http')"
                    + " && byId('about').textContent.includes('cancelled by anna')");
            browser.until("document.querySelector('[data-action=retry]').disabled");
            assertThat(browser.value("document.querySelector('[data-action=retry]').title").asText())
                    .isEqualTo("This needs the role operate. You have the role view.");
            browser.value("location.hash = '#/new'");
            browser.until("byId('new-role').textContent.includes('needs the role operate') && !byId('new-role').hidden && newRun.valid");
            assertThat(browser.value("String(byId('new-start').disabled && byId('new-plan').disabled)").asText()).isEqualTo("true");
            assertThat(browser.problems()).isEmpty();
        }
        try (Chromium browser = new Chromium(program)) {
            open(browser, "otto", "/#/runs/" + run);
            browser.until("byId('who').textContent === 'otto, operate' && document.querySelector('[data-action=retry]')");
            assertThat(browser.value("String(document.querySelector('[data-action=retry]').disabled)").asText()).isEqualTo("false");
            assertThat(browser.problems()).isEmpty();
        }
    }

    private static void open(Chromium browser, String name, String path) {
        browser.open(URI.create(serving.uri(path).toString().replace("//", "//" + name + ":" + name + "-token-0123456789@")));
    }
}
