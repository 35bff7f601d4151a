package dev.caravan.history;

import dev.caravan.digest.Sha256;
import dev.caravan.history.Occurrence.RunQueued;
import dev.caravan.history.Occurrence.StepEnded;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a plan says that would be done: what its user reads and approves. Two plans of the same spec on unchanged hosts are equal.
 * Immutable; holds no secret, as events hold none.
 *
 * @param version of Kubernetes, as the spec has it
 * @param hosts   of the spec
 * @param changes sorted by host and step; on one host in the order of its step
 */
public record PlannedChanges(String version, List<RunHost> hosts, List<Change> changes) {
    private static final int LINES_SHOWN = 5;

    public PlannedChanges {
        hosts = List.copyOf(hosts);
        changes = List.copyOf(changes);
    }

    /**
     * A change that would be made.
     *
     * @param host        empty if it concerns the cluster as a whole
     * @param text        the words of the script
     * @param differences how what it changes would differ; may be empty
     */
    public record Change(String host, String step, String text, List<String> differences) {
        public Change {
            differences = List.copyOf(differences);
        }
    }

    /**
     * Something that one plan has and another does not.
     *
     * @param hosts empty if it concerns the cluster as a whole
     * @param text  in lines
     */
    public record Deviation(List<String> hosts, String text) {
        public Deviation {
            hosts = List.copyOf(hosts);
        }
    }

    /** What the run with these events planned. */
    public static PlannedChanges of(List<Event> events) {
        Optional<RunQueued> queued = events.stream().flatMap(event -> event.as(RunQueued.class).stream()).findFirst();
        List<Change> changes = events.stream().flatMap(event -> event.as(StepEnded.class).stream())
                .filter(ended -> ended.state() == StepState.CHANGED).flatMap(PlannedChanges::changes).distinct()
                .sorted(Comparator.comparing(Change::host).thenComparing(Change::step)).toList();
        return new PlannedChanges(queued.flatMap(RunQueued::version).orElse(""), queued.map(RunQueued::hosts).orElse(List.of()), changes);
    }

    private static Stream<Change> changes(StepEnded ended) {
        String host = ended.host().orElse("");
        // A step that lists nothing has its message stand for it.
        List<String> texts = ended.changes().isEmpty() ? List.of(ended.message()) : ended.changes();
        return texts.stream().map(text -> new Change(host, ended.step(), text, ended.differences().stream()
                .filter(each -> each.change().equals(text)).map(each -> each.subject() + "\n" + each.text()).toList()));
    }

    /** The same for equal plans, another one for others. */
    public String digest() {
        StringBuilder text = new StringBuilder();
        Stream.concat(Stream.of(version), hosts.stream().flatMap(host -> Stream.of(host.name(), host.address(), host.roles().toString())))
                .forEach(part -> add(text, part));
        for (Change change : changes) {
            List.of(change.host(), change.step(), change.text()).forEach(part -> add(text, part));
            change.differences().forEach(part -> add(text, part));
        }
        return "sha256:" + Sha256.hex(text.toString());
    }

    /* With its length, so that no two lists of parts give the same text. */
    private static void add(StringBuilder text, String part) {
        text.append(part.length()).append(' ').append(part).append('\n');
    }

    /** What another plan, made later, has otherwise; empty if the two are equal. */
    public List<Deviation> deviations(PlannedChanges later) {
        List<Deviation> deviations = new ArrayList<>();
        if (!version.equals(later.version)) {
            deviations.add(new Deviation(List.of(), "Kubernetes " + version + " was planned, and it is " + later.version + " now"));
        }
        if (!hosts.equals(later.hosts)) {
            deviations.add(new Deviation(List.of(), "the plan was for the hosts " + names(hosts) + ", and they are " + names(later.hosts)
                    + " now"));
        }
        Map<String, List<String>> byText = new LinkedHashMap<>();
        Map<Change, Change> before = byPlace(changes);
        Map<Change, Change> now = byPlace(later.changes);
        now.forEach((place, change) -> {
            if (!before.containsKey(place)) {
                add(byText, change, change.step() + " would now also change this: " + change.text());
            } else if (!before.get(place).equals(change)) {
                add(byText, change, change.step() + " would do this otherwise now: " + change.text()
                        + lines(before.get(place), change));
            }
        });
        before.forEach((place, change) -> {
            if (!now.containsKey(place)) {
                add(byText, change, change.step() + " would no longer change this: " + change.text());
            }
        });
        byText.forEach((text, on) -> deviations.add(new Deviation(on, text)));
        return deviations;
    }

    private static String names(List<RunHost> hosts) {
        return hosts.stream().map(host -> host.name() + " (" + host.address() + ", " + String.join(" ", host.roles()) + ")")
                .collect(Collectors.joining(", "));
    }

    private static void add(Map<String, List<String>> byText, Change change, String text) {
        List<String> on = byText.computeIfAbsent(text, any -> new ArrayList<>());
        if (!change.host().isEmpty()) {
            on.add(change.host());
        }
    }

    private static Map<Change, Change> byPlace(List<Change> changes) {
        return changes.stream().collect(Collectors.toMap(change -> new Change(change.host(), change.step(), change.text(), List.of()),
                change -> change, (first, second) -> first, LinkedHashMap::new));
    }

    /** The lines that only one of the two has. */
    private static String lines(Change before, Change now) {
        List<String> then = all(before);
        List<String> later = all(now);
        return shown("\nplanned  ", then.stream().filter(line -> !later.contains(line)).toList())
                + shown("\nnow      ", later.stream().filter(line -> !then.contains(line)).toList());
    }

    private static List<String> all(Change change) {
        return change.differences().stream().flatMap(text -> Arrays.stream(text.split("\n"))).filter(line -> !line.startsWith("@@"))
                .toList();
    }

    private static String shown(String lead, List<String> lines) {
        return lines.stream().limit(LINES_SHOWN).map(line -> lead + line).collect(Collectors.joining())
                + (lines.size() > LINES_SHOWN ? lead + "and " + (lines.size() - LINES_SHOWN) + " more lines" : "");
    }
}
