package dev.caravan.routes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import dev.caravan.remote.StepRetries;
import dev.caravan.spec.Cluster.Occasion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.camel.dsl.yaml.YamlRoutesBuilderLoader;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The habits that every file of the routes directory keeps, so that files can be found, replaced, reloaded and drawn one by one. */
class RouteShapeTest {
    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());
    private static final RouteFiles FILES = RouteFiles.builtIn();
    private static JsonSchema schema;

    @BeforeAll
    static void readSchema() throws IOException {
        try (InputStream stream = YamlRoutesBuilderLoader.class.getResourceAsStream("/schema/camelYamlDsl.json")) {
            schema = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V4).getSchema(stream);
        }
    }

    static List<String> routes() {
        return FILES.routes().stream().map(RouteFiles.RouteFile::name).toList();
    }

    private static JsonNode read(String name) {
        try {
            return YAML.readTree(FILES.text(name).orElseThrow());
        } catch (IOException e) {
            throw new UncheckedIOException(name, e);
        }
    }

    /** The file's route; missing where it holds none. */
    private static JsonNode route(String name) {
        return values(read(name)).stream().filter(entry -> entry.has("route")).map(entry -> entry.get("route")).findFirst()
                .orElse(MissingNode.getInstance());
    }

    private static List<String> configurations() {
        return routes().stream().filter(name -> read(name).get(0).has("routeConfiguration")).map(RouteShapeTest::id).toList();
    }

    private static String id(String name) {
        return name.substring(name.lastIndexOf('/') + 1, name.length() - ".camel.yaml".length());
    }

    /** URIs below that node, in "to: URI" and in "uri: URI". */
    private static Stream<String> uris(JsonNode node) {
        List<String> found = new ArrayList<>();
        node.properties().forEach(member -> {
            boolean names = List.of("to", "toD", "uri", "wireTap", "enrich").contains(member.getKey());
            if (names && member.getValue().isTextual()) {
                found.add(member.getValue().asText());
            }
        });
        return Stream.concat(found.stream(), Stream.iterate(0, index -> index < node.size(), index -> index + 1)
                .flatMap(index -> uris(node.isArray() ? node.get(index) : new ArrayList<>(values(node)).get(index))));
    }

    private static List<JsonNode> values(JsonNode node) {
        List<JsonNode> values = new ArrayList<>();
        node.elements().forEachRemaining(values::add);
        return values;
    }

    @Test
    void thereAreSome() {
        assertThat(routes()).contains("triggers/run.camel.yaml", "actions/apply.camel.yaml", "steps/kubeadm-init.camel.yaml")
                .hasSizeGreaterThan(20);
    }

    /** What a spec may name in {@code backup.before} has an effect, and routes name nothing else. */
    @Test
    void aBackupIsTakenBeforeEachOccasionOfASpec() {
        List<String> named = routes().stream().flatMap(name -> read(name).findValues("setVariable").stream())
                .filter(variable -> variable.path("name").asText().equals("backup.before"))
                .map(variable -> variable.path("constant").asText()).toList();
        assertThat(named).containsExactlyInAnyOrderElementsOf(Stream.of(Occasion.values()).map(Occasion::word).toList());
    }

    @ParameterizedTest
    @MethodSource("routes")
    void isOneRouteOrConfigurationOfTheFilesNameWithADescription(String name) {
        List<JsonNode> entries = values(read(name)).stream().filter(entry -> !entry.has("onException")).toList();

        assertThat(entries).as("beside the error handling of this file's route").singleElement()
                .satisfies(entry -> assertThat(entry).hasSize(1));
        String kind = entries.get(0).fieldNames().next();
        assertThat(kind).isIn("route", "routeConfiguration");
        JsonNode body = entries.get(0).get(kind);
        assertThat(body.path("id").asText()).isEqualTo(id(name));
        assertThat(body.path("description").asText()).isNotBlank();
        if (kind.equals("route") && body.at("/from/uri").asText().startsWith("direct:")) {
            assertThat(body.at("/from/uri").asText()).isEqualTo("direct:" + id(name));
        }
    }

    @ParameterizedTest
    @MethodSource("routes")
    void leadsOnlyWhereThereIsSomething(String name) {
        List<String> known = routes().stream().map(RouteShapeTest::id).toList();

        assertThat(uris(read(name)).filter(uri -> uri.startsWith("direct:") && !uri.contains("${"))
                .map(uri -> uri.substring("direct:".length()))).isSubsetOf(known);
        read(name).findParents("uri").stream().filter(to -> to.get("uri").asText().startsWith("step:")).forEach(to -> {
            String step = to.get("uri").asText();
            String script = to.at("/parameters/script").asText(step.substring("step:".length()) + ".sh");
            assertThat(FILES.script(script)).as("the script of " + step).isPresent();
        });
        String configuration = route(name).path("routeConfigurationId").asText();
        assertThat(configuration.isEmpty() || configurations().contains(configuration)).as(configuration).isTrue();
    }

    @Test
    void everyStepOnAHostNamesHowItIsTriedAgain() {
        assertThat(routes()).filteredOn(name -> uris(route(name)).anyMatch(uri -> uri.startsWith("step:"))).isNotEmpty()
                .allSatisfy(name -> assertThat(configurations()).contains(route(name).path("routeConfigurationId").asText()));
    }

    private static List<JsonNode> handlers(String configuration) {
        return values(read(configuration).get(0).at("/routeConfiguration/onException")).stream()
                .map(entry -> entry.get("onException")).toList();
    }

    private static String condition(JsonNode handler) {
        return handler.at("/onWhen/simple").asText();
    }

    /** What their policies have in common is in {@code StepRetries}. */
    @Test
    void whatIsTriedAgainIsTriedAfterPausesThatGrowAndAreSpreadAndHoldNoThread() {
        StepRetries common = new StepRetries(null);
        assertThat(common.isUseExponentialBackOff() && common.isUseCollisionAvoidance() && common.isAsyncDelayedRedelivery()).isTrue();
        for (String configuration : List.of("errors/step-errors.camel.yaml", "errors/first-contact.camel.yaml")) {
            assertThat(read(configuration).get(0).at("/routeConfiguration/errorHandler/defaultErrorHandler/redeliveryPolicyRef").asText())
                    .isEqualTo("stepRetries");
            List<JsonNode> policies = handlers(configuration).stream().filter(handler -> times(handler) > 0)
                    .map(handler -> handler.get("redeliveryPolicy")).toList();

            assertThat(policies).as(configuration).isNotEmpty().allSatisfy(policy -> {
                assertThat(growth(policy)).isGreaterThan(1);
                assertThat(policy.get("collisionAvoidanceFactor").asDouble()).isBetween(0.1, 0.5);
            });
        }
    }

    /** How often it is tried again. Camel's schema takes no placeholder for maximumRedeliveries, so a setting is in a condition. */
    private static double times(JsonNode handler) {
        return handler.has("retryWhile")
                ? Double.parseDouble(handler.at("/retryWhile/simple").asText().replaceFirst(".* <= \\{\\{[a-z.-]+:([0-9]+)}}$", "$1"))
                : number(handler.get("redeliveryPolicy"), "maximumRedeliveries");
    }

    /** Also where a setting may replace it. */
    private static double number(JsonNode policy, String name) {
        return Double.parseDouble(policy.get(name).asText().replaceFirst("^\\{\\{[^:]+:(.*)}}$", "$1"));
    }

    /** Camel's own growth is 2. */
    private static double growth(JsonNode policy) {
        return policy.path("backOffMultiplier").asDouble(2);
    }

    @Test
    void eachKindThatAnErrorHandlerNamesIsOneThatErrorsHave() throws IOException {
        List<String> kinds = new ArrayList<>(List.of("connection", "unreachable"));
        YAML.readTree(FILES.text("errors/failures.yaml").orElseThrow()).forEach(rule -> kinds.add(rule.get("kind").asText()));
        List<String> named = handlers("errors/step-errors.camel.yaml").stream().map(RouteShapeTest::condition)
                .filter(text -> text.contains("kind"))
                .flatMap(text -> Stream.of(text.substring(text.indexOf('\'') + 1, text.lastIndexOf('\'')).split(","))).toList();

        assertThat(named).isSubsetOf(kinds).doesNotHaveDuplicates()
                .contains("connection", "unreachable", "package-lock", "mirror", "registry", "api-server", "token");
    }

    /** Rules judge by what a package manager prints, so all of it has to be seen. */
    @Test
    void noScriptHasYumOrDnfKeepQuiet() throws IOException {
        Pattern quiet = Pattern.compile("(yum_command\\)\"|\\b(yum|dnf)) [^|;&#]*(?<= )(-[a-z]*q|--quiet)\\b");
        assertThat(quiet.matcher("logged \"$(yum_command)\" install -y -q $names").find()).isTrue();
        assertThat(linesOfScripts()).filteredOn(line -> quiet.matcher(line).find()).isEmpty();
    }

    /** What decides whether an error passes stands in failures.yaml alone, where a user can change it. */
    @Test
    void noScriptEndsInOneWayOrAnotherByWordsOfACommand() throws IOException {
        Pattern byWords = Pattern.compile("grep [^|]*\"\\$WORK/output\".*(\\|\\||&&|then)[^|]*\\b(fail|fail_for_now|package_failure)\\b");
        assertThat(byWords.matcher("grep -qi 'no match' \"$WORK/output\" || fail \"no\"").find()).isTrue();
        assertThat(linesOfScripts()).filteredOn(line -> byWords.matcher(line).find()).isEmpty();
    }

    private static List<String> linesOfScripts() throws IOException {
        try (Stream<Path> scripts = Files.walk(Path.of("routes/scripts"))) {
            return scripts.filter(Files::isRegularFile).flatMap(RouteShapeTest::lines).toList();
        }
    }

    private static Stream<String> lines(Path script) {
        try {
            return Files.readAllLines(script).stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A server that is away for a minute does not exhaust the attempts, however the pauses fall. */
    @ParameterizedTest
    @ValueSource(strings = {"connection", "package-lock", "mirror", "registry", "api-server"})
    void whatComesBackWithinAMinuteIsWaitedFor(String kind) {
        JsonNode handler = handlers("errors/step-errors.camel.yaml").stream()
                .filter(each -> condition(each).matches(".*[',]" + kind + "[',].*")).findFirst().orElseThrow();
        JsonNode policy = handler.get("redeliveryPolicy");
        double pause = number(policy, "redeliveryDelay");
        double all = 0;
        for (int attempt = 0; attempt < times(handler); attempt++) {
            all += pause * (1 - policy.get("collisionAvoidanceFactor").asDouble());
            pause = Math.min(pause * growth(policy), policy.get("maximumRedeliveryDelay").asDouble());
        }

        assertThat(all).isGreaterThan(75_000);
    }

    /** So that a test shortens a pause by a setting, and never by editing the file. */
    @Test
    void everyPauseBetweenAttemptsIsASetting() throws IOException {
        List<JsonNode> files = new ArrayList<>();
        routes().stream().filter(name -> name.startsWith("errors/")).forEach(name -> files.add(read(name)));
        for (Path example : examples()) {
            files.add(YAML.readTree(example.toFile()));
        }
        List<String> pauses = files.stream().flatMap(file -> file.findValuesAsText("redeliveryDelay").stream()).toList();

        assertThat(pauses).hasSizeGreaterThan(10).allMatch(pause -> pause.matches("\\{\\{[a-z.-]+:[0-9]+}}"));
    }

    @Test
    void everyRouteIsReached() {
        List<String> named = routes().stream().flatMap(name -> uris(route(name).path("from").path("steps")))
                .filter(uri -> uri.startsWith("direct:")).toList();

        // the route run sends to those, by the name of the run's action
        List<String> actions = routes().stream().filter(name -> name.startsWith("actions/")).map(name -> "direct:" + id(name)).toList();
        // maintain-host sends to those, by the variable that its callers set
        List<String> works = routes().stream().flatMap(name -> route(name).findParents("constant").stream())
                .filter(variable -> variable.path("name").asText().equals("work"))
                .map(variable -> "direct:" + variable.path("constant").asText())
                .toList();
        assertThat(routes().stream().map(name -> route(name).at("/from/uri").asText()).filter(uri -> uri.startsWith("direct:")))
                .filteredOn(uri -> !uri.equals("direct:run"))
                .isSubsetOf(Stream.of(named, actions, works).flatMap(List::stream).toList());
    }

    @ParameterizedTest
    @MethodSource("routes")
    void isValidByTheSchemaOfCamelsYamlDsl(String name) {
        assertThat(schema.validate(read(name))).isEmpty();
    }

    static List<Path> examples() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("examples"))) {
            return files.filter(file -> file.toString().endsWith(".camel.yaml")).sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("examples")
    void soIsEachExampleAndItHasADescription(Path file) throws IOException {
        JsonNode entries = YAML.readTree(file.toFile());

        assertThat(schema.validate(entries)).isEmpty();
        assertThat(values(entries)).singleElement().satisfies(entry -> {
            assertThat(entry.elements().next().path("id").asText()).isEqualTo(id(file.getFileName().toString()));
            assertThat(entry.elements().next().path("description").asText()).isNotBlank();
        });
    }
}
