package dev.caravan.engine;

import dev.caravan.login.LoginSettings;
import dev.caravan.runner.RunnerSettings;
import dev.caravan.spec.Nearest;
import dev.caravan.workflow.Probes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.apache.camel.spi.PropertiesComponent;

/** The settings whose names begin with {@code caravan.}: which there are, and what they may be. docs/reference.md describes each. */
final class Settings {
    private static final String PREFIX = "caravan.";
    private static final String TOOLS = "caravan.camel-tools";
    static final String KEEP_RUNS = "caravan.keep.runs";
    static final String KEEP_DAYS = "caravan.keep.days";
    /** What begins like this may be empty, which is to say that it was not given. */
    private static final List<String> MAY_BE_EMPTY = List.of("caravan.preflight.", "caravan.keep.");
    private static final Map<String, Range> NUMBERS = numbers();
    private static final Set<String> TEXTS = Set.of("caravan.inbox", "caravan.http.allow", "caravan.http.tls-cert", "caravan.http.tls-key",
            "caravan.journal", "caravan.routes", "caravan.log", "caravan.log.format", "caravan.log.level", TOOLS, Probes.LEAVE_OUT,
            RunnerSettings.ORDERS, RunnerSettings.EVENTS, RunnerSettings.KEYS,
            "caravan.oidc.issuer", "caravan.oidc.client-id", "caravan.oidc.client-secret-file", "caravan.oidc.url", "caravan.oidc.scopes",
            "caravan.oidc.name-claim", "caravan.oidc.role-claim", "caravan.oidc.view", "caravan.oidc.operate", "caravan.oidc.admin",
            "caravan.oidc.ca-file");
    /** What is not a setting and has such a name in the environment. */
    private static final Set<String> VARIABLES = Set.of("CARAVAN_TOKEN", LoginSettings.SECRET_VARIABLE,
            "CARAVAN_JOURNAL_PASSWORD", "CARAVAN_KEY_FILE", "CARAVAN_SERVER",
            "CARAVAN_SERVER_CA", "CARAVAN_JAR", "CARAVAN_JAVA_OPTS");

    private Settings() {}

    /** Whole numbers, both ends included. */
    private record Range(long least, long most) {
        private boolean holds(String text) {
            return text.matches("\\d{1,9}") && Long.parseLong(text) >= least && Long.parseLong(text) <= most;
        }
    }

    private static Map<String, Range> numbers() {
        Map<String, Range> numbers = new TreeMap<>();
        numbers.put("caravan.hosts-at-a-time", new Range(1, 100_000));
        numbers.put(KEEP_RUNS, new Range(1, 999_999));
        numbers.put(KEEP_DAYS, new Range(1, 36_500));
        numbers.put("caravan.verify.seconds", new Range(1, 86_400));
        numbers.put("caravan.verify.poll-millis", new Range(1, 60_000));
        numbers.put("caravan.retry.millis", new Range(1, 600_000));
        numbers.put("caravan.retry.package-lock-millis", new Range(1, 600_000));
        numbers.put("caravan.retry.connection-millis", new Range(1, 600_000));
        numbers.put("caravan.retry.connection-times", new Range(1, 1_000));
        numbers.put("caravan.retry.backup-millis", new Range(1, 600_000));
        numbers.put("caravan.probe.seconds", new Range(1, 86_400));
        numbers.put("caravan.probe.dns-seconds", new Range(1, 86_400));
        numbers.put("caravan.certificates.seconds", new Range(1, 3_600));
        numbers.put("caravan.inbox.settle-millis", new Range(0, 3_600_000));
        numbers.put("caravan.routes.look-millis", new Range(1, 3_600_000));
        numbers.put(RunnerSettings.BEAT, new Range(100, 600_000));
        numbers.put(RunnerSettings.WAIT, new Range(1, 86_400));
        numbers.put("caravan.http.requests-per-second", new Range(1, 999_999));
        numbers.put("caravan.http.request-seconds", new Range(1, 999_999));
        numbers.put("caravan.http.connections", new Range(1, 999_999));
        numbers.put("caravan.http.connections-per-client", new Range(1, 999_999));
        numbers.put("caravan.http.streams", new Range(1, 999_999));
        numbers.put("caravan.oidc.session-minutes", new Range(1, 43_200));
        for (String limit : List.of("min-memory-mib.control-plane", "min-memory-mib.worker", "min-cpus.control-plane", "min-cpus.worker",
                "min-disk-mib.control-plane", "min-disk-mib.worker", "min-disk-mib.run", "max-clock-skew-seconds")) {
            numbers.put("caravan.preflight." + limit, new Range(0, 999_999_999));
        }
        return numbers;
    }

    /** @throws IllegalArgumentException where one cannot be what it is; the message names each of them, and what it takes */
    static void check(CamelContext context) {
        List<String> wrong = new ArrayList<>();
        NUMBERS.forEach((name, range) -> value(context, name).filter(text -> !range.holds(text)).ifPresent(text ->
                wrong.add(said(name, text) + "a whole number from " + range.least() + " to " + range.most())));
        value(context, TOOLS).filter(text -> !text.matches("(?i)true|false"))
                .ifPresent(text -> wrong.add(said(TOOLS, text) + "true or false"));
        value(context, Probes.LEAVE_OUT).filter(text -> !text.matches("((service|node-port|dns)([ ,]+|$))*")).ifPresent(text ->
                wrong.add(said(Probes.LEAVE_OUT, text) + "any of service, node-port and dns"));
        if (!wrong.isEmpty()) {
            throw new IllegalArgumentException(String.join(System.lineSeparator(), wrong));
        }
    }

    private static Optional<String> value(CamelContext context, String name) {
        Optional<String> value = context.getPropertiesComponent().resolveProperty(name).map(String::strip);
        return MAY_BE_EMPTY.stream().anyMatch(name::startsWith) ? value.filter(text -> !text.isEmpty()) : value;
    }

    private static String said(String name, String text) {
        return "the setting " + name + " (" + variable(name) + " in the environment) is " + (text.isEmpty() ? "empty" : text)
                + "; it takes ";
    }

    /**
     * Names that nothing reads, as sentences: of the environment's only those that are near a known one, as others may be somebody else's.
     */
    static List<String> unknown(PropertiesComponent properties, Collection<String> system, Collection<String> environment) {
        Set<String> known = new TreeSet<>(NUMBERS.keySet());
        known.addAll(TEXTS);
        Set<String> given = new TreeSet<>(properties.loadProperties(name -> name.startsWith(PREFIX)).stringPropertyNames());
        system.stream().filter(name -> name.startsWith(PREFIX)).forEach(given::add);
        given.removeAll(known);
        List<String> sentences = new ArrayList<>();
        given.forEach(name -> sentences.add("there is no setting " + name + meant(name, known)));
        Set<String> variables = known.stream().map(Settings::variable).collect(Collectors.toCollection(TreeSet::new));
        variables.addAll(VARIABLES);
        environment.stream().filter(name -> name.startsWith("CARAVAN_") && !variables.contains(name)).sorted()
                .filter(name -> Nearest.to(name, variables).isPresent())
                .forEach(name -> sentences.add("nothing reads the variable " + name + meant(name, variables)));
        return sentences;
    }

    private static String meant(String name, Set<String> known) {
        return Nearest.to(name, known).map(near -> "; did you mean " + near + "?").orElse("");
    }

    private static String variable(String name) {
        return name.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    }
}
