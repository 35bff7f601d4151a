package dev.caravan.facts;

import dev.caravan.spec.Cluster;
import dev.caravan.tables.KubernetesTable;
import dev.caravan.tables.NetworkTable;
import dev.caravan.tables.PreflightTable;
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
    /** In the order in which findings are reported. */
    private static final List<Rule> RULES = List.of(
            SpecRules::runtime,
            SpecRules::newestTried,
            SpecRules::removed,
            SpecRules::dualStack,
            SpecRules::proxyMode,
            InstalledRules::runtimeVersion,
            InstalledRules::nodeRuntime,
            PlatformRules::operatingSystem,
            PlatformRules::systemd,
            PlatformRules::architecture,
            KernelRules::kernel,
            KernelRules::nftables,
            KernelRules::network,
            KernelRules::cgroups,
            KernelRules::modules,
            InstalledRules::packageSignatures,
            IdentityRules::oneMachine,
            AddressRule::check,
            AddressRule::moved,
            AddressRule::networkInterface,
            MacAddressRule::check,
            IdentityRules::machineIdentity,
            IdentityRules::machineId,
            IdentityRules::hostname,
            IdentityRules::hostnameDiffers,
            ClusterRules::otherCluster,
            ClusterRules::nodeName,
            ClusterRules::role,
            ClusterRules::kubeletVersion,
            UpgradeRules::downgrade,
            UpgradeRules::skew,
            UpgradeRules::etcd,
            InstalledRules::programs,
            ClusterRules::ports,
            ClusterRules::leftoverNetwork,
            CertificateRule::check,
            RemovalRules::asked,
            RemovalRules::absent,
            RemovalRules::lost,
            RemovalRules::quorum,
            AddressFamilyRules::bothFamilies,
            AddressFamilyRules::routerAdvertisements,
            ReachRule::check,
            EndpointRule::check,
            ResourceRules::cpus,
            ResourceRules::memory,
            ResourceRules::disk,
            ClockRule::check,
            FirewallRule::check,
            PodCidrs::check);

    private final Limits limits;
    private final KubernetesTable versions;
    private final NetworkTable networks;
    private final PreflightTable table;

    public Preflight(Limits limits, KubernetesTable versions, NetworkTable networks, PreflightTable table) {
        this.limits = limits;
        this.versions = versions;
        this.networks = networks;
        this.table = table;
    }

    /**
     * Holds the hosts against all rules.
     *
     * @param facts by host name; a host that is not in it is left out of all rules, so a caller that could not look at one has to say so
     * @return what refuses first, each part in the order of the rules; empty if nothing is to be said
     */
    public List<Finding> check(Cluster cluster, Map<String, Facts> facts) {
        return check(cluster, facts, Leaving.NONE);
    }

    /**
     * The same for a cluster that hosts leave.
     *
     * @param leaving what is known of them beside their facts
     */
    public List<Finding> check(Cluster cluster, Map<String, Facts> facts, Leaving leaving) {
        Survey survey = Survey.of(cluster, facts, leaving, limits, versions, networks);
        List<Finding> findings = new ArrayList<>();
        RULES.forEach(rule -> findings.addAll(rule.check(survey)));
        return judged(findings);
    }

    /** Findings of rules that are elsewhere, as the table has it: some of them warn instead of refusing, or are left out. */
    public List<Finding> judged(List<Finding> found) {
        List<Finding> findings = new ArrayList<>();
        found.forEach(finding -> {
            Severity severity = switch (table.of(finding.rule())) {
                case REFUSE -> table.makesRefusalsOfWarnings(finding.rule()) ? Severity.REFUSES : finding.severity();
                case WARN -> Severity.WARNS;
                case OFF -> null;
            };
            if (severity != null) {
                findings.add(new Finding(finding.hosts(), finding.rule(), severity, finding.problem(), finding.remedy()));
            }
        });
        // A stable sort: within each severity the order of the rules stays.
        findings.sort(Comparator.comparing(Finding::severity));
        return List.copyOf(findings);
    }

    /** Those that say the same of one host each as one finding of all these hosts. */
    public static List<Finding> merged(List<Finding> findings, Cluster cluster) {
        return AlikeFindings.merged(findings, cluster);
    }

    /** Whether the run must end here. */
    public static boolean refuses(List<Finding> findings) {
        return findings.stream().anyMatch(Finding::refuses);
    }

    /** The findings as a person reads them: hosts, problem, and the remedy below. Every line ends with a newline. */
    public static String render(List<Finding> findings) {
        return FindingsText.of(findings);
    }
}
