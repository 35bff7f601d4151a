package dev.caravan.facts;

import dev.caravan.facts.Survey.Seen;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Clocks must agree: a certificate is valid from the moment it is made, as the clock there has it. Each clock is compared with the
 * engine's, and what the question's way there and back leaves open counts in the host's favour.
 */
final class ClockRule {
    private static final String REMEDY = "Set the clocks right and keep them so: install chrony, or systemctl enable --now "
            + "systemd-timesyncd.";

    private ClockRule() {}

    static List<Finding> check(Survey survey) {
        List<Seen> hosts = survey.hosts();
        Duration limit = survey.limits().clockSkew();
        List<Seen> apart = apart(hosts, limit);
        List<Finding> findings = new ArrayList<>();
        for (Seen seen : apart) {
            findings.add(new Finding(
                    List.of(seen.name()),
                    "clock",
                    Severity.REFUSES,
                    "the clock is " + words(seen.facts().clock().offset()) + " the engine's, and hosts' clocks may be "
                            + span(limit) + " apart",
                    REMEDY));
        }
        if (apart.isEmpty()) {
            List<Seen> off = hosts.stream().filter(seen -> certain(seen.facts().clock(), Duration.ZERO).compareTo(limit) > 0).toList();
            if (!off.isEmpty()) {
                findings.add(new Finding(
                        Survey.names(off),
                        "clock",
                        Severity.WARNS,
                        "the clock is " + words(off.get(0).facts().clock().offset()) + " that of the machine that Caravan runs on",
                        "One of the two is wrong; a kubeconfig may not be valid yet on the one that is behind."));
            }
        }
        return findings;
    }

    /** Those that are off where two hosts are certainly too far apart: off from what most clocks, the engine's among them, show. */
    private static List<Seen> apart(List<Seen> hosts, Duration limit) {
        if (hosts.isEmpty()) {
            return List.of();
        }
        Seen first = hosts.stream().min(Comparator.comparing(seen -> latest(seen.facts().clock()))).orElseThrow();
        Seen last = hosts.stream().max(Comparator.comparing(seen -> earliest(seen.facts().clock()))).orElseThrow();
        Duration spread = earliest(last.facts().clock()).minus(latest(first.facts().clock()));
        if (spread.compareTo(limit) <= 0) {
            return List.of();
        }
        Duration usual = median(hosts);
        List<Seen> off = hosts.stream().filter(seen -> certain(seen.facts().clock(), usual).compareTo(limit) > 0).toList();
        return off.isEmpty() ? hosts.stream().filter(seen -> seen.equals(first) || seen.equals(last)).toList() : off;
    }

    private static Duration median(List<Seen> hosts) {
        List<Duration> offsets = new ArrayList<>(hosts.stream().map(seen -> seen.facts().clock().offset()).toList());
        offsets.add(Duration.ZERO);
        offsets.sort(Comparator.naturalOrder());
        return offsets.get((offsets.size() - 1) / 2);
    }

    private static Duration earliest(Facts.Clock clock) {
        return clock.offset().minus(clock.uncertainty());
    }

    private static Duration latest(Facts.Clock clock) {
        return clock.offset().plus(clock.uncertainty());
    }

    /** How far the clock is from that offset at least. */
    private static Duration certain(Facts.Clock clock, Duration offset) {
        return clock.offset().minus(offset).abs().minus(clock.uncertainty());
    }

    private static String words(Duration offset) {
        return span(offset.abs()) + (offset.isNegative() ? " behind" : " ahead of");
    }

    private static String span(Duration duration) {
        long seconds = duration.toSeconds();
        if (seconds < 120) {
            return seconds + " s";
        }
        return seconds < 7200 ? seconds / 60 + " min" : seconds < 172_800 ? seconds / 3600 + " h" : seconds / 86_400 + " days";
    }
}
