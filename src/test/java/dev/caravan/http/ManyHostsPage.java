package dev.caravan.http;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Prints how long the page takes to show a run with many hosts, and to find one of them. {@code bench/fleet} starts it while such a run is
 * under way, and after its end. Not a test: what it prints depends on the machine.
 */
final class ManyHostsPage {
    private static final Duration LONG = Duration.ofMinutes(3);

    private ManyHostsPage() {}

    /** URI-OF-ENGINE RUN HOST FILE: a host of the run to find, and where a picture is written. */
    public static void main(String[] arguments) throws Exception {
        URI run = URI.create(arguments[0] + "/#/runs/" + arguments[1]);
        String host = arguments[2];
        try (Chromium browser = new Chromium(Chromium.installed().orElseThrow())) {
            browser.size(1280, 800, false);
            browser.value("document.body.textContent = 'warm'");
            long opened = System.nanoTime();
            browser.open(run);
            browser.until("document.readyState === 'complete' && page.model && document.querySelector('#matrix tbody tr') !== null", LONG);
            long shown = System.nanoTime();
            browser.screenshot(Path.of(arguments[3]));
            browser.click("#find-host");
            long asked = System.nanoTime();
            browser.type(host);
            browser.until("[...document.querySelectorAll('#matrix tbody tr[data-host]')].filter(row => !row.hidden)"
                    + ".map(row => row.dataset.host).join() === '" + host + "'", LONG);
            long found = System.nanoTime();
            System.out.printf("page: shown after %d ms, a host found after %d ms, %d MiB of JavaScript's heap%n", millis(opened, shown),
                    millis(asked, found), browser.value("performance.memory.usedJSHeapSize").asLong() >> 20);
        }
        System.exit(0);
    }

    private static long millis(long from, long to) {
        return Duration.ofNanos(to - from).toMillis();
    }
}
