package dev.caravan.http;

import static dev.caravan.http.Client.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.caravan.cli.CaravanCommand;
import dev.caravan.rehearsal.Rehearsal;
import dev.caravan.rehearsal.Scratch;
import dev.caravan.remote.ScriptedHosts;
import dev.caravan.remote.ScriptedHosts.Call;
import dev.caravan.remote.ScriptedHosts.Reply;
import dev.caravan.testkit.Serving;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** {@code examples/reboot-hosts}, an action of a user's own: over HTTP, in the inbox and on the page on simulated hosts, and by command. */
class RebootHostsExampleTest {
    private static final Duration LONG = Duration.ofSeconds(300);
    private static final Path ROUTES = Path.of("examples", "reboot-hosts", "routes");
    /** An action that takes the place of a built-in one on the page. */
    private static final String SNAPSHOT = """
            - route:
                id: snapshot
                note: |
                  title: Save the cluster our way
                  changesHosts: false
                  plan: false
                  offeredFor: [backup]
                from:
                  uri: direct:snapshot
                  steps:
                    - to: direct:backup-cluster
            """;
    private static final List<String> ONE_AFTER_THE_OTHER = List.of(
            "h1 drain-node", "h1 boot-id", "h1 reboot", "h1 rebooted", "h1 uncordon-node",
            "h1 drain-node", "h2 boot-id", "h2 reboot", "h2 rebooted", "h1 uncordon-node");

    /** Of a cluster that is served with the example's routes, for all tests that need one; made by the first. */
    private static Path directory;
    private static Rehearsal rehearsal;
    private static Serving serving;

    @RegisterExtension
    final Scratch scratch = new Scratch();

    private static Client cluster() throws Exception {
        if (serving == null) {
            directory = Files.createTempDirectory("caravan-reboot").toRealPath();
            rehearsal = Serving.twoHosts(directory.resolve("hosts"), 0);
            serving = Serving.rehearse(directory, rehearsal, Optional.of(routes(directory.resolve("routes"))), Serving.freePort());
            assertThat(ended(new Client(serving), "?action=apply").get("state").asText()).isEqualTo("succeeded");
        }
        return new Client(serving);
    }

