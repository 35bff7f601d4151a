package dev.caravan.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.remote.ScriptedHosts;
import dev.caravan.remote.ScriptedHosts.Call;
import dev.caravan.remote.ScriptedHosts.Reply;
import dev.caravan.run.Run;
import dev.caravan.run.RunOrder;
import dev.caravan.run.TestActions;
import dev.caravan.testkit.Serving;
import dev.caravan.testkit.TestClusters;
import java.lang.ref.WeakReference;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Route files of a running service are changed, broken and deleted. Its hosts answer when the test likes. */
class ReloadTest {
    private static final AtomicInteger CLUSTERS = new AtomicInteger();

    @TempDir
    private static Path directory;
    private static Path routes;
    @RegisterExtension
    static final ScriptedHosts hosts = ScriptedHosts.forAll(1);

    private static Serving serving;

    @BeforeAll
    static void start() throws Exception {
        routes = Files.createDirectories(directory.resolve("routes"));
        Files.createDirectories(routes.resolve("scripts"));
        workflow("one", "two");
        write("scripts/one.sh", "# one\n");
        write("scripts/two.sh", "# two\n");
        write("scripts/three.sh", "# three\n");
        trigger("own", "first");
        serving = Serving.start(directory, routes, Map.of("caravan.routes.look-millis", "50"));
    }

    @AfterAll
    static void stop() throws Exception {
        serving.close();
    }

    @BeforeEach
    void answerAtOnce() {
        hosts.forget();
        hosts.script(call -> CompletableFuture.completedFuture(Reply.ok()));
    }

    private static void write(String name, String text) throws Exception {
        Files.writeString(routes.resolve(name), text);
    }

    private static void workflow(String... steps) throws Exception {
        StringBuilder text = new StringBuilder("""
                - route:
                    id: run
                    from:
                      uri: direct:run
                      steps:
                """);
        for (String step : steps) {
            text.append("""
                            - to:
                                uri: step:NAME
                                parameters:
                                  on: first-control-plane
                    """.replace("NAME", step));
        }
        write("run.camel.yaml", text.toString());
    }

    private static void trigger(String path, String says) throws Exception {
        write("own.camel.yaml", """
                - route:
                    id: own
                    from:
                      uri: platform-http:/PATH
                      steps:
                        - setBody:
                            constant: SAYS
                """.replace("PATH", path).replace("SAYS", says));
    }

