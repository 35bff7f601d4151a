package dev.caravan.http;

import static dev.caravan.history.Occurrences.showing;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.history.Attempt;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.Occurrence.RunQueued;
import dev.caravan.history.Occurrence.RunStarted;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.RunState;
import dev.caravan.history.Shows;
import dev.caravan.history.StepState;
import dev.caravan.journal.RunRecord;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The list of runs, two that are compared, and a phone. */
class RunListPageTest extends PageOfRehearsal {
    @Test
    void thePageListensToEveryTypeOfEventAndFindsARunByTheBeginningOfItsId() throws Exception {
        JsonNode types = Described.DOCUMENT.at("/components/schemas/Event/properties/type/enum");
        browser.open(serving.uri("/"));
        assertThat(browser.value("EVENTS.slice().sort()")).isEqualTo(browser.value(types + ".sort()"));
        recorded("short-of-nothing", "short", List.of(host("h1")));
        browser.value("location.hash = '#/runs/short-of-n/timeline'");
        browser.until("location.hash === '#/runs/short-of-nothing' && page.model && page.model.id === 'short-of-nothing'");
        failed("short-of-nothing", "");
    }

    @Test
    void theAddressHasWhichRunsAreListedAndOlderOnesFollowPageByPage() throws Exception {
        Instant day = LocalDate.of(2020, 2, 29).atTime(12, 0).atZone(ZoneId.systemDefault()).toInstant();
        for (int number = 0; number < 600; number++) {
            String run = "old-%03d".formatted(number);
            journal().begin(new RunRecord(run, "museum", number % 3 == 0 ? "plan" : "apply", "command", true, "{}", "", RunState.QUEUED,
                    day.plusSeconds(number), Optional.empty()));
            journal().end(run, RunEnded.of(number % 2 == 0 ? RunState.FAILED : RunState.SUCCEEDED, ""));
        }
        String shown = "document.querySelectorAll('#runs [data-run^=old-]').length";
        browser.open(serving.uri("/?cluster=museum"));
        browser.until(shown + " === 50");
        assertThat(browser.value("document.getElementById('by-cluster').value").asText()).isEqualTo("museum");
        for (int all : List.of(250, 450, 600)) {
            browser.click("#older");
            browser.until(shown + " === " + all);
        }
        browser.until("document.getElementById('older').hidden");
        assertThat(browser.value("[...document.querySelectorAll('#runs [data-run]')].map(e => e.dataset.run).join()").asText())
                .as("in order, none twice").startsWith("old-599,old-598,").endsWith(",old-001,old-000").hasSize(600 * 8 - 1);

        choose("by-state", "failed");
        choose("by-action", "plan");
        browser.until("location.search === '?state=failed&action=plan&cluster=museum' && " + shown + " === 50");
        assertThat(browser.value("[...document.querySelectorAll('#runs [data-run]')].every(e => e.className === 'failed')").asBoolean())
                .isTrue();
        browser.open(serving.uri("/?from=2020-02-29&until=2020-02-29&cluster=museum"
                + "&state=succeeded&colour=red&action=%3Cb%3E#/runs/old-001"));
        browser.until(shown + " === 50 && document.querySelector('[data-run=old-599]')");
        assertThat(browser.text("#filters summary")).isEqualTo("Filter (4)");
        choose("by-from", "2020-03-01");
        browser.until(shown + " === 0 && !document.getElementById('none-so').hidden");
        assertThat(browser.value("location.hash").asText()).as("the run that is shown stays").isEqualTo("#/runs/old-001");
        browser.click("#by-none");
        browser.until("location.search === '' && document.getElementById('none-so').hidden && runList.runs.length > 0");
    }

