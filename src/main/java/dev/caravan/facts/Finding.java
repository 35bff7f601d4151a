package dev.caravan.facts;

import java.util.List;
import java.util.Map;

/**
 * Something that prevents, or may prevent, a cluster on these hosts.
 *
 * @param hosts   names of the hosts that it is about, in the spec's order; empty where it is about the spec
 * @param rule    the rule's name: lower case, with dashes
 * @param problem what is wrong, in one sentence without a full stop
 * @param remedy  what to do about it, in whole sentences
 */
public record Finding(List<String> hosts, String rule, Severity severity, String problem, String remedy) {
    public Finding {
        hosts = List.copyOf(hosts);
    }

    public boolean refuses() {
        return severity == Severity.REFUSES;
    }

    /** The finding as an event carries it. */
    public Map<String, Object> toMap() {
        return Map.of("hosts", hosts, "rule", rule, "severity", severity.word(), "problem", problem, "remedy", remedy);
    }
}
