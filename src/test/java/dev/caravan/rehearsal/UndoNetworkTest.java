package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * What kube-proxy and networks leave in the kernel and in files of iproute2: recorded before by lib.sh, removed by the undo scripts and by
 * reset-host.
 */
class UndoNetworkTest extends NetworkStandIns {
    @Test
    void whatCameAndIsRecognisableGoesAndWhatOthersMadeSinceStays() throws Exception {
        String recorded = keep();
        cluster();
        append("nftables", "table ip nat\ntable ip6 mangle\ntable inet theirs\n");
        write("table-ip-nat",
                "table ip nat {\n\tchain POSTROUTING {\n\t\ttype nat hook postrouting priority srcnat; policy accept;\n\t}\n}\n");
        write("table-ip6-mangle", "table ip6 mangle {\n\tchain FORWARD {\n\t\ttype filter hook forward priority mangle; policy accept;\n"
                + "\t\toifname \"eth1\" counter drop\n\t}\n}\n");
        append("sets", "blocked\n");
        append("rules4", "100:\tfrom all lookup local\n200:\tfrom 192.0.2.7 lookup 100\n");
        append("routes4", "192.0.2.0/24 via 10.77.0.9 dev eth0 table 100\n");
        Files.writeString(root.resolve("etc/iproute2/rt_tables"), Files.readString(root.resolve("etc/iproute2/rt_tables")) + "100 ours\n");

        String log = undo(recorded, Map.of());

        assertThat(read("rules")).contains(POLICY).doesNotContain("kube-router", "node port", "KUBE-");
        assertThat(read("nftables")).isEqualTo("table ip filter\ntable inet firewalld\ntable ip6 mangle\ntable inet theirs\n");
        assertThat(read("sets")).isEqualTo("admins\nblocked\n");
        assertThat(read("rules4")).isEqualTo(RULES_4 + "100:\tfrom all lookup local\n200:\tfrom 192.0.2.7 lookup 100\n");
        assertThat(read("rules6")).isEqualTo("0:\tfrom all lookup local\n32766:\tfrom all lookup main\n");
        assertThat(read("routes4")).isEqualTo(ROUTES_4 + "192.0.2.0/24 via 10.77.0.9 dev eth0 table 100\n");
        assertThat(read("routes6")).isEqualTo("fe80::/64 dev eth0 proto kernel metric 256 pref medium\n");
        assertThat(root.resolve("etc/iproute2/rt_tables")).hasContent(TABLES + "100 ours\n");
        assertThat(log).doesNotContain("left: ")
                .contains("remove the nftables table ip kube-proxy", "remove the policy rule 32765: from 10.244.0.0/24 lookup kube-router");
        assertThat(undo(recorded, Map.of())).as("a second run finds nothing to do").doesNotContain("remove", "left: ", "set the policy");
    }

    @Test
    void whatWasThereBeforeStaysEvenWhereItLooksLikeTheirs() throws Exception {
        cluster();
        List<String> before = everything();

        String recorded = keep();
        String log = undo(recorded, Map.of());

        assertThat(everything()).isEqualTo(before);
        assertThat(log).doesNotContain("remove ", "left: ");
    }

    @Test
    void theKernelsFirstRuleComesBackWhereCiliumMovedIt() throws Exception {
        String recorded = keep();
        write("rules4", "9:\tfrom all fwmark 0x200/0xf00 lookup 2004\n100:\tfrom all lookup local\n"
                + "32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n");

        undo(recorded, Map.of());

        assertThat(read("rules4").lines().sorted().toList()).isEqualTo(RULES_4.lines().sorted().toList());
    }

    @Test
    void aHostWithoutTheCommandsSaysWhatMayStay() throws Exception {
        Files.delete(commands.resolve("nft"));
        Files.delete(commands.resolve("ipset"));
        String recorded = keep();
        cluster();

        String log = undo(recorded, Map.of());

        assertThat(recorded).contains("caravan-found\tnftables\ttables\tunknown", "caravan-found\tipsets\tnames\tunknown");
        assertThat(log).contains(
                "this host has no nft: if the network or kube-proxy made tables of nftables, they stay until the next boot",
                "this host has no ipset: if the network or kube-proxy made ipsets, they stay");
        assertThat(unseen()).as("the result names them").contains("this host has no ipset: ", "; this host has no nft: ")
                .doesNotContain("nfacct");
        assertThat(read("rules")).as("rules of iptables go all the same").doesNotContain("kube-router");
    }

    /** With iptables-nft the kernel has nf_tables, whether it lists the module or not; without a module there is nothing to be seen. */
    @Test
    void whatTheKernelHasNoPartForIsNotNamedInTheResult() throws Exception {
        Files.delete(commands.resolve("nft"));
        Files.delete(commands.resolve("ipset"));
        Files.createDirectories(root.resolve("proc"));
        Files.writeString(root.resolve("proc/modules"), "nf_conntrack 172032 1 - Live 0x0\n");
        String recorded = keep();

        undo(recorded, Map.of());
        assertThat(unseen()).as("iptables-nft-save is there").contains("this host has no nft: ").doesNotContain("ipset");

        Files.delete(commands.resolve("iptables-nft-save"));
        command("iptables", "echo 'iptables v1.8.9 (legacy)'");
        undo(recorded, Map.of());
        assertThat(unseen()).isEmpty();

        Files.writeString(root.resolve("proc/modules"), "ip_set 57344 1 - Live 0x0\nnfnetlink_acct 16384 2 - Live 0x0\n");
        undo(recorded, Map.of());
        assertThat(unseen()).contains("this host has no ipset: ", "this host has no nfacct: ").doesNotContain("has no nft:");
    }