    private static HttpResponse<String> get(String path) throws Exception {
        return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()
                .send(HttpRequest.newBuilder(serving.uri(path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    private static void awaitThat(Callable<Boolean> condition) {
        await().atMost(Duration.ofSeconds(30)).until(condition);
    }

    private static double metric(String name) throws Exception {
        return get("/observe/metrics").body().lines().filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length()))).sum();
    }

    private static double loaded() throws Exception {
        return metric("caravan_routes_reloads_total{result=\"ok\"}");
    }

    private interface Change {
        void make() throws Exception;
    }

    private static void takenUp(Change change) throws Exception {
        double before = loaded();
        change.make();
        awaitThat(() -> loaded() > before);
    }

    private static Run begin() throws Exception {
        return serving.engine().runs()
                .begin(new RunOrder(TestClusters.of("c" + CLUSTERS.incrementAndGet(), 1, 0, ScriptedHosts.ADDRESSES, hosts.port(), ""),
                "spec", "", TestActions.PLAN, "command", List.of()));
    }

    private static void end(Run run) throws Exception {
        serving.engine().runs().outcome(run).toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    private static List<String> steps(Run run) {
        return hosts.calls().stream().filter(call -> call.run().equals(run.id()))
                .map(call -> call.step() + " " + call.script().strip()).toList();
    }

    @Test
    void aRunUnderWayKeepsRoutesAndScriptsAndTheNextOneHasTheNew() throws Exception {
        CompletableFuture<Void> go = new CompletableFuture<>();
        hosts.script(call -> call.is("h1", "one") ? go.thenApply(any -> Reply.ok()) : CompletableFuture.completedFuture(Reply.ok()));
        Run early = begin();
        awaitThat(() -> hosts.calls().stream().anyMatch(call -> call.is("h1", "one")));

        takenUp(() -> {
            write("scripts/two.sh", "# two, changed\n");
            workflow("two", "three");
        });
        assertThat(metric("caravan_routes_versions")).isEqualTo(2);
        go.complete(null);
        end(early);
        Run late = begin();
        end(late);

        assertThat(steps(early)).containsExactly("one # one", "two # two");
        assertThat(steps(late)).containsExactly("two # two, changed", "three # three");
        awaitThat(() -> metric("caravan_routes_versions") == 1);
        takenUp(() -> {
            write("scripts/two.sh", "# two\n");
            workflow("one", "two");
        });
    }

    @Test
    void aBrokenFileIsReportedAndTheVersionBeforeStays() throws Exception {
        String route = "- route: {id: run, from: {uri: \"direct:run\", steps: [{STEP}]}}\n";
        Map<String, String> broken = Map.of(
                route.replace("STEP", "nonsense: 1"), "run.camel.yaml, line 1: ",
                "- route:\n    id: [", "run.camel.yaml, line ",
                route.replace("STEP", "to: \"nobody:knows\""), "run.camel.yaml: the route run, at to[nobody:knows]: No endpoint "
                        + "could be found",
                route.replace("STEP", "doTry: {steps: [{log: x}], doCatch: [{exception: [no.such.Type]}]}"),
                "there is no class no.such.Type on the class path: its jar is missing",
                route.replace("STEP", "to: \"direct:nobody-has-it\""), "run.camel.yaml, line 1: no route begins with direct:nobody-has-it",
                route.replace("STEP", "to: \"step:tow\""),
                "run.camel.yaml, line 1: step:tow has no script scripts/tow.sh; did you mean scripts/two.sh?");
        for (Map.Entry<String, String> each : broken.entrySet()) {
            double before = metric("caravan_routes_reloads_total{result=\"failed\"}");
            write("run.camel.yaml", each.getKey());
            awaitThat(() -> metric("caravan_routes_reloads_total{result=\"failed\"}") > before);

            // Not before each trigger has looked for the first time.
            awaitThat(() -> get("/observe/health").statusCode() == 200);
            HttpResponse<String> health = get("/observe/health");
            assertThat(health.body()).contains("the ones before stay").contains(each.getValue());
            Run run = begin();
            end(run);
            assertThat(steps(run)).containsExactly("one # one", "two # two");
        }
        // What is mended again is what is loaded.
        workflow("one", "two");
        awaitThat(() -> !get("/observe/health").body().contains("the ones before stay"));
    }

    @Test
    void aFileThatIsDeletedGivesWayToTheBuiltInOne() throws Exception {
        takenUp(() -> Files.delete(routes.resolve("run.camel.yaml")));
        Run run = begin();
        end(run);
        assertThat(hosts.calls()).extracting(Call::step).contains("facts").doesNotContain("one");
        takenUp(() -> workflow("one", "two"));
    }

    @Test
    void aTriggerIsReplacedInPlaceAndABrokenOneIsNot() throws Exception {
        assertThat(get("/own").body()).isEqualTo("first");
        takenUp(() -> trigger("own", "second"));
        awaitThat(() -> get("/own").body().equals("second"));

        // A trigger that leads nowhere is found with the rest, though it is not of what runs begin with.
        double failed = metric("caravan_routes_reloads_total{result=\"failed\"}");
        write("own.camel.yaml", "- route: {id: own, from: {uri: \"platform-http:/own\", steps: [{to: \"direct:applly\"}]}}\n");
        awaitThat(() -> metric("caravan_routes_reloads_total{result=\"failed\"}") > failed);
        assertThat(get("/observe/health").body())
                .contains("own.camel.yaml, line 1: no route begins with direct:applly; did you mean direct:apply?");
        assertThat(get("/own").body()).isEqualTo("second");

        takenUp(() -> trigger("own?nonsense=1", "third"));
        awaitThat(() -> get("/observe/health").body().contains("own.camel.yaml as it is now cannot be used"));
        assertThat(get("/own").body()).isEqualTo("second");

        takenUp(() -> trigger("elsewhere", "fourth"));
        awaitThat(() -> get("/elsewhere").body().equals("fourth"));
        assertThat(get("/own").statusCode()).isEqualTo(404);

        takenUp(() -> Files.delete(routes.resolve("own.camel.yaml")));
        awaitThat(() -> get("/elsewhere").statusCode() == 404);
    }

    /** What a route of the versions that are loaded names: it remembers, and does not keep, the Camel that it is in. */
    public static final class Witness implements CamelContextAware {
        private static final List<WeakReference<CamelContext>> SEEN = new CopyOnWriteArrayList<>();
        private CamelContext context;

        @Override
        public CamelContext getCamelContext() {
            return context;
        }

        @Override
        public void setCamelContext(CamelContext camelContext) {
            context = camelContext;
            SEEN.add(new WeakReference<>(camelContext));
        }

        public void look() {
            // being there is all that is asked of it
        }
    }

    @Test
    void nothingIsLeftOfAVersionThatNoRunIsIn() throws Exception {
        for (int version = 1; version <= 5; version++) {
            String route = ("- route: {id: witness, description: version %d, from: {uri: \"direct:witness\", "
                    + "steps: [{bean: {beanType: \"%s\", method: look}}]}}\n").formatted(version, Witness.class.getName());
            takenUp(() -> write("witness.camel.yaml", route));
        }
        takenUp(() -> Files.delete(routes.resolve("witness.camel.yaml")));

        assertThat(Witness.SEEN).as("else this looks at nothing").hasSizeGreaterThan(5);
        await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
            System.gc();
            // The service's own is there, and Camel itself keeps one in a static field of its simple language (4.18.0).
            assertThat(Witness.SEEN.stream().map(WeakReference::get).filter(Objects::nonNull).distinct().count()).isLessThanOrEqualTo(2);
        });
    }
}
