package dev.caravan.facts;

import dev.caravan.spec.Cluster;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * The rules that hosts must keep before any of them is changed. All findings come at once. Immutable and thread-safe.
 *
 * <p>What is no finding, as later steps deal with it: swap, SELinux, several CRI sockets (kubeadm is told which), a port that a
 * process of this very cluster holds.
 */
public final class Preflight {
    /** In the order in which findings are told. */
    private static final List<Rule> RULES = List.of(
            PlatformRules::runtime,
            PlatformRules::operatingSystem,
            PlatformRules::systemd,
            PlatformRules::architecture,
            PlatformRules::kernel,
            PlatformRules::cgroups,
            IdentityRules::oneMachine,
            MacAddressRule::check,
            IdentityRules::machineIdentity,
            IdentityRules::hostname,
            IdentityRules::hostnameDiffers,
            ClusterRules::otherCluster,
            ClusterRules::nodeName,
            ClusterRules::role,
            ClusterRules::kubeletVersion,
            ClusterRules::ports,
            ClusterRules::leftoverNetwork,
            AddressFamilyRules::bothFamilies,
            AddressFamilyRules::routerAdvertisements,
            ReachRule::check,
            ResourceRules::cpus,
            ResourceRules::memory,
            ResourceRules::disk,
            ClockRule::check,
            FirewallRule::check,
            PodCidrs::check);

    private final Limits limits;

    /** With {@link Limits#defaults()}. */
    public Preflight() {
        this(Limits.defaults());
    }

    public Preflight(Limits limits) {
        this.limits = limits;
    }

    /**
     * Holds the hosts against all rules.
     *
     * @param facts by host name; a host that is not in it is left out of all rules, so whoever could not look at one has to say so
     * @return what refuses first, each part in the order of the rules; empty if nothing is to be said
     */
    public List<Finding> check(Cluster cluster, Map<String, Facts> facts) {
        Survey survey = Survey.of(cluster, facts, limits);
        List<Finding> findings = new ArrayList<>();
        RULES.forEach(rule -> findings.addAll(rule.check(survey)));
        // A stable sort: within each severity the order of the rules stays.
        findings.sort(Comparator.comparing(Finding::severity));
        return List.copyOf(findings);
    }

    /** Whether the run may not go on. */
    public static boolean refuses(List<Finding> findings) {
        return findings.stream().anyMatch(Finding::refuses);
    }

    /** The findings as a person reads them: hosts, problem, and the remedy below. Every line ends with a newline. */
    public static String render(List<Finding> findings) {
        return FindingsText.of(findings);
    }
}
