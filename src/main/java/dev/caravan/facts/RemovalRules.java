package dev.caravan.facts;

import dev.caravan.facts.ClusterMembers.EtcdMember;
import dev.caravan.facts.Leaving.Machine;
import dev.caravan.facts.Leaving.NotReached;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Counted;
import dev.caravan.spec.Host;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Hosts that are to leave the cluster: that they can, and that the cluster survives it. */
final class RemovalRules {
    private static final String QUORUM = "etcd-quorum";

    private RemovalRules() {}

    /** Without the cluster's own words nobody knows what is to be removed. */
    static List<Finding> asked(Survey survey) {
        return survey.leaving().notAsked()
                .map(why -> new Finding(names(survey.cluster().leaving()), "cluster-members", Severity.REFUSES,
                        "the cluster could not be asked whether it still has "
                                + String.join(", ", names(survey.cluster().leaving())) + ": " + why,
                        "Hosts can be removed while most control planes run. If most are gone for good, restore a backup: docs/backup.md."))
                .stream().toList();
    }

    /** A host that is absent is drained and restored, so it must be there for as long as the cluster has it. */
    static List<Finding> absent(Survey survey) {
        List<Finding> findings = new ArrayList<>();
        for (Host host : survey.cluster().leaving()) {
            if (host.isLost() || !survey.leaving().isKnown(host)) {
                continue;
            }
            NotReached notReached = survey.leaving().notReached().get(host.name());
            if (notReached != null) {
                findings.add(new Finding(List.of(host.name()), "absent-host", Severity.REFUSES,
                        "still in the cluster, and could not be looked at: " + notReached.words(),
                        "Bring it up, so that it can be drained and restored. If its machine is gone for good, write state: lost."));
            } else if (membership(survey, host) == Membership.OTHER_CLUSTER) {
                findings.add(new Finding(List.of(host.name()), "absent-host", Severity.REFUSES,
                        "still a node of this cluster, while its machine is part of another cluster now",
                        "If the machine was reinstalled, write state: lost: then the cluster forgets the node, and the machine stays as "
                                + "it is."));
            }
        }
        return findings;
    }

    /** A host is lost only if nothing of it runs any more: otherwise two machines could write to one volume. */
    static List<Finding> lost(Survey survey) {
        List<Finding> findings = new ArrayList<>();
        for (Host host : survey.cluster().leaving()) {
            if (host.isLost()) {
                answer(survey, host).ifPresent(why -> findings.add(new Finding(List.of(host.name()), "lost-host", Severity.REFUSES, why,
                        "To remove a host that runs, write state: absent. To give it up, power it off.")));
            }
        }
        return findings;
    }

    private static Optional<String> answer(Survey survey, Host host) {
        boolean known = survey.leaving().isKnown(host);
        NotReached notReached = survey.leaving().notReached().get(host.name());
        if (membership(survey, host) == Membership.THIS_CLUSTER) {
            return Optional.of("lost in the spec, but it answers, and it is part of the cluster");
        }
        if (known && notReached != null && notReached.machine() == Machine.SOME) {
            return Optional.of("lost in the spec, but a machine answers at its address: " + notReached.words());
        }
        if (survey.leaving().members().filter(members -> "True".equals(members.nodes().get(host.name()))).isPresent()) {
            return Optional.of("lost in the spec, but its node is Ready: its kubelet reports to the API server");
        }
        return Optional.empty();
    }

    /** Every removal must leave most members of etcd healthy. */
    static List<Finding> quorum(Survey survey) {
        if (survey.leaving().members().isEmpty()) {
            return List.of();
        }
        ClusterMembers members = survey.leaving().members().get();
        EtcdQuorum now = members.quorum();
        List<Host> removed = removed(survey.cluster(), members);
        if (removed.isEmpty()) {
            return List.of();
        }
        if (!now.holds()) {
            return List.of(new Finding(names(removed), QUORUM, Severity.REFUSES,
                    "etcd has lost its quorum: " + words(members, now) + ", and " + now.needed() + " are needed to change anything",
                    "Bring the other control planes up. If they are gone for good, restore a backup: docs/backup.md."));
        }
        EtcdQuorum left = now;
        for (Host host : removed) {
            EtcdQuorum before = left;
            left = before.without(members.member(host).filter(EtcdMember::healthy).isPresent());
            if (!left.holds()) {
                return List.of(new Finding(List.of(host.name()), QUORUM, Severity.REFUSES,
                        "etcd would lose its quorum: " + words(members, now) + ". Without " + earlier(removed, host) + host.name() + ", "
                                + left.voters() + " would be left, " + left.healthy() + " of them healthy, and " + left.needed()
                                + " are needed",
                        "Bring the other control planes up first. If one of them is gone for good, write state: lost for it, and remove it "
                                + "first."));
            }
        }
        return tolerance(survey.cluster(), members, now, left, removed);
    }

    /* 3 control planes to 2 is allowed, and worse than it looks. */
    private static List<Finding> tolerance(Cluster cluster, ClusterMembers members, EtcdQuorum now, EtcdQuorum left, List<Host> removed) {
        int joining = (int) cluster.controlPlanes().stream().filter(host -> members.member(host).isEmpty()).count();
        EtcdQuorum then = new EtcdQuorum(left.voters() + joining, left.voters() + joining);
        if (then.tolerates() >= now.tolerates()) {
            return List.of();
        }
        return List.of(new Finding(names(removed), "etcd-tolerance", Severity.WARNS,
                "etcd will have " + Counted.of(then.voters(), "member") + ", of which "
                        + (then.tolerates() == 0 ? "none" : then.tolerates()) + " may fail; now it has " + now.voters() + ", of which "
                        + now.tolerates() + " may",
                "Add another control plane to keep that."));
    }

    private static List<Host> removed(Cluster cluster, ClusterMembers members) {
        return Leaving.ordered(cluster.leaving()).stream()
                .filter(host -> host.isControlPlane() && members.member(host).filter(EtcdMember::voting).isPresent()).toList();
    }

    private static String words(ClusterMembers members, EtcdQuorum now) {
        String ill = members.etcd().stream().filter(member -> member.voting() && !member.healthy())
                .map(member -> member.name().isEmpty() ? member.peerUrls().get(0) : member.name()).collect(Collectors.joining(", "));
        return "it has " + Counted.of(now.voters(), "member") + ", " + now.healthy() + " of them healthy"
                + (ill.isEmpty() ? "" : " (not " + ill + ")");
    }

    private static String earlier(List<Host> removed, Host host) {
        return removed.stream().takeWhile(other -> !other.equals(host)).map(other -> other.name() + " and ").collect(Collectors.joining());
    }

    private static Membership membership(Survey survey, Host host) {
        Map<String, Facts> facts = survey.facts();
        return Membership.of(survey.cluster(), host, facts);
    }

    private static List<String> names(List<Host> hosts) {
        return hosts.stream().map(Host::name).toList();
    }
}
