package dev.caravan.facts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.facts.Leaving.Machine;
import dev.caravan.facts.Leaving.NotReached;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.spec.Host.State;
import dev.caravan.testkit.Clusters;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What stands in the way of a removal. */
class RemovalRulesTest {
    private static final NotReached NOBODY = new NotReached(Machine.NONE, "no answer");

    @ParameterizedTest
    @CsvSource({"1, 1, 1, true, 0", "2, 2, 2, true, 0", "2, 1, 2, false, 0", "3, 2, 2, true, 1", "3, 1, 2, false, 1", "4, 3, 3, true, 1",
        "5, 3, 3, true, 2", "7, 4, 4, true, 3"})
    void mostMembersMustBeHealthy(int voters, int healthy, int needed, boolean holds, int tolerates) {
        EtcdQuorum quorum = new EtcdQuorum(voters, healthy);

        assertThat(quorum.needed()).isEqualTo(needed);
        assertThat(quorum.holds()).isEqualTo(holds);
        assertThat(quorum.tolerates()).isEqualTo(tolerates);
    }

    @Test
    void oneOfThreeLeavesWithAWarning() {
        assertThat(said(Map.of("h2", State.ABSENT), members("h1 h2 h3", ""), Map.of())).containsExactly(
                "warns etcd-tolerance [h2]: etcd will have 2 members, of which none may fail; now it has 3, of which 1 may");
    }

    @Test
    void noneLeavesIfTheOthersWouldBeTooFew() {
        assertThat(said(Map.of("h3", State.ABSENT), members("h1 h2 h3", "h1"), Map.of())).containsExactly(
                "refuses etcd-quorum [h3]: etcd would lose its quorum: it has 3 members, 2 of them healthy (not h1). Without h3, 2 would "
                        + "be left, 1 of them healthy, and 2 are needed");
    }

    @Test
    void aLostOneLeavesFirst() {
        assertThat(said(Map.of("h2", State.ABSENT, "h3", State.LOST), members("h1 h2 h3", "h3"), Map.of("h3", NOBODY))).containsExactly(
                "warns etcd-tolerance [h3, h2]: etcd will have 1 member, of which none may fail; now it has 3, of which 1 may");
    }

    @Test
    void withoutAQuorumNothingCanBeRemoved() {
        assertThat(said(Map.of("h2", State.LOST), members("h1 h2 h3", "h2 h3"), Map.of("h2", NOBODY))).containsExactly(
                "refuses etcd-quorum [h2]: etcd has lost its quorum: it has 3 members, 1 of them healthy (not h2, h3), and 2 are needed to "
                        + "change anything");
    }

    @Test
    void aMemberThatNeverStartedIsKnownByItsAddress() {
        ClusterMembers members = ClusterMembers.parse(Map.of("etcd", """
                a1 h1 voter healthy https://10.77.0.11:2380
                a2 - voter unhealthy https://10.77.0.12:2380
                a3 h3 learner healthy https://10.77.0.13:2380"""));

        assertThat(members.member(host("h2"))).map(ClusterMembers.EtcdMember::id).contains("a2");
        assertThat(members.quorum()).as("a learner does not count").isEqualTo(new EtcdQuorum(2, 1));
        assertThatThrownBy(() -> ClusterMembers.parse(Map.of("etcd", "a1 h1"))).hasMessageContaining("a1 h1");
    }

    @Test
    void anExternalEtcdIsNotCounted() {
        ClusterMembers external = ClusterMembers.parse(Map.of("nodes", "h2 True", "etcd", "external"));

        assertThat(said(Map.of("h2", State.ABSENT), external, Map.of())).isEmpty();
    }

    @Test
    void anAbsentHostThatIsGoneWithoutANodeIsNoMatter() {
        assertThat(said(Map.of("h2", State.ABSENT), members("h1 h3", ""), Map.of("h2", NOBODY))).isEmpty();
        assertThat(said(Map.of("h2", State.ABSENT), members("h1 h2 h3", ""), Map.of("h2", NOBODY)))
                .contains("refuses absent-host [h2]: still in the cluster, and could not be looked at: no answer");
    }

    @Test
    void aLostHostMustNotAnswer() {
        ClusterMembers known = members("h1 h2 h3", "h2");

        assertThat(said(Map.of("h2", State.LOST), known, Map.of("h2", new NotReached(Machine.SOME, "wrong key")))).contains(
                "refuses lost-host [h2]: lost in the spec, but a machine answers at its address: wrong key");
        assertThat(said(Map.of("h2", State.LOST), known, Map.of("h2", new NotReached(Machine.ANOTHER, "changed key"))))
                .as("another machine is at its address").noneMatch(finding -> finding.contains("lost-host"));
        assertThat(said(Map.of("h2", State.LOST), members("h1 h3", ""), Map.of("h2", new NotReached(Machine.SOME, "wrong key"))))
                .as("it is out of the cluster already").isEmpty();
    }

    @Test
    void aLostHostMustNotReportToTheCluster() {
        ClusterMembers ready = new ClusterMembers(Map.of("h2", "True"), members("h1 h3", "").etcd());

        assertThat(said(Map.of("h2", State.LOST), ready, Map.of("h2", NOBODY))).containsExactly(
                "refuses lost-host [h2]: lost in the spec, but its node is Ready: its kubelet reports to the API server");
    }

    @Test
    void aClusterThatCannotBeAskedIsNotGuessedAt() {
        Leaving leaving = new Leaving(Optional.empty(), Optional.of("etcd has no quorum"), Map.of("h2", NOBODY));

        assertThat(said(cluster(Map.of("h2", State.LOST)), leaving)).containsExactly(
                "refuses cluster-members [h2]: the cluster could not be asked whether it still has h2: etcd has no quorum");
    }

    /** Nodes and members of etcd of these names, those of the second list not healthy. */
    private static ClusterMembers members(String names, String ill) {
        String nodes = Stream.of(names.split(" ")).map(name -> name + " Unknown").collect(Collectors.joining("\n"));
        String etcd = Stream.of(names.split(" ")).map(name -> "8e" + name + " " + name + " voter "
                + (List.of(ill.split(" ")).contains(name) ? "unhealthy" : "healthy") + " https://10.77.0.1" + name.charAt(1) + ":2380")
                .collect(Collectors.joining("\n"));
        return ClusterMembers.parse(Map.of("nodes", nodes, "etcd", etcd));
    }

    private static Host host(String name) {
        return Clusters.of(3, 0).hosts().stream().filter(host -> host.name().equals(name)).findFirst().orElseThrow();
    }

    private static Cluster cluster(Map<String, State> leaving) {
        Cluster plain = Clusters.of(3, 0);
        return plain.withHosts(plain.hosts().stream().filter(host -> !leaving.containsKey(host.name())).toList(),
                plain.hosts().stream().filter(host -> leaving.containsKey(host.name())).map(host -> new Host(host.name(), host.address(),
                        host.roles(), host.ssh(), host.labels(), host.taints(), leaving.get(host.name()))).toList());
    }

    private static List<String> said(Map<String, State> leaving, ClusterMembers members, Map<String, NotReached> notReached) {
        return said(cluster(leaving), new Leaving(Optional.of(members), Optional.empty(), notReached));
    }

    private static List<String> said(Cluster cluster, Leaving leaving) {
        Map<String, Facts> facts = new LinkedHashMap<>();
        return RecordedFacts.preflight(Limits.defaults()).check(cluster, facts, leaving).stream()
                .map(finding -> finding.severity().word() + " " + finding.rule() + " " + finding.hosts() + ": " + finding.problem())
                .toList();
    }
}
