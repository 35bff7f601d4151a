package dev.caravan.facts;

import dev.caravan.facts.Survey.Seen;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Operating system and architecture. */
final class PlatformRules {
    /** The oldest releases that the kubeadm installation guide named while the legacy repositories lasted. */
    private static final Map<String, String> OLDEST = Map.of(
            "centos", "7", "rhel", "7", "ol", "7", "rocky", "8", "almalinux", "8", "fedora", "25", "ubuntu", "16.04", "debian", "9");

    private static final Set<String> ARCHITECTURES = Set.of("x86_64", "aarch64");
    private static final Set<String> UNTRIED_ARCHITECTURES = Set.of("ppc64le", "s390x");

    private PlatformRules() {}

    static List<Finding> operatingSystem(Survey survey) {
        List<Finding> findings = new ArrayList<>();
        survey.hosts(seen -> seen.facts().family().isEmpty()).forEach(seen -> findings.add(new Finding(
                List.of(seen.name()),
                "operating-system",
                Severity.REFUSES,
                "neither yum nor apt on this operating system (" + name(seen) + ")",
                "Caravan needs an RPM distribution with yum or dnf, or a Debian or Ubuntu.")));
        findings.addAll(grouped(
                survey.hosts(seen -> OLDEST.containsKey(seen.facts().system().id())
                        && !seen.facts().system().version().isEmpty()
                        && new Version(seen.facts().system().version()).isBelow(OLDEST.get(seen.facts().system().id()))),
                PlatformRules::name,
                (system, hosts) -> new Finding(
                        hosts,
                        "operating-system",
                        Severity.REFUSES,
                        system + " is too old for Kubernetes",
                        "Install " + String.join(", ", "CentOS or RHEL 7", "Debian 9", "Ubuntu 16.04") + " or a later one.")));
        findings.addAll(grouped(
                survey.hosts(seen -> !seen.facts().family().isEmpty() && !OLDEST.containsKey(seen.facts().system().id())),
                PlatformRules::name,
                (system, hosts) -> new Finding(
                        hosts,
                        "operating-system",
                        Severity.WARNS,
                        system + " is not a system that Caravan knows",
                        "It is treated as its relatives are, by its package manager. Try it on one host first.")));
        return findings;
    }

    static List<Finding> systemd(Survey survey) {
        return grouped(
                survey.hosts(seen -> !seen.facts().system().init().equals("systemd")),
                seen -> seen.facts().system().init(),
                (init, hosts) -> new Finding(
                        hosts,
                        "init-system",
                        Severity.REFUSES,
                        "systemd does not run this host" + (init.isEmpty() ? "" : "; " + init + " does"),
                        "kubelet and the container runtimes are installed as systemd units. Boot the host with systemd."));
    }

    static List<Finding> architecture(Survey survey) {
        return grouped(
                survey.hosts(seen -> !ARCHITECTURES.contains(seen.facts().architecture())),
                seen -> seen.facts().architecture(),
                (architecture, hosts) -> UNTRIED_ARCHITECTURES.contains(architecture)
                        ? new Finding(hosts, "architecture", Severity.WARNS, "Caravan was never tried on " + architecture,
                                "See that the repositories and the image repository hold packages and images for it.")
                        : new Finding(hosts, "architecture", Severity.REFUSES, "no Kubernetes packages for " + architecture,
                                "Use a 64-bit x86 or ARM host with a 64-bit operating system."));
    }

    private static String name(Seen seen) {
        Facts.OperatingSystem system = seen.facts().system();
        return system.id().isEmpty() ? "unknown" : (system.id() + " " + system.version()).strip();
    }

    /** What is to be said of hosts that are alike. */
    interface Report {
        Finding of(String what, List<String> hosts);
    }

    /** One finding for all hosts that are alike. */
    static List<Finding> grouped(List<Seen> hosts, Function<Seen, String> what, Report report) {
        Map<String, List<Seen>> groups = hosts.stream().collect(Collectors.groupingBy(what, LinkedHashMap::new, Collectors.toList()));
        List<Finding> findings = new ArrayList<>();
        groups.forEach((key, members) -> findings.add(report.of(key, Survey.names(members))));
        return findings;
    }
}
