package dev.caravan.http;

import static dev.caravan.http.Client.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.packages.Family;
import dev.caravan.rehearsal.Rehearsal;
import dev.caravan.rehearsal.Scratch;
import dev.caravan.spec.SpecReader;
import dev.caravan.testkit.Serving;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Rehearsal: exactly what a plan said is applied, or nothing. */
class ApprovedPlanTest {
    private static final Duration LONG = Duration.ofSeconds(300);
    private static final String PASSWORD = "quite-a-secret-7";
    private static final String SPEC = Serving.TWO_HOSTS.replace("{user: root}", "{user: root, sudoPassword: " + PASSWORD + "}")
            + "  backup: {passphrase: the-first-of-two-passphrases}\n";

    @RegisterExtension
    final Scratch scratch = new Scratch();

    private Client client;

    @Tag("long")
    @Test
    void aPlanIsAppliedOnAnUnchangedWorldAndRefusedOnAnother() throws Exception {
        try (Rehearsal rehearsal =
                Rehearsal.start(SpecReader.read(SPEC, "test"), List.of(), scratch.directory(),
                        Rehearsal.Options.usual().withFamily(Family.APT).withPace(0));
                Serving serving = Serving.rehearse(scratch.parent(), rehearsal)) {
            client = new Client(serving);
            JsonNode plan = run("?action=plan", SPEC);
            String planned = plan.get("id").asText();
            assertThat(plan.get("digest").asText()).matches("sha256:[0-9a-f]{64}");
            Path swaps = rehearsal.host("h2").root().resolve("etc/fstab");

            Files.writeString(swaps, "/dev/vdz none swap sw 0 0\n", StandardOpenOption.APPEND);
            JsonNode drifted = run("?action=apply&plan=" + planned, SPEC);
            assertThat(drifted.get("state").asText()).as(drifted.toPrettyString()).isEqualTo("refused");
            assertThat(findings(drifted)).contains("h2 os-prepare", "fstab", "vdz").doesNotContain("h1");
            assertThat(changed(drifted)).as("nothing was changed").isEmpty();
            assertThat(swaps).content().contains("\n/dev/vdz");
            String ofNow = drifted.get("message").asText().replaceFirst("(?s).*--plan ([0-9a-f]{8}).*", "$1");
            JsonNode again = json(client.get("/api/v1/runs/" + ofNow));
            assertThat(again.get("action").asText()).isEqualTo("plan");
            assertThat(again.get("digest").asText()).isNotEqualTo(plan.get("digest").asText());

            JsonNode otherSpec = run("?action=apply&plan=" + ofNow, SPEC.replace("1.20.2", "1.20.3").replace(PASSWORD, "another-secret-8"));
            assertThat(otherSpec.get("state").asText()).isEqualTo("refused");
            assertThat(findings(otherSpec)).contains("planned", "version: 1.20.2", "now", "version: 1.20.3").doesNotContain("h2");

            JsonNode otherSecret = run("?action=apply&plan=" + ofNow, SPEC.replace("first-of-two", "second-of-two"));
            assertThat(otherSecret.get("state").asText()).as(otherSecret.toPrettyString()).isEqualTo("refused");
            assertThat(findings(otherSecret)).contains("spec.backup.passphrase").doesNotContain("kubeadm", "of-two");
            assertThat(changed(otherSecret)).isEmpty();

            JsonNode applied = run("?action=apply&plan=" + ofNow.substring(0, 7), SPEC);
            assertThat(applied.get("state").asText()).as(applied.toPrettyString()).isEqualTo("succeeded");
            assertThat(changed(applied)).contains("h2 os-prepare", "h1 kubeadm-init");
            assertThat(swaps).content().doesNotContain("\n/dev/vdz");

            JsonNode stale = run("?action=apply&plan=" + ofNow, SPEC);
            assertThat(stale.get("state").asText()).isEqualTo("refused");
            assertThat(findings(stale)).contains("kubeadm-init would no longer change this");
            for (String other : List.of(applied.get("id").asText(), "none-such")) {
                assertThat(findings(run("?action=apply&plan=" + other, SPEC))).containsAnyOf("is of the action apply, which is no plan",
                        "the journal has no run none-such");
            }
            for (JsonNode each : json(client.get("/api/v1/runs")).get("runs")) {
                assertThat(each.has("endedAt")).as("no run is left: %s", each).isTrue();
                assertThat(client.get("/api/v1/runs/" + each.get("id").asText()).body()).doesNotContain(PASSWORD, "another-secret");
            }
        }
    }

