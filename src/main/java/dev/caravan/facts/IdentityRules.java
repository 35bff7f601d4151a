package dev.caravan.facts;

import dev.caravan.facts.Survey.Seen;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Hosts must be distinct machines, and be told apart by product_uuid and host name; by MAC address, see {@link MacAddressRule}. */
final class IdentityRules {
    private IdentityRules() {}

    /** Two names for one machine; what follows from that alone is not reported on top. */
    static List<Finding> oneMachine(Survey survey) {
        List<Finding> findings = new ArrayList<>();
        machines(survey).values().stream().filter(hosts -> hosts.size() > 1).forEach(hosts -> findings.add(new Finding(
                Survey.names(hosts),
                "one-machine",
                Severity.REFUSES,
                "one and the same machine under several names (" + hosts.get(0).facts().hostname() + ")",
                "List it once in the spec, or correct the addresses.")));
        return findings;
    }

    static List<Finding> machineIdentity(Survey survey) {
        return shared(survey, facts -> facts.machine().identity().stream(), (identity, hosts) -> new Finding(
                Survey.names(hosts),
                "product-uuid",
                Severity.REFUSES,
                "one " + identity.source() + ", " + identity.value(),
                identity.source().equals("machine-id")
                        ? "On all but one: rm /etc/machine-id && systemd-machine-id-setup, then reboot."
                        : "Give each virtual machine its own UUID in its hypervisor's settings."));
    }

    /** Clones with a product_uuid of their own and one machine-id: DHCP, journald and network managers take them for one machine. */
    static List<Finding> machineId(Survey survey) {
        return shared(survey, facts -> facts.machine().identity().filter(identity -> identity.source().equals("product_uuid")).isPresent()
                ? facts.machine().machineId().stream() : Stream.empty(), (id, hosts) -> new Finding(
                Survey.names(hosts),
                "machine-id",
                Severity.WARNS,
                "one machine-id, " + id + ", though they are different machines",
                "They may get one address by DHCP, or one MAC address for bridges. "
                        + "On all but one: rm /etc/machine-id && systemd-machine-id-setup, then reboot."));
    }

    static List<Finding> hostname(Survey survey) {
        return shared(survey, facts -> Stream.of(facts.hostname().toLowerCase(Locale.ROOT)), (name, hosts) -> new Finding(
                Survey.names(hosts),
                "hostname",
                Severity.REFUSES,
                "one host name, " + name,
                "Give each host its own: hostnamectl set-hostname NAME."));
    }

    /** Harmless, as kubeadm is told the node's name; people who log in may still wonder. */
    static List<Finding> hostnameDiffers(Survey survey) {
        List<Seen> hosts = survey.hosts(seen -> !alike(seen.facts().hostname().toLowerCase(Locale.ROOT), seen.name()));
        if (hosts.isEmpty()) {
            return List.of();
        }
        String names = hosts.stream().map(seen -> seen.facts().hostname() + " is to be node " + seen.name())
                .collect(Collectors.joining(", "));
        return List.of(new Finding(
                Survey.names(hosts),
                "hostname-differs",
                Severity.WARNS,
                "the host name is not the node's name: " + names,
                "Kubernetes will use the node's name from the spec. Rename one of the two where they should be alike."));
    }

    /** One of the two may lack the domain. */
    private static boolean alike(String hostname, String name) {
        return hostname.equals(name) || firstLabel(hostname).equals(name) || hostname.equals(firstLabel(name));
    }

    /** The first host of each machine stands for it. */
    static List<Seen> distinct(Survey survey) {
        return machines(survey).values().stream().map(hosts -> hosts.get(0)).toList();
    }

    private static Map<List<Object>, List<Seen>> machines(Survey survey) {
        return group(survey.hosts(), facts -> Stream.of(facts.machine().identity().isPresent()
                ? List.of(facts.machine().identity(), MacAddressRule.macAddresses(facts), facts.hostname(), facts.bootId())
                : List.of(new Object())));
    }

    private interface Report<K> {
        Finding of(K key, List<Seen> hosts);
    }

    /** One finding for each set of hosts that share a key, though they may share several. */
    private static <K> List<Finding> shared(Survey survey, Function<Facts, Stream<K>> keys, Report<K> report) {
        Set<List<String>> reported = new LinkedHashSet<>();
        List<Finding> findings = new ArrayList<>();
        group(distinct(survey), keys).forEach((key, hosts) -> {
            if (hosts.size() > 1 && reported.add(Survey.names(hosts))) {
                findings.add(report.of(key, hosts));
            }
        });
        return findings;
    }

    private static <K> Map<K, List<Seen>> group(List<Seen> hosts, Function<Facts, Stream<K>> keys) {
        Map<K, List<Seen>> groups = new LinkedHashMap<>();
        for (Seen seen : hosts) {
            keys.apply(seen.facts()).forEach(key -> groups.computeIfAbsent(key, anyKey -> new ArrayList<>()).add(seen));
        }
        return groups;
    }

    private static String firstLabel(String hostname) {
        return hostname.toLowerCase(Locale.ROOT).replaceFirst("\\..*$", "");
    }
}
