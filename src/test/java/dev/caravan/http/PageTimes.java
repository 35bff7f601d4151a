package dev.caravan.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.testkit.Serving;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;

/**
 * Prints how large the page is, and how soon Chromium paints it on loopback: at the first request that an engine gets after its start, and
 * at further ones. Not a test: what it prints depends on the machine; CONTRIBUTING.md says how to run it.
 */
final class PageTimes {
    private static final int ENGINES = 5;
    private static final int FURTHER = 6;

    private PageTimes() {}

    public static void main(String[] arguments) throws Exception {
        try (Chromium browser = new Chromium(Chromium.installed().orElseThrow())) {
            browser.size(1280, 800, false);
            // The browser's own first page costs it more than any page after it.
            browser.value("document.body.textContent = 'warm'");
            for (int engine = 1; engine <= ENGINES; engine++) {
                Path directory = Files.createTempDirectory("caravan-times");
                try (Serving serving = Serving.start(directory, Optional.empty())) {
                    for (int load = 0; load <= FURTHER; load++) {
                        System.out.println("engine " + engine + ", load " + load + ": " + times(browser, serving));
                    }
                    if (engine == ENGINES) {
                        sizes(new Client(serving).get("/").body());
                    }
                }
            }
        }
        System.exit(0);
    }

    private static String times(Chromium browser, Serving serving) {
        browser.open(serving.uri("/#/new"));
        browser.until("performance.getEntriesByName('first-contentful-paint').length === 1");
        JsonNode times = browser.value("(([n], [p]) => ({answered: n.responseStart, received: n.responseEnd, painted: p.startTime}))("
                + "performance.getEntriesByType('navigation'), performance.getEntriesByName('first-contentful-paint'))");
        return String.format("answered after %.0f ms, received after %.0f ms, painted after %.0f ms", times.get("answered").asDouble(),
                times.get("received").asDouble(), times.get("painted").asDouble());
    }

    private static void sizes(String page) throws Exception {
        ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(compressed)) {
            gzip.write(page.getBytes(StandardCharsets.UTF_8));
        }
        System.out.printf("%d bytes, %d with gzip%n", page.getBytes(StandardCharsets.UTF_8).length, compressed.size());
    }
}
