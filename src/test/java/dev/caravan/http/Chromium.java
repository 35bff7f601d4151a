package dev.caravan.http;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.caravan.Programs;
import dev.caravan.rehearsal.Rehearsal;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** A headless Chromium with one page, driven over the Chrome DevTools Protocol as somebody with a mouse and a keyboard would drive it. */
final class Chromium implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final int MOST_TABS = 500;
    private static final Map<String, Integer> KEYS = Map.of("Enter", 13, "Escape", 27, "Tab", 9, "ArrowLeft", 37, "ArrowUp", 38,
            "ArrowRight", 39, "ArrowDown", 40, "Home", 36, "End", 35);

    private final Path profile = Files.createTempDirectory("caravan-chromium");
    private final Process process;
    private final WebSocket socket;
    private final AtomicInteger last = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonNode>> asked = new ConcurrentHashMap<>();
    private final List<String> problems = new CopyOnWriteArrayList<>();

    /** Where there is one on this machine. */
    static Optional<Path> installed() {
        return Stream.of("chromium", "chromium-browser", "google-chrome").flatMap(name -> Programs.find(name).stream()).findFirst();
    }

    /** The same; where there is none, the test is skipped, visibly. */
    static Path orSkip() {
        Optional<Path> program = installed();
        assumeTrue(program.isPresent(), "there is no chromium on this machine: the page is not tested");
        return program.get();
    }

    Chromium(Path program) throws IOException {
        process = new ProcessBuilder(program.toString(), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
                "--hide-scrollbars", "--remote-debugging-port=0", "--user-data-dir=" + profile, "about:blank")
                .redirectErrorStream(true).redirectOutput(profile.resolve("output").toFile()).start();
        Path told = profile.resolve("DevToolsActivePort");
        await().atMost(LONG).until(() -> Files.exists(told) && Files.readAllLines(told).size() == 2);
        int port = Integer.parseInt(Files.readAllLines(told).get(0));
        HttpClient http = HttpClient.newHttpClient();
        socket = http.newWebSocketBuilder().buildAsync(page(http, port), new Listener()).join();
        ask("Page.enable");
        ask("Runtime.enable");
        ask("Log.enable");
    }

    private static URI page(HttpClient http, int port) throws IOException {
        return await().atMost(LONG).ignoreExceptions().until(() -> {
            String list = http.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/json/list")).build(),
                    BodyHandlers.ofString()).body();
            for (JsonNode target : JSON.readTree(list)) {
                if (target.get("type").asText().equals("page")) {
                    return URI.create(target.get("webSocketDebuggerUrl").asText());
                }
            }
            return null;
        }, page -> page != null);
    }

    private final class Listener implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean isLast) {
            text.append(part);
            if (isLast) {
                take(text.toString());
                text.setLength(0);
            }
            from.request(1);
            return null;
        }
    }

    private void take(String message) {
        try {
            JsonNode tree = JSON.readTree(message);
            if (tree.has("id")) {
                asked.remove(tree.get("id").asInt()).complete(tree);
            } else if (tree.get("method").asText().equals("Runtime.exceptionThrown")) {
                problems.add(tree.get("params").toString());
            } else if (tree.get("method").asText().equals("Log.entryAdded")
                    && tree.at("/params/entry/source").asText().equals("security")) {
                problems.add(tree.at("/params/entry/text").asText());
            }
        } catch (IOException e) {
            problems.add(e.toString());
        }
    }

    /** Asks the browser; parameters by name and value in turn. */
    JsonNode ask(String method, Object... parameters) {
        int id = last.incrementAndGet();
        ObjectNode message = JSON.createObjectNode().put("id", id).put("method", method);
        ObjectNode with = message.putObject("params");
        for (int i = 0; i < parameters.length; i += 2) {
            with.set((String) parameters[i], JSON.valueToTree(parameters[i + 1]));
        }
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        asked.put(id, answer);
        socket.sendText(message.toString(), true).join();
        JsonNode tree = answer.orTimeout(LONG.toSeconds(), TimeUnit.SECONDS).join();
        if (tree.has("error")) {
            throw new IllegalStateException(method + ": " + tree.get("error"));
        }
        return tree.get("result");
    }

    /** Goes there, by way of an empty page, so that it is loaded again whatever was there. */
    void open(URI address) {
        ask("Page.navigate", "url", "about:blank");
        ask("Page.navigate", "url", address.toString());
        until("document.readyState === 'complete'");
    }

    /** The value of an expression in the page. */
    JsonNode value(String expression) {
        JsonNode result = ask("Runtime.evaluate", "expression", expression, "returnByValue", true, "awaitPromise", true);
        if (result.has("exceptionDetails")) {
            throw new IllegalStateException(expression + ": " + result.get("exceptionDetails"));
        }
        return result.at("/result/value");
    }

    /** Waits until that holds in the page, and what the page had to draw by then is drawn. */
    void until(String condition) {
        until(condition, LONG);
    }

    /** The same for what takes longer. */
    void until(String condition, Duration atMost) {
        // Another page that is still loading does not have what the condition names.
        String soFar = "(() => { try { return Boolean(" + condition
                + ") } catch (e) { if (document.readyState !== 'complete') return false; throw e } })()";
        await(condition).atMost(atMost).pollInterval(Duration.ofMillis(40)).until(() -> value(soFar).asBoolean());
        // The page draws once in a frame, in the order in which it was asked to.
        value("typeof soon === 'undefined' || new Promise(done => soon(done))");
    }

    /** The text that is shown there; empty where nothing is. */
    String text(String selector) {
        return value("(document.querySelector(" + JSON.valueToTree(selector) + ") || {innerText: ''}).innerText").asText();
    }

    void click(String selector) {
        String element = "document.querySelector(" + JSON.valueToTree(selector) + ")";
        // Not while it moves, as things above it come and go, nor while something else lies over it.
        until("(() => { const e = " + element
                + "; if (!e) return false; e.scrollIntoView({block: 'nearest', inline: 'nearest'}); const r = e.getBoundingClientRect();"
                + " const at = [r.x, r.y, r.width].join(); const rests = window.clickAt === at; window.clickAt = at;"
                + " const top = document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2); "
                + "return rests && top !== null && (top === e || e.contains(top)); })()");
        JsonNode at = value("(() => { const r = " + element
                + ".getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()");
        for (String type : List.of("mousePressed", "mouseReleased")) {
            ask("Input.dispatchMouseEvent", "type", type, "x", at.get(0).asDouble(), "y", at.get(1).asDouble(), "button", "left",
                    "clickCount", 1);
        }
    }

    void press(String key) {
        for (String type : List.of(key.equals("Enter") ? "keyDown" : "rawKeyDown", "keyUp")) {
            ask("Input.dispatchKeyEvent", "type", type, "key", key, "code", key, "windowsVirtualKeyCode", KEYS.get(key), "text",
                    key.equals("Enter") && !type.equals("keyUp") ? "\r" : "");
        }
    }

    /** Presses the Tab key until that element has the focus. */
    void reach(String selector) {
        String there = "document.activeElement.matches(" + JSON.valueToTree(selector) + ")";
        for (int presses = 0; !value(there).asBoolean(); presses++) {
            if (presses > MOST_TABS) {
                throw new AssertionError("the Tab key does not reach " + selector);
            }
            press("Tab");
        }
    }

    /** All of the text that has the focus, by Ctrl and A. */
    void selectAll() {
        for (String type : List.of("rawKeyDown", "keyUp")) {
            ask("Input.dispatchKeyEvent", "type", type, "modifiers", 2, "key", "a", "code", "KeyA", "windowsVirtualKeyCode", 65, "commands",
                    type.equals("keyUp") ? List.of() : List.of("selectAll"));
        }
    }

    void type(String text) {
        ask("Input.insertText", "text", text);
    }

    void size(int width, int height, boolean phone) {
        ask("Emulation.setDeviceMetricsOverride", "width", width, "height", height, "deviceScaleFactor", phone ? 2 : 1, "mobile", phone);
    }

    void dark(boolean dark) {
        media(dark, false);
    }

    /** What somebody has set who wants nothing to move. */
    void reducedMotion() {
        media(false, true);
    }

    private void media(boolean dark, boolean still) {
        ask("Emulation.setEmulatedMedia", "features", List.of(Map.of("name", "prefers-color-scheme", "value", dark ? "dark" : "light"),
                Map.of("name", "prefers-reduced-motion", "value", still ? "reduce" : "no-preference")));
    }

    void screenshot(Path file) throws IOException {
        Files.createDirectories(file.getParent());
        Files.write(file, Base64.getDecoder().decode(ask("Page.captureScreenshot", "format", "png").get("data").asText()));
    }

    /** Exceptions in the page, and what its policy kept from happening. */
    List<String> problems() {
        return problems;
    }

    /** The same, of which none is left for the next test. */
    List<String> takeProblems() {
        List<String> taken = List.copyOf(problems);
        problems.clear();
        return taken;
    }

    @Override
    public void close() throws Exception {
        socket.abort();
        List<ProcessHandle> all = process.descendants().toList();
        process.destroy();
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
        // Those that it started write to its profile until they are gone.
        for (ProcessHandle each : all) {
            each.onExit().orTimeout(LONG.toSeconds(), TimeUnit.SECONDS).join();
        }
        Rehearsal.delete(profile);
    }
}
