package dev.caravan.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.RunState;
import dev.caravan.journal.RunRecord;
import dev.caravan.testkit.Serving;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A new run on the page, in a real Chromium: where its spec comes from, what is wrong with it, and what its action does. */
class NewRunPageTest {
    @RegisterExtension
    static final ServedPage PAGE = new ServedPage();

    private static Serving serving;
    private static Chromium browser;

    @BeforeAll
    static void begin() {
        serving = PAGE.serving();
        browser = PAGE.browser();
        browser.size(1280, 800, false);
    }

    @AfterEach
    void nothingWentWrongInThePage() {
        assertThat(browser.takeProblems()).isEmpty();
    }

    private static void open(String address) {
        browser.open(serving.uri("/" + address));
    }

    private static String text(String expression) {
        return browser.value(expression).asText();
    }

    private static String quoted(String text) {
        return "'" + text.replace("\n", "\\n") + "'";
    }

    @Test
    void theChoiceOfAnActionShowsItsGraphAndKeepsWhatWasWritten() {
        open("#/new");
        browser.until("byId('new-state').className === 'ok' && newRun.actions.length");
        browser.value("byId('new-text').value += '# mine'; byId('new-action').value = 'reset'; newRun.drawForm()");
        browser.value("byId('new-graph').focus()");
        browser.press("Enter");
        browser.until("byId('graph').open && byId('graph-view').querySelector('[data-route=rollback-hosts]')");
        assertThat(text("byId('graph-title').textContent + workflow.root")).isEqualTo("resetreset");
        browser.click("#graph-view [data-route=reset-host]");
        browser.click("#graph-view #route-source");
        browser.until("byId('source').open && byId('source-text').textContent.includes('id: reset-host')");
        browser.press("Escape");
        browser.until("!byId('source').open && byId('graph').open");
        browser.press("Escape");
        browser.until("!byId('graph').open && document.activeElement === byId('new-graph')");
        assertThat(text("byId('new-text').value")).endsWith("# mine");
        assertThat(text("byId('new-action').value")).isEqualTo("reset");
    }

    @Test
    void whoComesBackToASpecOfAnEarlierRunFindsItAsTheyLeftIt() throws Exception {
        serving.engine().journal().begin(new RunRecord("early-one", "early", "apply", "command", false, Serving.spec() + "# early\n", "",
                RunState.QUEUED, Instant.now(), Optional.empty()));
        serving.engine().journal().end("early-one", RunEnded.of(RunState.SUCCEEDED, ""));
        open("#/new");
        browser.until("byId('new-state').className === 'ok' && byId('new-from').querySelector('optgroup[label=early]')");
        browser.value("byId('new-from').value = 'early-one'; byId('new-from').dispatchEvent(new Event('change'))");
        browser.until("byId('new-text').value.endsWith('# early\\n')");
        browser.value("location.hash = '#/new/early-one/certificates'");
        browser.until("byId('new-action').value === 'certificates' && byId('new-form').querySelector('[name=host]')");
        browser.value("byId('new-text').value += '# mine'; byId('new-text').dispatchEvent(new Event('input')); newRun.choose('backup')");
        browser.value("location.hash = '#/clusters'");
        browser.until("document.querySelector('#clusters h1')");
        browser.value("history.back()");
        browser.until("document.body.dataset.screen === 'new' && newRun.valid");
        assertThat(text("byId('new-text').value")).endsWith("# mine");
        assertThat(text("byId('new-action').value")).isEqualTo("backup");
        browser.value("location.hash = '#/new/early-one/reset'");
        browser.until("byId('new-action').value === 'reset'");
    }

    @Test
    void everyExampleIsAValidSpec() {
        open("#/new");
        browser.until("byId('new-state').className === 'ok' && byId('new-from').querySelector('optgroup[label=Examples]')");
        String names = text("[...byId('new-from').querySelectorAll('optgroup[label=Examples] option')].map(each => each.value).join('|')");
        assertThat(names.split("\\|")).hasSizeGreaterThan(1).allSatisfy(name -> {
            browser.value("byId('new-from').value = '" + name + "'; byId('new-from').dispatchEvent(new Event('change'))");
            browser.until("byId('new-text').value === EXAMPLES.get('" + name + "') && newRun.valid");
            assertThat(text("byId('new-state').className")).isEqualTo("ok");
        });
    }

