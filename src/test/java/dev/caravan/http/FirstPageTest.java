package dev.caravan.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.rehearsal.Rehearsal;
import dev.caravan.rehearsal.Rehearsals;
import dev.caravan.rehearsal.ScratchDirectory;
import dev.caravan.testkit.Serving;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What somebody sees in a real Chromium before the first run. */
class FirstPageTest {
    @Test
    void anExampleIsTriedWithOneClickWhereHostsAreSimulated(@TempDir Path directory) throws Exception {
        Path program = Chromium.orSkip();
        try (ScratchDirectory scratch = ScratchDirectory.open();
                Rehearsals rehearsals = new Rehearsals(scratch.hosts(), Rehearsal.Options.usual().withPace(0));
                Serving serving = Serving.rehearse(directory, rehearsals);
                Chromium browser = new Chromium(program)) {
            browser.open(serving.uri("/"));
            browser.until("!byId('first').hidden && byId('first').querySelector('h1')");
            assertThat(browser.text("#first")).contains("mv spec.yaml " + serving.inbox().toRealPath(), "curl -X POST -H",
                    serving.uri("/api/v1/runs?action=apply").toString());
            browser.click("#try");
            browser.until("page.model && page.model.ended", Duration.ofMinutes(5));
            assertThat(browser.value("page.model.state + page.model.run.action + realHosts(page.model)").asText())
                    .isEqualTo("succeededapply3");
            browser.value("location.hash = '#/'");
            browser.until("byId('first').hidden && document.querySelector('#runs a')");
            assertThat(browser.problems()).isEmpty();
        }
    }

    @Test
    void whereHostsAreRealItSaysHowToBegin(@TempDir Path directory) throws Exception {
        Path program = Chromium.orSkip();
        Path real = directory.toRealPath();
        try (Serving serving = Serving.start(real, Optional.empty()); Chromium browser = new Chromium(program)) {
            browser.open(serving.uri("/"));
            browser.until("!byId('first').hidden && byId('first').querySelector('h1')");
            assertThat(browser.text("#first")).contains("caravan serve --rehearse --port 8081 --inbox rehearsal-inbox",
                    "caravan apply -f spec.yaml --data " + real.resolve("data"), "mv spec.yaml " + real.resolve("inbox"));
            Files.writeString(serving.inbox().resolve("spec.yaml"), Serving.spec());
            browser.until("byId('first').hidden && document.querySelector('#runs a')");
            assertThat(browser.problems()).isEmpty();
            serving.engine().runs().underWay().forEach(serving::release);
        }
    }
}
