package dev.caravan.facts;

import dev.caravan.facts.Survey.Seen;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Cluster.RuntimeName;
import dev.caravan.tables.Minor.Least;
import dev.caravan.tables.Minor.PackageSignatures;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** What is installed already, or will be: runtimes, Kubernetes' programs, packages. */
final class InstalledRules {
    /** The first releases whose apt verifies with sqv, which refuses v3 signatures since February 2026 (kubernetes/release#3869). */
    private static final Map<String, String> STRICT_APT = Map.of("debian", "13", "ubuntu", "25.10");

    private InstalledRules() {}

    /** Which containerd and CRI-O the minor takes: of the version that the spec names, else of what is on the host and will stay. */
    static List<Finding> runtimeVersion(Survey survey) {
        Cluster.Runtime runtime = survey.cluster().runtime();
        if (runtime.version().isPresent()) {
            String version = runtime.version().get();
            return judged(survey, version).stream()
                    .map(judged -> judged.finding(List.of(), "runtime.version " + version,
                            "Write another runtime.version, or leave it out for the newest in the repository."))
                    .toList();
        }
        return PlatformRules.grouped(
                survey.hosts(seen -> installed(seen, runtime.name()).flatMap(version -> judged(survey, version)).isPresent()),
                seen -> installed(seen, runtime.name()).orElseThrow(),
                (version, hosts) -> judged(survey, version).orElseThrow().finding(hosts, runtime.name() + " " + version,
                        "Upgrade or remove it on the host; where there is none, Caravan installs the newest in the repository."));
    }

    /** A node stays on its runtime until the action migrate-runtime moves it. */
    static List<Finding> nodeRuntime(Survey survey) {
        RuntimeName wanted = survey.cluster().runtime().name();
        return PlatformRules.grouped(
                survey.hosts(seen -> seen.isMember()
                        && seen.facts().runtimes().ofNode().filter(name -> !name.equals(wanted.word())).isPresent()),
                seen -> seen.facts().runtimes().ofNode().orElseThrow(),
                (name, hosts) -> new Finding(hosts, "node-runtime", Severity.REFUSES,
                        "the node's pods run on " + name + ", and the spec says runtime.name: " + wanted.word(),
                        name.equals("docker") && wanted == RuntimeName.CONTAINERD
                                ? "To move the nodes one by one, at the version that they run now: caravan migrate-runtime -f SPEC"
                                : "Write the runtime that the node has, or replace the node: remove it, and add it again."));
    }

    private record Judged(Severity severity, String reason) {
        Finding finding(List<String> hosts, String what, String remedy) {
            return new Finding(hosts, "runtime-version", severity, what + reason, remedy);
        }
    }

    private static Optional<String> installed(Seen seen, RuntimeName name) {
        return seen.facts().runtimes().installed().stream()
                .filter(runtime -> runtime.name().equals(name.word()))
                .map(Facts.ContainerRuntime::version)
                .findFirst();
    }

    private static Optional<Judged> judged(Survey survey, String version) {
        String kubernetes = survey.cluster().kubernetes().version();
        if (survey.cluster().runtime().name() == RuntimeName.CRI_O) {
            boolean apart = Math.abs(minorOf(version) - survey.cluster().kubernetes().minor()) > survey.minor().criOMinorsApart();
            return !apart ? Optional.empty() : Optional.of(new Judged(Severity.WARNS,
                    " is not of the minor of Kubernetes " + kubernetes + ", and CRI-O's minors go with Kubernetes'"));
        }
        if (survey.cluster().runtime().name() != RuntimeName.CONTAINERD) {
            return Optional.empty();
        }
        Least least = survey.minor().containerd();
        if (least.refuseBelow().filter(new Version(version)::isBelow).isPresent()) {
            return Optional.of(new Judged(Severity.REFUSES,
                    " is too old for Kubernetes " + kubernetes + ", which needs " + least.refuseBelow().get() + " or later"));
        }
        return least.warnBelow().filter(new Version(version)::isBelow)
                .map(wanted -> new Judged(Severity.WARNS,
                        " is on its way out: Kubernetes " + kubernetes + " asks for " + wanted + " or later"));
    }

    private static int minorOf(String version) {
        String[] numbers = version.replaceFirst("^[^0-9]*", "").split("[^0-9]+");
        return numbers.length > 1 && numbers[1].matches("\\d{1,6}") ? Integer.parseInt(numbers[1]) : -1;
    }

    /**
     * Programs of another version than the spec's: kube-install does not replace them. Older ones of a node are upgraded with it. Where
     * the kubelet differs, that says it all (see {@link ClusterRules#kubeletVersion}).
     */
    static List<Finding> programs(Survey survey) {
        String wanted = survey.cluster().kubernetes().version();
        Map<String, Function<Facts.Kubernetes, Optional<String>>> programs = new LinkedHashMap<>();
        programs.put("kubeadm", Facts.Kubernetes::kubeadm);
        programs.put("kubectl", Facts.Kubernetes::kubectl);
        List<Finding> findings = new ArrayList<>();
        programs.forEach((program, version) -> findings.addAll(PlatformRules.grouped(
                survey.hosts(seen -> seen.membership() != Membership.OTHER_CLUSTER && kubeletFits(seen, wanted)
                        && version.apply(seen.facts().kubernetes())
                                .filter(found -> seen.isMember() ? new Version(found).isAbove(wanted) : !found.equals(wanted))
                                .isPresent()),
                seen -> version.apply(seen.facts().kubernetes()).orElseThrow(),
                (found, hosts) -> new Finding(hosts, "program-version", Severity.REFUSES,
                        program + " " + found + " is installed, and the spec asks for " + wanted,
                        "Remove it from the host: Caravan installs its own, and replaces none."))));
        return findings;
    }

    private static boolean kubeletFits(Seen seen, String wanted) {
        return seen.facts().kubeletVersion().isEmpty() || seen.facts().kubeletVersion().equals(wanted);
    }

    /** apt of Debian 13 and Ubuntu 25.10 refuses the signatures of pkgs.k8s.io's older repositories. */
    static List<Finding> packageSignatures(Survey survey) {
        Cluster.Packages packages = survey.cluster().packages();
        boolean unchecked = packages.kubernetes().gpgCheck().filter(checked -> !checked).isPresent();
        if (survey.minor().packageSignatures() != PackageSignatures.V3 || unchecked || !isLikeUpstreams(packages)) {
            return List.of();
        }
        return PlatformRules.grouped(
                survey.hosts(seen -> Optional.ofNullable(STRICT_APT.get(seen.facts().system().id()))
                        .filter(first -> !new Version(seen.facts().system().version()).isBelow(first)).isPresent()),
                seen -> seen.facts().system().id() + " " + seen.facts().system().version(),
                (system, hosts) -> new Finding(hosts, "package-signature", Severity.WARNS,
                        "apt of " + system + " refuses the signatures of the repository of Kubernetes " + survey.minor().series()
                                + ", which are in an old form (v3)",
                        "Take Kubernetes 1.34 or later, or a mirror of your own that signs again; "
                                + "packages.kubernetes.gpgCheck: false goes without the check."));
    }

    /** Repositories for each minor, laid out and signed as in pkgs.k8s.io. */
    private static boolean isLikeUpstreams(Cluster.Packages packages) {
        return packages.kubernetes().baseUrl()
                .map(url -> url.contains("pkgs.k8s.io") || url.contains("core:/stable:/") || url.contains("/core/stable/"))
                .orElse(packages.mirror() != Cluster.Mirror.CUSTOM);
    }
}