    @Test
    void whatIsWrongIsMarkedAtItsColumnAndWhereItIsGoneTo() {
        open("#/new");
        browser.until("byId('new-state').className === 'ok'");
        browser.value("newRun.fill(EXAMPLE.replace('[control-plane]', '[control-plain], colour: red'), '')");
        browser.until("document.querySelectorAll('#new-problems button').length === 2");
        assertThat(text("[...byId('new-paint').querySelectorAll('.wrong .spot')].map(each => each.textContent).sort().join()"))
                .isEqualTo("colour,control-plain");
        assertThat(text("byId('new-text').getAttribute('aria-invalid')")).isEqualTo("true");
        browser.click("#new-problems button");
        assertThat(text("(area => area.value.slice(area.selectionStart, area.selectionEnd))(byId('new-text'))"))
                .isIn("colour", "control-plain");
        String[][] words = {{"a: \"b c\" d", "3", "\"b c\""}, {"a: b", "0", "a"}, {"a: h:1, x", "3", "h:1"}, {"a: ", "9", " "}};
        for (String[] word : words) {
            assertThat(text("(([from, to]) => " + quoted(word[0]) + ".slice(from, to))(wordAt(" + quoted(word[0]) + ", " + word[1] + "))"))
                    .isEqualTo(word[2]);
        }
        browser.value("newRun.fill(EXAMPLE, '')");
        browser.until("byId('new-state').className === 'ok' && !byId('new-text').hasAttribute('aria-invalid')");
        browser.problems().removeIf(problem -> problem.contains("422")); // the browser reports the answer of validate
    }

    @Test
    void aSpecIsCompletedByItsSchema() {
        open("#/new");
        browser.until("byId('new-state').className === 'ok'");
        browser.value("newRun.fill('', ''); byId('new-text').focus()");
        browser.type("api");
        browser.until("completion.isOpen");
        assertThat(text("byId('new-complete').innerText")).contains("apiVersion", "The version of this format.");
        browser.press("Enter");
        browser.until("!completion.isOpen && byId('new-text').value === 'apiVersion: '");
        browser.type("c");
        browser.until("completion.isOpen");
        browser.press("Enter");
        browser.type("\nkind: Cluster\nmetadata: {n");
        browser.until("completion.isOpen");
        browser.press("Enter");
        browser.type("demo}\nspec:\n  hosts:\n  - {name: h1, address: 192.0.2.1, roles: [");
        browser.value("completion.ask(true)");
        browser.until("completion.isOpen");
        browser.press("ArrowDown");
        browser.press("ArrowUp");
        assertThat(text("byId('new-text').getAttribute('aria-activedescendant')")).isEqualTo("new-complete-0");
        browser.press("Enter");
        browser.type("]}\n  ku");
        browser.until("completion.isOpen");
        browser.press("Enter");
        browser.type("ver");
        browser.until("completion.isOpen");
        browser.press("Enter");
        browser.type("1.37.2");
        browser.press("Escape");
        assertThat(text("byId('new-text').value")).isEqualTo("""
                apiVersion: caravan/v1
                kind: Cluster
                metadata: {name: demo}
                spec:
                  hosts:
                  - {name: h1, address: 192.0.2.1, roles: [control-plane]}
                  kubernetes:
                    version: 1.37.2""");
        browser.until("byId('new-state').className === 'ok'");
    }

    @Test
    void whereTheCursorIsInASpecIsKnown() {
        open("#/new");
        browser.until("byId('new-state').className === 'ok'");
        String[][] places = {{"", "key", "", ""}, {"spec:\n  ", "key", "spec", ""},
            {"spec:\n  hosts:\n    - na", "key", "spec,hosts,", "na"},
            {"spec:\n  hosts:\n  - name: h1\n    ", "key", "spec,hosts,", ""},
            {"spec:\n  hosts:\n    - {name: h1, roles: [w", "value", "spec,hosts,,roles,", "w"},
            {"spec:\n  hosts:\n    - {name: h1, ", "key", "spec,hosts,", ""},
            {"spec:\n  runtime: {name: ", "value", "spec,runtime,name", ""}, {"spec:\n  runtime: {name: x}\n  ", "key", "spec", ""},
            {"spec:\n  runtime:\n    name: con", "value", "spec,runtime,name", "con"},
            {"spec:\n  kubernetes: {\n    upgrade: {dr", "key", "spec,kubernetes,upgrade", "dr"}};
        for (String[] place : places) {
            assertThat(text("(place => [place.kind, place.path.join(), place.word].join('|'))(placeIn(" + quoted(place[0]) + "))"))
                    .as(place[0]).isEqualTo(place[1] + "|" + place[2] + "|" + place[3]);
        }
        assertThat(text("String(placeIn('spec: # a comm'))")).isEqualTo("null");
    }
}
