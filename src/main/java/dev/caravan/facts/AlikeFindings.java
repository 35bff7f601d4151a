package dev.caravan.facts;

import dev.caravan.history.HostWords;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Findings of one host each that say the same, as one finding of all these hosts. They say the same if their words differ only in the
 * host's own name, its addresses, measures and numbers of processes. The words then have HOST, ADDRESS, the smallest and the largest
 * measure, and no process.
 */
final class AlikeFindings {
    private static final Pattern MEASURE = Pattern.compile("(?<![\\w.,:/-])\\d{1,15}(?= (?:MiB|%|s|min|h|days)(?:\\W|$))");
    private static final String PLACE = "\0";
    /** It says nothing without its host. */
    private static final Pattern PROCESS = Pattern.compile(" \\(pid \\d{1,10}\\)");

    private final Map<String, Host> hosts;

    private AlikeFindings(Cluster cluster) {
        this.hosts = cluster.everyHost().stream().collect(Collectors.toMap(Host::name, Function.identity(), (first, second) -> first));
    }

    /** In the order of the first of each kind. What is of no host or of several stays as it is. */
    static List<Finding> merged(List<Finding> findings, Cluster cluster) {
        AlikeFindings alike = new AlikeFindings(cluster);
        Map<Object, List<Finding>> groups = findings.stream()
                .collect(Collectors.groupingBy(alike::kind, LinkedHashMap::new, Collectors.toList()));
        return groups.values().stream().map(alike::one).toList();
    }

    private Object kind(Finding finding) {
        return hostOf(finding).<Object>map(host -> List.of(finding.rule(), finding.severity(), form(finding.problem(), host),
                form(finding.remedy(), host))).orElse(finding);
    }

    private Finding one(List<Finding> alike) {
        Finding first = alike.get(0);
        return alike.size() == 1 ? first : new Finding(alike.stream().flatMap(finding -> finding.hosts().stream()).distinct().toList(),
                first.rule(), first.severity(), words(alike, Finding::problem), words(alike, Finding::remedy));
    }

    private String words(List<Finding> alike, Function<Finding, String> part) {
        String first = part.apply(alike.get(0));
        if (alike.stream().map(part).allMatch(first::equals)) {
            return first;
        }
        List<List<Long>> measures = alike.stream().map(part).map(AlikeFindings::measures).toList();
        List<String> spans = new ArrayList<>();
        for (int place = 0; place < measures.get(0).size(); place++) {
            int at = place;
            long least = measures.stream().mapToLong(each -> each.get(at)).min().orElseThrow();
            long most = measures.stream().mapToLong(each -> each.get(at)).max().orElseThrow();
            spans.add(least == most ? Long.toString(least) : least + " to " + most);
        }
        String words = form(first, hostOf(alike.get(0)).orElseThrow());
        for (String span : spans) {
            words = words.replaceFirst(PLACE, span);
        }
        return words;
    }

    private Optional<Host> hostOf(Finding finding) {
        return finding.hosts().size() == 1 ? Optional.ofNullable(hosts.get(finding.hosts().get(0))) : Optional.empty();
    }

    private static List<Long> measures(String words) {
        return MEASURE.matcher(words).results().map(MatchResult::group).map(Long::valueOf).toList();
    }

    private static String form(String words, Host host) {
        String form = MEASURE.matcher(PROCESS.matcher(words).replaceAll("")).replaceAll(PLACE);
        return HostWords.without(form, host.name(), host.addresses());
    }
}
