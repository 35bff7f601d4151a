package dev.caravan.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.Markdown;
import dev.caravan.facts.Limits;
import dev.caravan.routes.BareContext;
import dev.caravan.routes.RouteFiles;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.spi.PropertiesSource;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.api.Test;

class SettingsTest {
    private static DefaultCamelContext with(String name, String value) {
        DefaultCamelContext context = BareContext.make();
        Properties properties = new Properties();
        properties.put(name, value);
        context.getPropertiesComponent().setInitialProperties(properties);
        return context;
    }

    @ParameterizedTest
    @CsvSource({
        "caravan.hosts-at-a-time, x, CARAVAN_HOSTS_AT_A_TIME", "caravan.hosts-at-a-time, 0, from 1",
        "caravan.hosts-at-a-time, '', is empty",
        "caravan.inbox.settle-millis, -5, CARAVAN_INBOX_SETTLE_MILLIS", "caravan.http.requests-per-second, abc, whole number",
        "caravan.routes.look-millis, 0, from 1",
        "caravan.verify.seconds, 99999999999999999999, to 86400", "caravan.preflight.min-cpus.worker, 1.5, whole number",
        "caravan.camel-tools, maybe, true or false"})
    void aValueThatCannotBeIsRefusedByTheSettingsName(String name, String value, String said) throws Exception {
        try (DefaultCamelContext context = with(name, value)) {
            assertThatThrownBy(() -> Settings.check(context)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(name)
                    .hasMessageContaining(said);
        }
    }

    @ParameterizedTest
    @CsvSource({"caravan.hosts-at-a-time, 1", "caravan.inbox.settle-millis, 0", "caravan.preflight.min-cpus.worker, ''",
            "caravan.camel-tools, ' TRUE '", "caravan.http.streams, ' 512 '"})
    void othersAreTaken(String name, String value) throws Exception {
        try (DefaultCamelContext context = with(name, value)) {
            assertThatCode(() -> Settings.check(context)).doesNotThrowAnyException();
        }
    }

    @Test
    void aNameThatNothingReadsIsReportedWithTheNearestOneAndVariablesOfOthersAreNot() throws Exception {
        try (DefaultCamelContext context = with("caravan.host-at-a-time", "4")) {
            assertThat(Settings.unknown(context.getPropertiesComponent(),
                    List.of("caravan.verify.secondz", "caravan.verify.seconds", "java.home"),
                    List.of("CARAVAN_HTTP_REQUEST_PER_SECOND", "CARAVAN_TOKEN", "CARAVAN_LOG_LEVEL", "CARAVAN_PORT_8080_TCP",
                            "CARAVAN_HTTP_STREAMS"))).containsExactly(
                    "there is no setting caravan.host-at-a-time; did you mean caravan.hosts-at-a-time?",
                    "there is no setting caravan.verify.secondz; did you mean caravan.verify.seconds?",
                    "nothing reads the variable CARAVAN_HTTP_REQUEST_PER_SECOND; did you mean CARAVAN_HTTP_REQUESTS_PER_SECOND?");
        }
    }

    // ---- docs/reference.md

    /** Name, default, range and what it sets. */
    private static final List<List<String>> DOCUMENTED = Markdown.of("docs/reference.md").table("| setting | default | range | sets |");

    private static String name(List<String> row) {
        return Markdown.codes(row.get(0)).get(0);
    }

    private static Map<String, String> defaults() {
        return DOCUMENTED.stream().collect(Collectors.toMap(SettingsTest::name, row -> row.get(1).replace("`", "")));
    }

    /** What each setting that is checked takes, as it says itself where it is given what none takes. */
    private static Map<String, String> taken() throws Exception {
        try (DefaultCamelContext context = BareContext.make()) {
            context.getPropertiesComponent().addPropertiesSource(new PropertiesSource() {
                @Override
                public String getName() {
                    return "wrong";
                }

                @Override
                public String getProperty(String name) {
                    return name.startsWith("caravan.") ? "wrong" : null;
                }
            });
            Map<String, String> taken = new TreeMap<>();
            assertThatThrownBy(() -> Settings.check(context)).satisfies(refused ->
                    Pattern.compile("the setting (\\S+) \\(.+\\) is wrong; it takes (.+)")
                    .matcher(refused.getMessage()).results().forEach(each -> taken.put(each.group(1), each.group(2))));
            return taken;
        }
    }

    private static String documentedRange(List<String> row) {
        String range = row.get(2);
        return switch (Markdown.codes(range).size()) {
            case 0 -> "a whole number from " + range;
            case 2 -> String.join(" or ", Markdown.codes(range));
            default -> "any of " + String.join(", ", Markdown.codes(range)).replaceFirst(", ([^,]+)$", " and $1");
        };
    }

    @Test
    void theReferenceHasEverySettingWithARangeAndNoOther() throws Exception {
        assertThat(DOCUMENTED.stream().filter(row -> !row.get(2).isEmpty())
                .collect(Collectors.toMap(SettingsTest::name, SettingsTest::documentedRange)))
                .hasSizeGreaterThan(10).isEqualTo(taken());
    }

    @Test
    void theReferenceHasNoSettingThatNothingReads() throws Exception {
        try (DefaultCamelContext context = BareContext.make()) {
            assertThat(Settings.unknown(context.getPropertiesComponent(), defaults().keySet(), List.of())).isEmpty();
        }
    }

    @Test
    void theReferenceHasTheDefaults() throws IOException {
        Properties built = new Properties();
        try (Reader reader = Files.newBufferedReader(Path.of("src/main/resources/application.properties"))) {
            built.load(reader);
        }
        Map<String, String> defaults = defaults();
        assertThat(defaults.keySet()).containsAll(built.stringPropertyNames().stream()
                .filter(name -> name.startsWith("caravan.")).toList());
        String routes = RouteFiles.builtIn().routes().stream().map(file -> RouteFiles.builtIn().text(file.name()).orElseThrow())
                .collect(Collectors.joining());
        defaults.forEach((name, value) -> {
            if (built.containsKey(name)) {
                assertThat(built.getProperty(name)).as(name).isEqualTo(value);
            } else if (!name.startsWith("caravan.preflight.")) {
                assertThat(value.isEmpty() || routes.contains("{{" + name + ":" + value + "}}")).as(name + " = " + value).isTrue();
            }
        });
        assertThat(Limits.from(name -> Optional.ofNullable(defaults.get(name)))).isEqualTo(Limits.defaults());
    }
}