    @Test
    void twoRunsAreComparedByDurationsChangesAndSpecs() throws Exception {
        String spec = "a: 1\nb: 2\nc: 3\nd: 4\ne: 5\nf: 6\ng: 7\nh: 8\ni: 9\n";
        compared("first", spec, "swap off", "gone");
        compared("second", spec.replace("b: 2", "b: two").replace("i: 9\n", "i: 9\nj: " + HOSTILE + "\n"), "swap off",
                HOSTILE);
        open("second", "");
        browser.click("#to-compare");
        browser.until("document.getElementById('compare-specs')");
        assertThat(browser.text("#compare-facts")).contains("first", "second", "apply");
        assertThat(browser.text("#compare-durations")).contains("os-prepare");
        String spans = "spans: [{kind: 'attempt', step: 'facts', startedAt: '1970-01-01T00:00:01Z', endedAt: '1970-01-01T00:00:03Z'}, "
                + "{kind: 'pause', step: 'facts', startedAt: '1970-01-01T00:00:03Z', endedAt: '1970-01-01T00:00:09Z'}";
        assertThat(browser.value("compare.durations({run: {id: 'a'}, timeline: {" + spans + "]}}, {run: {id: 'b'}, timeline: {" + spans
                + ", {kind: 'attempt', step: 'facts', startedAt: '1970-01-01T00:00:09Z', endedAt: '1970-01-01T00:00:12Z'}, "
                + "{kind: 'attempt', step: 'x', startedAt: '1970-01-01T00:00:09Z', endedAt: '1970-01-01T00:00:10Z'}]}})[2].innerText")
                .asText())
                .contains("facts2.0s5.0s+3.0s", "x1.0snew");
        assertThat(browser.text("#compare")).contains("1 change is in both.");
        assertThat(browser.text("#compare-changes").replaceAll("\\s+", " ")).contains("\u2212 first h1 os-prepare gone", "+ second h1 "
                + "os-prepare <img");
        assertThat(browser.text("#compare-specs").lines()).containsExactly("  a: 1", "- b: 2", "+ b: two", "  c: 3", "  d: 4", "  e: 5",
                "\u2026", "  g: 7", "  h: 8", "  i: 9", "+ j: " + HOSTILE, "  ");
        assertThat(browser.value("window.harmed === undefined").asBoolean()).isTrue();
        browser.value("location.hash = '#/compare/first/first'");
        browser.until("document.getElementById('compare').innerText.includes('The two have the same spec.')");
        assertThat(browser.text("#compare")).contains("2 changes are in both; there are no others.");
    }

    private static void compared(String run, String spec, String... changes) {
        journal().begin(new RunRecord(run, "compared", "apply", "command", true, spec, "", RunState.QUEUED, Instant.now(),
                Optional.empty()));
        tell(run, showing(Shows.SPEC, new RunQueued("apply", "compared", List.of(host("h1")), true, true, false, Optional.empty(),
                List.of(), "", Map.of(), false)));
        tell(run, new RunStarted());
        tell(run, new StepEnded(Attempt.of("h1", "os-prepare", 1), "", StepState.CHANGED, List.of(changes), List.of(), Map.of(), false,
                Optional.empty(), Optional.of(Duration.ofSeconds(1)), Optional.empty()));
        journal().end(run, RunEnded.of(RunState.SUCCEEDED, ""));
    }

    @Test
    void aPhoneShowsTheRunsAndThenARun() throws Exception {
        recorded("pocket", "pocket", List.of(host("h1")));
        done("pocket", "h1", "facts", StepState.OK);
        failed("pocket", "");
        browser.size(390, 844, true);
        browser.open(serving.uri("/"));
        browser.until("document.querySelector('[data-run=pocket]')");
        browser.click("[data-run=pocket]");
        browser.until("document.querySelectorAll('#matrix td.ok').length === 1");
        assertThat(browser.value("document.documentElement.scrollWidth").asInt()).as("nothing sticks out").isLessThanOrEqualTo(390);
        browser.click(".back");
        browser.until("document.querySelector('[data-run=pocket]').offsetParent !== null");
        browser.dark(true);
        assertThat(browser.value("getComputedStyle(document.body).backgroundColor").asText()).isEqualTo("rgb(20, 24, 28)");
        browser.dark(false);
        await().atMost(LONG).until(() -> browser.value("getComputedStyle(document.body).backgroundColor").asText()
                .equals("rgb(255, 255, 255)"));
    }
}