    private static Path routes(Path to) throws Exception {
        try (Stream<Path> files = Files.walk(ROUTES)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path copy = to.resolve(ROUTES.relativize(file).toString());
                Files.createDirectories(copy.getParent());
                Files.copy(file, copy);
            }
        }
        Files.writeString(to.resolve("actions").resolve("snapshot.camel.yaml"), SNAPSHOT);
        return to;
    }

    @AfterAll
    static void close() throws Exception {
        if (serving != null) {
            serving.close();
            rehearsal.close();
            Rehearsal.delete(directory);
        }
    }

    @Test
    void theActionIsListedAndRunsOverHttpAndInTheInbox() throws Exception {
        Client client = cluster();
        JsonNode action = StreamSupport.stream(json(client.get("/api/v1/actions")).get("actions").spliterator(), false)
                .filter(each -> each.get("name").asText().equals("reboot-hosts")).findFirst().orElseThrow();
        assertThat(action.get("builtIn").asBoolean()).isFalse();
        assertThat(action.get("asksFirst").asBoolean()).isTrue();
        assertThat(action.at("/parameters/0/default").asInt()).isEqualTo(600);

        HttpResponse<String> wrong = client.postSpec("/api/v1/runs?action=reboot-hosts&drain-timeout=soon", Serving.TWO_HOSTS);
        assertThat(wrong.statusCode()).isEqualTo(400);
        assertThat(json(wrong).get("detail").asText()).contains("drain-timeout").contains("10m");
        HttpResponse<String> unknown = client.postSpec("/api/v1/runs?action=rebot-hosts", Serving.TWO_HOSTS);
        assertThat(unknown.statusCode()).isEqualTo(400);
        assertThat(json(unknown).get("detail").asText()).contains("did you mean reboot-hosts?",
                "apply, backup, backups, bundle, certificates, change-endpoint, force-unlock, migrate-runtime, plan, reboot-hosts, "
                        + "renew-certificates, reset, restore, rollback-run, snapshot");

        Path boot = rehearsal.roots().get("h2").resolve("proc/sys/kernel/random/boot_id");
        String before = Files.readString(boot);
        JsonNode run = ended(client, "?action=reboot-hosts&drain-timeout=90s");
        assertThat(run.get("state").asText()).as(run.toPrettyString()).isEqualTo("succeeded");
        assertThat(run.get("action").asText()).isEqualTo("reboot-hosts");
        assertThat(StreamSupport.stream(run.get("steps").spliterator(), false)
                .map(step -> step.path("host").asText() + " " + step.get("step").asText()))
                .contains("h1 reboot", "h2 reboot", "h1 drain-node", "h2 drain-node", "h2 rebooted");
        assertThat(boot).hasContent("after " + before.strip());

        Path spec = Files.writeString(scratch.parent().resolve("reboot.yaml"),
                Serving.TWO_HOSTS.replace("{name: demo}",
                        "{name: demo, annotations: {caravan/action: reboot-hosts, caravan/parameters: {force: true}}}"));
        Files.move(spec, serving.inbox().resolve("reboot.yaml"), StandardCopyOption.ATOMIC_MOVE);
        Path result = serving.inbox().resolve(".done").resolve("reboot.yaml.result.json");
        await().atMost(LONG).until(() -> Files.exists(result));
        String second = new ObjectMapper().readTree(result.toFile()).get("run").asText();
        assertThat(json(client.get("/api/v1/runs/" + second)).get("action").asText()).isEqualTo("reboot-hosts");
        assertThat(boot).hasContent("after after " + before.strip());

        Path mistyped = Files.writeString(scratch.parent().resolve("mistyped.yaml"),
                Serving.TWO_HOSTS.replace("{name: demo}", "{name: demo, annotations: {caravan/action: rebot-hosts}}"));
        Files.move(mistyped, serving.inbox().resolve("mistyped.yaml"), StandardCopyOption.ATOMIC_MOVE);
        Path refused = serving.inbox().resolve(".failed").resolve("mistyped.yaml.result.json");
        await().atMost(LONG).until(() -> Files.exists(refused));
        assertThat(Files.readString(refused)).contains("\"exitStatus\" : 2", "did you mean reboot-hosts?");
    }

    /** The form has the action's own parameters; as the action asks first, the cluster's name is typed. */
    @Tag("long")
    @Test
    void theActionIsStartedOnThePage() throws Exception {
        Path program = Chromium.orSkip();
        cluster();
        try (Chromium browser = new Chromium(program)) {
            Path boot = rehearsal.roots().get("h2").resolve("proc/sys/kernel/random/boot_id");
            String before = Files.readString(boot);
            browser.open(serving.uri("/#/new"));
            browser.until("document.querySelector('#new-action option[value=reboot-hosts]')");
            set(browser, "#new-text", Serving.TWO_HOSTS, "input");
            set(browser, "#new-action", "reboot-hosts", "change");
            browser.until("document.querySelector('#new-form [name=drain-timeout]')");
            set(browser, "#new-form [name=drain-timeout]", "90s", "input");
            browser.until("!document.getElementById('new-start').disabled");
            browser.click("#new-start");
            browser.until("document.getElementById('ask').open && document.getElementById('ask-yes').disabled");
            browser.value("document.querySelector('#ask-name input').focus()");
            browser.type("demo");
            browser.click("#ask-yes");
            browser.until("page.model && page.model.run.action === 'reboot-hosts' && page.model.ended", LONG);

            assertThat(browser.value("page.model.state").asText()).isEqualTo("succeeded");
            assertThat(browser.value("page.model.run.parameters['drain-timeout']").asText()).isIn("90", "90s", "1m30s");
            assertThat(boot).hasContent("after " + before.strip());
            assertThat(browser.problems()).isEmpty();
        }
    }

    @Tag("long")
    @Test
    void anActionThatIsOfferedForBackupsIsWhatTheButtonBegins() throws Exception {
        Path program = Chromium.orSkip();
        assertThat(json(cluster().get("/api/v1/actions")).at("/offered/backup").asText()).isEqualTo("snapshot");
        try (Chromium browser = new Chromium(program)) {
            browser.open(serving.uri("/#/clusters/demo"));
            browser.until("document.querySelector('#do-backup:enabled')");
            browser.click("#do-backup");
            browser.until("document.getElementById('ask').open && !document.getElementById('ask-yes').disabled");
            browser.click("#ask-yes");
            browser.until("page.model && page.model.run.action === 'snapshot' && page.model.ended", LONG);

            assertThat(browser.value("page.model.state").asText()).isEqualTo("succeeded");
            assertThat(json(cluster().get("/api/v1/clusters/demo")).get("backups")).isNotEmpty();
        }
    }

    private static void set(Chromium browser, String selector, String value, String event) throws Exception {
        ObjectMapper json = new ObjectMapper();
        browser.value("(field => { field.value = " + json.writeValueAsString(value) + "; field.dispatchEvent(new Event('" + event
                + "', {bubbles: true})); })(document.querySelector(" + json.writeValueAsString(selector) + "))");
    }

    private static JsonNode ended(Client client, String query) throws Exception {
        String id = json(client.postSpec("/api/v1/runs" + query, Serving.TWO_HOSTS)).get("id").asText();
        client.http().send(HttpRequest.newBuilder(serving.uri("/api/v1/runs/" + id + "/events")).timeout(LONG).build(),
                HttpResponse.BodyHandlers.ofString());
        return json(client.get("/api/v1/runs/" + id));
    }

    @Test
    void theCommandTakesTheHostsOneAfterTheOtherAndGivesTheParametersToTheScripts() throws Exception {
        try (ScriptedHosts hosts = ScriptedHosts.start(2)) {
            hosts.script(call -> CompletableFuture.completedFuture(answer(call)));
            assertThat(run(hosts, "reboot-hosts", "--set", "drain-timeout=2m", "--set", "force=true")).isZero();
            assertThat(hosts.calls().stream().filter(call -> !call.step().equals("facts")).map(call -> call.host() + " " + call.step()))
                    .isEqualTo(ONE_AFTER_THE_OTHER);
            List<Call> drains = hosts.calls().stream().filter(call -> call.step().equals("drain-node")).toList();
            assertThat(drains).extracting(call -> call.environment().get("NODE")).containsExactly("h1", "h2");
            assertThat(drains).allSatisfy(call -> assertThat(call.environment()).containsEntry("DRAIN_SECONDS", "120")
                    .containsEntry("ON_BLOCKED", "force"));
            assertThat(hosts.calls()).filteredOn(call -> call.is("h2", "reboot"))
                    .allSatisfy(call -> assertThat(call.environment()).containsEntry("BOOT_ID", "boot of h2"));
        }
    }

    @Test
    void theFirstHostThatFailsEndsTheRun() throws Exception {
        try (ScriptedHosts hosts = ScriptedHosts.start(2)) {
            hosts.script(call -> CompletableFuture.completedFuture(call.is("h1", "drain-node")
                    ? Reply.failed("a disruption budget does not allow it")
                    : answer(call)));
            assertThat(run(hosts, "reboot-hosts")).isEqualTo(5);
            assertThat(hosts.calls().stream().map(Call::step)).doesNotContain("reboot");
        }
    }

    @Test
    void whatIsAskedForWronglyTouchesNoHost() throws Exception {
        try (ScriptedHosts hosts = ScriptedHosts.start(2)) {
            for (List<String> wrong : List.of(List.of("rebot-hosts"), List.of("reboot-hosts", "--set", "speed=9"),
                    List.of("reboot-hosts", "--set", "force=maybe"), List.of("reboot-hosts", "--set", "force"))) {
                assertThat(run(hosts, wrong.toArray(String[]::new))).as(wrong.toString()).isEqualTo(2);
            }
            assertThat(hosts.calls()).isEmpty();
        }
    }

    private static Reply answer(Call call) {
        return switch (call.step()) {
            case "boot-id" -> Reply.ok().output("bootId", "boot of " + call.host());
            case "facts" -> Reply.facts(call.host(), true);
            default -> Reply.ok();
        };
    }

    private int run(ScriptedHosts hosts, String... arguments) throws Exception {
        Path spec = Files.writeString(scratch.parent().resolve("spec.yaml"), Serving.TWO_HOSTS
                .replace("ssh: {user: root}", "ssh: {user: root, port: " + hosts.port()
                        + ", password: correct horse, hostKeyCheck: \"off\"}")
                .replace("192.0.2.11", ScriptedHosts.ADDRESSES + "1").replace("192.0.2.12", ScriptedHosts.ADDRESSES + "2"));
        List<String> all = new java.util.ArrayList<>(List.of("run"));
        all.addAll(List.of(arguments));
        all.addAll(List.of("-f", spec.toString(), "--routes", ROUTES.toString(), "--data", scratch.parent().resolve("data").toString(),
                "--output", "quiet", "--yes"));
        return CaravanCommand.execute(all.toArray(String[]::new));
    }
}