    @Tag("long")
    @Test
    void anEngineThatStopsWhileThePlanIsMadeAgainMakesItOnceMore() throws Exception {
        try (Rehearsal rehearsal = Serving.twoHosts(scratch.directory(), 0.3)) {
            String apply;
            String inner;
            try (Serving serving = Serving.rehearse(scratch.parent(), rehearsal)) {
                client = new Client(serving);
                String planned = run("?action=plan", Serving.TWO_HOSTS).get("id").asText();
                apply = json(client.postSpec("/api/v1/runs?action=apply&plan=" + planned, Serving.TWO_HOSTS)).get("id").asText();
                await().atMost(LONG).until(() -> each(json(client.get("/api/v1/runs?action=plan&state=running")).get("runs")).count() == 1);
                inner = json(client.get("/api/v1/runs?action=plan&state=running")).at("/runs/0/id").asText();
                assertThat(client.postSpec("/api/v1/runs?action=plan", Serving.TWO_HOSTS).body()).as("the run that others wait for")
                        .contains("is being worked on by run " + apply);
            }
            try (Serving serving = Serving.rehearse(scratch.parent(), rehearsal)) {
                client = new Client(serving);
                assertThat(client.post("/api/v1/runs/" + apply + "/resume", "").statusCode()).isEqualTo(202);
                await().atMost(LONG).until(() -> json(client.get("/api/v1/runs/" + apply)).has("endedAt"));
                JsonNode resumed = json(client.get("/api/v1/runs/" + apply));
                assertThat(resumed.get("state").asText()).as(resumed.toPrettyString()).isEqualTo("succeeded");
                assertThat(json(client.get("/api/v1/runs/" + inner)).get("message").asText()).contains("ended in favour of run");
                assertThat(each(json(client.get("/api/v1/runs")).get("runs")).filter(each -> !each.has("endedAt"))).isEmpty();
            }
        }
    }

    @Test
    void aRunIsCancelledWhileItsPlanIsMadeAgain() throws Exception {
        try (Rehearsal rehearsal = Serving.twoHosts(scratch.directory(), 0.3);
                Serving serving = Serving.rehearse(scratch.parent(), rehearsal)) {
            client = new Client(serving);
            String planned = run("?action=plan", Serving.TWO_HOSTS).get("id").asText();
            String apply = json(client.postSpec("/api/v1/runs?action=apply&plan=" + planned, Serving.TWO_HOSTS)).get("id").asText();
            await().atMost(LONG).until(() -> each(json(client.get("/api/v1/runs?action=plan&state=running")).get("runs")).count() == 1);
            client.post("/api/v1/runs/" + apply + "/cancel", "");
            await().atMost(LONG).until(() -> json(client.get("/api/v1/runs/" + apply)).has("endedAt"));
            assertThat(each(json(client.get("/api/v1/runs")).get("runs")).map(each -> each.get("action").asText() + " "
                    + each.get("state").asText())).containsExactly("plan cancelled", "apply cancelled", "plan succeeded");
        }
    }

    private JsonNode run(String query, String spec) throws Exception {
        String id = json(client.postSpec("/api/v1/runs" + query, spec)).get("id").asText();
        await().atMost(LONG).until(() -> json(client.get("/api/v1/runs/" + id)).has("endedAt"));
        return json(client.get("/api/v1/runs/" + id));
    }

    private static String findings(JsonNode run) {
        return String.join("\n", each(run.get("findings")).map(finding -> String.join(",", each(finding.get("hosts")).map(JsonNode::asText)
                .toList()) + " " + finding.get("problem").asText()).toList());
    }

    private static List<String> changed(JsonNode run) {
        return each(run.get("steps")).filter(step -> step.get("changed").asBoolean())
                .map(step -> step.path("host").asText() + " " + step.get("step").asText()).toList();
    }

    private static Stream<JsonNode> each(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false);
    }
}
