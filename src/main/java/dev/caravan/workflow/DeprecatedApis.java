package dev.caravan.workflow;

import dev.caravan.facts.Finding;
import dev.caravan.facts.Preflight;
import dev.caravan.facts.Severity;
import dev.caravan.facts.UpgradePath;
import dev.caravan.facts.UpgradePath.Hop;
import dev.caravan.run.PreflightRefused;
import dev.caravan.run.Run;
import dev.caravan.run.Variables;
import dev.caravan.step.StepFailure;
import dev.caravan.step.StepResult;
import dev.caravan.tables.KubernetesTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.camel.Exchange;

/** Deprecated APIs that clients use and that an upgrade removes, as the API servers count them: bean {@code deprecated}. Thread-safe. */
public final class DeprecatedApis {
    private static final String RULE = "deprecated-api";
    private static final Pattern LINE = Pattern.compile("1\\.(\\d{1,3}) ([A-Za-z0-9./-]{1,200} [A-Za-z0-9./-]{1,200})");
    private static final int SHOWN = 20;
    private static final String REMEDY = "The audit log names who requests them (annotation k8s.io/deprecated). Change these clients and "
            + "stored manifests before the upgrade; see https://kubernetes.io/docs/reference/using-api/deprecation-guide/";

    private final Preflight preflight;
    private final KubernetesTable versions;
    private final Map<String, Seen> byRun = new ConcurrentHashMap<>();

    /** APIs by the minor that removes them; why an API server could not be asked, by host. */
    private record Seen(Map<Integer, Set<String>> removed, Map<String, String> notAsked) {
        Seen() {
            this(new ConcurrentSkipListMap<>(), new ConcurrentSkipListMap<>());
        }
    }

    public DeprecatedApis(Preflight preflight, KubernetesTable versions) {
        this.preflight = preflight;
        this.versions = versions;
    }

    private Seen seen(Run run) {
        return byRun.computeIfAbsent(run.id(), id -> {
            run.atEnd(() -> byRun.remove(id));
            return new Seen();
        });
    }

    /** Keeps what the API server of the exchange's host has counted: the output {@code apis} of the step. */
    public void keep(Exchange exchange) {
        Seen seen = seen(run(exchange));
        exchange.getMessage().getBody(StepResult.class).output("apis").lines().map(LINE::matcher).filter(Matcher::matches)
                .forEach(line -> seen.removed.computeIfAbsent(Integer.valueOf(line.group(1)), minor -> new ConcurrentSkipListSet<>())
                        .add(line.group(2)));
    }

    /** Keeps, in doCatch, why the API server of the exchange's host could not be asked. */
    public void notAsked(Exchange exchange) {
        Exception failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
        if (failure instanceof StepFailure step) {
            run(exchange).recordGivenUp(step);
        }
        seen(run(exchange)).notAsked.put(Variables.hostName(exchange), String.valueOf(failure.getMessage()));
    }

    /**
     * Notes for each version on the way which APIs it removes that are in use, or that there are none.
     *
     * @throws PreflightRefused if there are some, and the table of preflight has the rule refuse
     */
    public void judge(Exchange exchange) throws PreflightRefused {
        Run run = run(exchange);
        Seen seen = seen(run);
        List<Hop> hops = UpgradePath.of(run.cluster(), run.allFacts(), versions).hops();
        List<Finding> found = new ArrayList<>();
        int before = 0;
        for (Hop hop : hops) {
            int after = before;
            List<String> removed = seen.removed.entrySet().stream().filter(entry -> entry.getKey() > after && entry.getKey() <= hop.minor())
                    .flatMap(entry -> entry.getValue().stream().map(api -> api + " (1." + entry.getKey() + ")")).toList();
            before = hop.minor();
            if (!removed.isEmpty()) {
                found.add(new Finding(List.of(), RULE, Severity.WARNS, "Kubernetes 1." + hop.minor() + " removes APIs that are in use: "
                        + removed.stream().limit(SHOWN).collect(Collectors.joining(", "))
                        + (removed.size() > SHOWN ? " and " + (removed.size() - SHOWN) + " more" : ""), REMEDY));
            }
        }
        seen.notAsked.forEach((host, why) -> found.add(new Finding(List.of(host), RULE, Severity.WARNS,
                "its API server could not be asked for deprecated APIs in use: " + why,
                "See on that host: kubectl get --raw /metrics | grep apiserver_requested_deprecated_apis")));
        List<Finding> judged = preflight.judged(found);
        List<Finding> refusing = judged.stream().filter(Finding::refuses).toList();
        if (!refusing.isEmpty()) {
            throw new PreflightRefused(refusing);
        }
        judged.forEach(finding -> PreflightCheck.note(run, finding));
        if (found.isEmpty() && !hops.isEmpty()) {
            run.note(null, "no API that Kubernetes " + hops.stream().map(hop -> "1." + hop.minor()).distinct()
                    .collect(Collectors.joining(" or ")) + " removes was requested since the API servers were started");
        }
    }

    private static Run run(Exchange exchange) {
        return exchange.getVariable(Variables.RUN, Run.class);
    }
}