    /** The words of nfacct 1.0.2; the names are those of kubernetes, pkg/proxy/metrics, from 1.32 on. */
    @Test
    void countersThatKubeProxyMadeGoAndThoseThatWereThereStay() throws Exception {
        nfacct();
        write("counters", counter("http") + counter("localhost_nps_accepted_pkts"));
        String recorded = keep();
        append("counters", counter("ct_state_invalid_dropped_pkts") + counter("theirs") + counter("ct_state_invalid_dropped_pkts_2"));

        String log = undo(recorded, Map.of());

        assertThat(read("counters")).isEqualTo(
                counter("http") + counter("localhost_nps_accepted_pkts") + counter("theirs") + counter("ct_state_invalid_dropped_pkts_2"));
        assertThat(log).contains("remove counters of nfacct (1)").doesNotContain("left: ");
        assertThat(undo(recorded, Map.of())).as("a second run finds nothing to do").doesNotContain("counters of nfacct", "left: ");
    }

    @Test
    void aCounterGoesAfterTheRulesThatCountWithItAndIsNamedWhereItCannot() throws Exception {
        nfacct();
        write("counters", "");
        String recorded = keep();
        append("counters", counter("ct_state_invalid_dropped_pkts"));
        String rule = "-A KUBE-FORWARD -m conntrack --ctstate INVALID -m nfacct --nfacct-name ct_state_invalid_dropped_pkts -j DROP";
        String before = read("rules");
        write("rules", before.replace(POLICY, POLICY + "\n" + rule)
                .replace(":FORWARD ACCEPT [0:0]", ":FORWARD ACCEPT [0:0]\n:KUBE-FORWARD - [0:0]"));

        assertThat(undo(recorded, Map.of())).contains("remove counters of nfacct (1)").doesNotContain("left: ");
        assertThat(read("counters")).isEmpty();

        write("counters", counter("ct_state_invalid_dropped_pkts"));
        write("rules", before.replace(POLICY, POLICY + "\n" + rule.replace("KUBE-FORWARD", "theirs")));
        assertThat(undo(recorded, Map.of()))
                .contains("left: the nfacct counter ct_state_invalid_dropped_pkts: nfacct v1.0.2: error: Device or resource busy");
    }

    @Test
    void aSetThatTheKernelHoldsIsNamedWithItsWords() throws Exception {
        String recorded = keep();
        cluster();
        // a rule that somebody else made with that set: it stays, and the set with it
        command("iptables-nft-restore", "cat > /dev/null");

        String log = undo(recorded, Map.of());

        assertThat(log).contains("left: the ipset kube-router-pod-subnets: "
                + "ipset v7.17: Set cannot be destroyed: it is in use by a kernel component");
    }

    @Test
    void resetWithoutTheJournalTakesWhatIsNamedLikeTheirsAndNoRoutingTableByItsNumber() throws Exception {
        cluster();
        write("nftables", "table ip filter\ntable inet firewalld\ntable ip kube-proxy\ntable ip6 kube-proxy\ntable ip docker-bridges\n");
        append("rules4", "300:\tfrom 192.0.2.7 lookup 78\n");
        append("routes4", "default via 10.77.0.9 dev eth0 table 78\n");
        nfacct();
        write("counters", counter("http") + counter("ct_state_invalid_dropped_pkts") + counter("localhost_nps_accepted_pkts"));
        Files.createDirectories(root.resolve("etc/kubernetes"));
        Files.writeString(root.resolve("etc/kubernetes/kubelet.conf"), "");
        Path networks = Files.createDirectories(root.resolve("var/lib/cni/networks/mynet")).getParent();
        Files.createDirectories(networks.resolve("theirs"));
        Path configurations = Files.createDirectories(root.resolve("etc/cni/net.d"));
        Files.writeString(configurations.resolve("10-kuberouter.conflist"),
                "{\"cniVersion\": \"0.3.1\", \"name\": \"mynet\", \"plugins\": [{\"name\": \"kubernetes\"}]}\n");
        Files.writeString(configurations.resolve("87-podman.conflist"), "{\"name\": \"podman\"}\n");
        Files.createDirectories(root.resolve("var/lib/kube-router"));

        String log = run("reset-host.sh", "",
                Map.of("RUNTIME", "containerd", "CRI_SOCKET", "/run/containerd/containerd.sock", "NODE_ROLES", "worker"));

        assertThat(read("nftables")).isEqualTo("table ip filter\ntable inet firewalld\ntable ip docker-bridges\n");
        assertThat(read("sets")).isEqualTo("admins\n");
        assertThat(read("counters")).isEqualTo(counter("http"));
        assertThat(read("rules4")).isEqualTo(RULES_4 + "300:\tfrom 192.0.2.7 lookup 78\n");
        assertThat(read("routes4")).isEqualTo(ROUTES_4 + "default via 10.77.0.9 dev eth0 table 78\n");
        assertThat(root.resolve("etc/iproute2/rt_tables")).hasContent(TABLES);
        assertThat(configurations).isDirectoryNotContaining("glob:**kuberouter*").isDirectoryContaining("glob:**podman*");
        assertThat(networks).isDirectoryNotContaining("glob:**mynet").isDirectoryContaining("glob:**theirs");
        assertThat(root.resolve("var/lib/kube-router")).doesNotExist();
        assertThat(log).contains("not known: which other settings (net.ipv4.conf, net.ipv6.conf, net.netfilter)");
    }
}
