package dev.caravan.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.rehearsal.Rehearsal;
import dev.caravan.testkit.Serving;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;

/**
 * Prints how large the page is, and how soon Chromium paints it on loopback: at the first request that an engine gets two seconds after it
 * is ready, and at further ones. Each engine is a process of its own, as users start it. Of several jars it takes the engines in turns. Not
 * a test: what it prints depends on the machine; CONTRIBUTING.md says how to run it.
 */
final class PageTimes {
    private static final int ENGINES = Integer.getInteger("engines", 20);
    private static final int FURTHER = 3;
    private static final long PAUSE_MILLIS = 2_000;

    private PageTimes() {}

    /** JAR...: of Caravan. */
    public static void main(String[] jars) throws Exception {
        Map<String, List<Double>> painted = new LinkedHashMap<>();
        try (Chromium browser = new Chromium(Chromium.installed().orElseThrow())) {
            browser.size(1280, 800, false);
            // The browser's own first page costs it more than any page after it.
            browser.value("document.body.textContent = 'warm'");
            for (int engine = 1; engine <= ENGINES; engine++) {
                for (String jar : jars) {
                    engine(browser, jar, painted, engine == ENGINES);
                }
            }
        }
        painted.forEach((what, times) -> System.out.printf("%s: %.0f to %.0f ms, median %.0f ms, of %d%n", what,
                times.stream().min(Double::compare).orElseThrow(), times.stream().max(Double::compare).orElseThrow(),
                times.stream().sorted().toList().get(times.size() / 2), times.size()));
        System.exit(0);
    }

    private static void engine(Chromium browser, String jar, Map<String, List<Double>> painted, boolean isLast) throws Exception {
        Path directory = Files.createTempDirectory("caravan-times");
        Path output = directory.resolve("output");
        Files.createDirectories(directory.resolve("inbox"));
        int port = Serving.freePort();
        Process process = new ProcessBuilder("java", "-jar", jar, "serve", "--port", Integer.toString(port), "--data",
                directory.resolve("data").toString(), "--inbox", directory.resolve("inbox").toString()).redirectErrorStream(true)
                .redirectOutput(output.toFile()).start();
        try {
            while (!Files.readString(output).contains("serving on ") && process.isAlive()) {
                Thread.sleep(50);
            }
            Thread.sleep(PAUSE_MILLIS);
            URI page = URI.create("http://127.0.0.1:" + port + "/#/new");
            for (int load = 0; load <= FURTHER; load++) {
                JsonNode times = times(browser, page);
                System.out.printf("%s, load %d: answered after %.0f ms, received after %.0f ms, painted after %.0f ms%n", jar, load,
                        times.get("answered").asDouble(), times.get("received").asDouble(), times.get("painted").asDouble());
                painted.computeIfAbsent(jar + (load == 0 ? ", first load" : ", further loads"), any -> new ArrayList<>())
                        .add(times.get("painted").asDouble());
            }
            if (isLast) {
                sizes(page);
            }
        } finally {
            process.destroy();
            process.waitFor(1, TimeUnit.MINUTES);
            Rehearsal.delete(directory);
        }
    }

    private static JsonNode times(Chromium browser, URI page) {
        browser.open(page);
        browser.until("performance.getEntriesByName('first-contentful-paint').length === 1");
        return browser.value("(([n], [p]) => ({answered: n.responseStart, received: n.responseEnd, painted: p.startTime}))("
                + "performance.getEntriesByType('navigation'), performance.getEntriesByName('first-contentful-paint'))");
    }

    private static void sizes(URI page) throws IOException, InterruptedException {
        byte[] text = HttpClient.newHttpClient().send(HttpRequest.newBuilder(page).build(), BodyHandlers.ofString()).body()
                .getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(compressed)) {
            gzip.write(text);
        }
        System.out.printf("%d bytes, %d with gzip%n", text.length, compressed.size());
    }
}
