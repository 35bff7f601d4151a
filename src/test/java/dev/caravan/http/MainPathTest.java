package dev.caravan.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.rehearsal.Rehearsal;
import dev.caravan.spec.Secret;
import dev.caravan.spec.SpecReader;
import dev.caravan.testkit.Serving;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Rehearsal: the main path through the page in a real Chromium, by keyboard alone, 320 pixels wide, with reduced motion. */
@Tag("long")
class MainPathTest {
    private static final String TOKEN = "token-of-the-page-0123";

    @Test
    void aClusterIsMadeUpgradedAndBackedUpByKeyboardAlone() throws Exception {
        Path program = Chromium.orSkip();
        Path scratch = Files.createTempDirectory("caravan-main-path").toRealPath();
        try (Rehearsal rehearsal = Rehearsal.start(SpecReader.read(Serving.TWO_HOSTS, "test"), List.of(), scratch.resolve("hosts"),
                        Rehearsal.Options.usual().withPace(0.3));
                Serving serving = Serving.rehearse(scratch, rehearsal, Optional.of(new Secret(TOKEN)), Map.of());
                Chromium browser = new Chromium(program)) {
            browser.size(320, 700, false);
            browser.reducedMotion();
            rehearsal.offer("1.21.9");
            URI page = URI.create(serving.uri("/").toString().replace("//", "//anybody:" + TOKEN + "@"));
            new MainPath(browser, page, Path.of("target/main-path"), Duration.ofMinutes(5)).go(Serving.TWO_HOSTS, "demo", "1.21.9");
            assertThat(browser.problems()).isEmpty();
        }
        Rehearsal.delete(scratch);
    }
}
