package dev.caravan.facts;

import dev.caravan.facts.Facts.Outcome;
import dev.caravan.facts.Survey.Seen;
import dev.caravan.spec.Host;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Hosts must reach each other's ports. Tried from each host; that nothing listens there yet is fine. What is said is put together:
 * one finding for each host that cannot be reached and each way in which that fails.
 */
final class ReachRule {
    private ReachRule() {}

    private record Failure(String label, String address, Outcome outcome) {}

    private record Attempts(Map<String, TreeSet<Integer>> portsBySource) {
        void add(String source, int port) {
            portsBySource.computeIfAbsent(source, anySource -> new TreeSet<>()).add(port);
        }
    }

    static List<Finding> check(Survey survey) {
        Map<Failure, Attempts> failures = new LinkedHashMap<>();
        // A host may have been left out since the others tried to reach it.
        Set<String> labels = Stream.concat(Stream.of(ReachTargets.ENDPOINT), survey.cluster().hosts().stream().map(Host::name))
                .collect(Collectors.toSet());
        for (Seen seen : survey.hosts()) {
            for (Facts.Reach reach : seen.facts().reach()) {
                if (!reach.outcome().reached() && labels.contains(reach.label())) {
                    failures.computeIfAbsent(
                                    new Failure(reach.label(), reach.address(), reach.outcome()),
                                    anyFailure -> new Attempts(new LinkedHashMap<>()))
                            .add(seen.name(), reach.port());
                }
            }
        }
        boolean exists = survey.hosts().stream().anyMatch(seen -> seen.isMember() && seen.facts().initialised());
        List<Finding> findings = new ArrayList<>();
        failures.forEach((failure, attempts) -> bySamePorts(attempts).forEach((ports, sources) ->
                finding(survey, failure, ports, sources, exists).ifPresent(findings::add)));
        return findings;
    }

    private static Optional<Finding> finding(Survey survey, Failure failure, TreeSet<Integer> ports, List<String> sources,
            boolean exists) {
        if (!failure.label().equals(ReachTargets.ENDPOINT)) {
            return Optional.of(host(failure, ports, sources));
        }
        // What Caravan keeps is not there before the cluster; apply brings it up later.
        boolean kept = survey.cluster().kubernetes().endpoint().isPresent();
        return kept ? Optional.empty() : Optional.of(endpoint(failure, ports, sources, exists));
    }

    private static Map<TreeSet<Integer>, List<String>> bySamePorts(Attempts attempts) {
        Map<TreeSet<Integer>, List<String>> sources = new LinkedHashMap<>();
        attempts.portsBySource().forEach((source, ports) -> sources.computeIfAbsent(ports, anyPorts -> new ArrayList<>()).add(source));
        return sources;
    }

    private static Finding host(Failure failure, TreeSet<Integer> ports, List<String> sources) {
        return new Finding(
                sources,
                "reach",
                Severity.REFUSES,
                "cannot reach " + failure.label() + " (" + failure.address() + ") on TCP " + list(ports) + ": " + failure.outcome().text(),
                remedy(failure, ports));
    }

    /** Behind a load balancer or on a virtual address there is nobody before the first control plane is up. */
    private static Finding endpoint(Failure failure, TreeSet<Integer> ports, List<String> sources, boolean clusterExists) {
        if (failure.outcome() == Outcome.UNRESOLVED) {
            // Unlike a load balancer, a name does not come by itself.
            return new Finding(sources, "reach", Severity.REFUSES,
                    "the control plane's endpoint " + failure.address() + " resolves to no address",
                    "Enter it in DNS, or in /etc/hosts of every host; or write an IP address as kubernetes.controlPlaneEndpoint.");
        }
        return new Finding(
                sources,
                "reach",
                clusterExists ? Severity.REFUSES : Severity.WARNS,
                "cannot reach the control plane's endpoint " + failure.address() + " on TCP " + list(ports) + ": "
                        + failure.outcome().text(),
                clusterExists
                        ? "Look at the load balancer or virtual address behind it: every node talks to the API server through it."
                        : "That may be so until the first control plane is up. It must lead there from then on.");
    }

    private static String remedy(Failure failure, TreeSet<Integer> ports) {
        return switch (failure.outcome()) {
            case TIMEOUT -> "Look for a firewall between them, or on " + failure.label() + ", that drops packets to " + list(ports) + ".";
            case NO_ROUTE -> "Is " + failure.label() + " on, its address right, and no firewall rejecting packets to " + list(ports) + "?";
            case UNRESOLVED -> "Give " + failure.label()
                    + " an address that resolves on every host: DNS, /etc/hosts, or an IP address in the spec.";
            default -> "Give the host a route to " + failure.address() + ".";
        };
    }

    private static String list(TreeSet<Integer> ports) {
        return ports.stream().map(String::valueOf).collect(Collectors.joining(", "));
    }
}
