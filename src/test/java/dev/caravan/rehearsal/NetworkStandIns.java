package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/**
 * A host whose commands of the network are stand-ins that hold one file of state each; their words are those of nft 1.0.6, ipset 7.17,
 * iptables 1.8.9 and iproute2 6.1 on a host of a 1.37.2 cluster with kube-router 2.1.0 and kube-proxy in mode nftables.
 */
abstract class NetworkStandIns {
    private static final Path SCRIPTS = Path.of("routes/scripts").toAbsolutePath();
    static final String POLICY = "-A FORWARD -s 192.0.2.0/24 -j ACCEPT";
    private static final String MASQUERADE = "-A POSTROUTING -m set --match-set kube-router-pod-subnets src"
            + " -m set ! --match-set kube-router-pod-subnets dst -m set ! --match-set kube-router-node-ips dst -j MASQUERADE "
            + "--random-fully";
    private static final String NODE_PORTS = "-A FORWARD -o eth0 -m comment --comment"
            + " \"allow outbound node port traffic on node interface with which node ip is associated\" -j ACCEPT";
    static final String RULES_4 = "0:\tfrom all lookup local\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n";
    static final String ROUTES_4 = """
            default via 10.77.0.1 dev eth0
            10.77.0.0/24 dev eth0 proto kernel scope link src 10.77.0.11
            local 10.77.0.11 dev eth0 table local proto kernel scope host src 10.77.0.11
            """;
    static final String TABLES = "#\n# reserved values\n#\n255\tlocal\n254\tmain\n253\tdefault\n0\tunspec\n";

    @TempDir
    Path scratch;

    Path root;
    private Path state;
    Path commands;

    @BeforeEach
    void host() throws IOException {
        root = Files.createDirectories(scratch.resolve("root"));
        state = Files.createDirectories(scratch.resolve("state"));
        commands = Files.createDirectories(scratch.resolve("commands"));
        Files.createDirectories(root.resolve("etc/iproute2"));
        write("rules", "*filter\n:FORWARD ACCEPT [0:0]\n" + POLICY + "\nCOMMIT\n*nat\n:POSTROUTING ACCEPT [0:0]\nCOMMIT\n");
        write("nftables", "table ip filter\ntable inet firewalld\n");
        write("sets", "admins\n");
        write("rules4", RULES_4);
        write("rules6", "0:\tfrom all lookup local\n32766:\tfrom all lookup main\n");
        write("routes4", ROUTES_4);
        write("routes6", "fe80::/64 dev eth0 proto kernel metric 256 pref medium\n");
        Files.writeString(root.resolve("etc/iproute2/rt_tables"), TABLES);
        command("iptables-nft-save", "cat \"$S/rules\"");
        command("iptables-nft-restore", """
                while read -r verb chain rest; do
                  case $verb in
                    -D) grep -vxF -e "-A $chain $rest" "$S/rules" > "$S/new"; mv "$S/new" "$S/rules" ;;
                    -F) grep -v -e "^-A $chain " "$S/rules" > "$S/new"; mv "$S/new" "$S/rules" ;;
                    -X) grep -v -e "^:$chain " "$S/rules" > "$S/new"; mv "$S/new" "$S/rules" ;;
                  esac
                done""");
        command("nft", """
                case "$*" in
                  'list tables') cat "$S/nftables" ;;
                  'delete table '*)
                    grep -qxF "table $3 $4" "$S/nftables" || { echo 'Error: Could not process rule: No such file or directory'; exit 1; }
                    grep -vxF "table $3 $4" "$S/nftables" > "$S/new"; mv "$S/new" "$S/nftables" ;;
                  '-s list table '*) cat "$S/table-$4-$5" ;;
                  *) exit 64 ;;
                esac""");
        command("ipset", """
                case "$*" in
                  'list -n') cat "$S/sets" ;;
                  'destroy '*)
                    if grep -q -e "--match-set $2 " "$S/rules"; then
                      echo 'ipset v7.17: Set cannot be destroyed: it is in use by a kernel component' >&2
                      exit 1
                    fi
                    grep -vxF "$2" "$S/sets" > "$S/new"; mv "$S/new" "$S/sets" ;;
                  *) exit 64 ;;
                esac""");
        command("ip", """
                family=${1#-}; shift
                case "$*" in
                  '-o link show' | 'link show') echo '2: eth0: <BROADCAST> mtu 1500' ;;
                  'rule show') cat "$S/rules$family" ;;
                  'route show table all') cat "$S/routes$family" ;;
                  'rule add pref '*) priority=$4; shift 4; printf '%s:\\t%s\\n' "$priority" "$*" >> "$S/rules$family" ;;
                  'rule delete pref '*) priority=$4; shift 4; line=$(printf '%s:\\t%s' "$priority" "$*")
                    grep -qxF "$line" "$S/rules$family" || { echo 'RTNETLINK answers: No such file or directory' >&2; exit 2; }
                    grep -vxF "$line" "$S/rules$family" > "$S/new"; mv "$S/new" "$S/rules$family" ;;
                  'route delete '*) shift 2
                    grep -qF "$*" "$S/routes$family" || { echo 'RTNETLINK answers: No such process' >&2; exit 2; }
                    grep -vF "$*" "$S/routes$family" > "$S/new"; mv "$S/new" "$S/routes$family" ;;
                  *) exit 64 ;;
                esac""");
        for (String none : List.of("iptables-legacy-save", "ip6tables-nft-save", "ip6tables-legacy-save", "systemctl")) {
            command(none, "exit 0");
        }
    }

    /** What a cluster makes. */
    void cluster() throws IOException {
        String rules = read("rules").replace(POLICY, POLICY + "\n-A FORWARD -j KUBE-ROUTER-FORWARD\n" + NODE_PORTS)
                .replace(":FORWARD ACCEPT [0:0]", ":FORWARD ACCEPT [0:0]\n:KUBE-ROUTER-FORWARD - [0:0]");
        write("rules", rules.replace(":POSTROUTING ACCEPT [0:0]\n", ":POSTROUTING ACCEPT [0:0]\n" + MASQUERADE + "\n"));
        append("nftables", "table ip kube-proxy\ntable ip6 kube-proxy\ntable ip flannel-ipv4\ntable inet cni_hostport\n"
                + "table ip kube-router-filter-ipv4\n");
        append("sets", "kube-router-pod-subnets\nkube-router-node-ips\ninet6:kube-router-node-ips\nKUBE-DST-ABCDEFGHIJKLMNOP\n"
                + "inet6:KUBE-SRC-ABCDEFGHIJKLMNOP\n"
                + "cali40masq-ipam-pools\ncilium_node_set_v4\n");
        append("rules4", "32765:\tfrom 10.244.0.0/24 lookup kube-router\n");
        append("rules6", "32765:\tfrom fd00:10:244::/64 lookup 77\n");
        append("routes4", "10.244.1.0/24 via 10.77.0.13 dev eth0 proto 17\n10.244.2.0/24 dev eth0 table kube-router proto 17\n");
        append("routes6", "fd00:10:244:1::/64 via fd00:77::13 dev eth0 proto 17 metric 1024 pref medium\n");
        Files.writeString(root.resolve("etc/iproute2/rt_tables"), TABLES + "77 kube-router\n78 kube-router-dsr\n79 external_ip\n");
    }

    static String counter(String name) {
        return "{ pkts = 00000000000000000042, bytes = 00000000000000002520 } = " + name + ";\n";
    }

    void nfacct() throws IOException {
        command("nfacct", """
                case "$*" in
                  list) cat "$S/counters" ;;
                  'delete '*)
                    if grep -q -e "--nfacct-name $2 " "$S/rules"; then echo 'nfacct v1.0.2: error: Device or resource busy' >&2; exit 1; fi
                    grep -vF " = $2;" "$S/counters" > "$S/new"; mv "$S/new" "$S/counters" ;;
                  *) exit 64 ;;
                esac""");
    }

    /** What the result of the script that ran last says that it could not look at. */
    String unseen() throws IOException {
        return Files.readString(scratch.resolve("result")).lines().filter(line -> line.startsWith("text\tunseen\t"))
                .map(line -> line.substring("text\tunseen\t".length())).findFirst().orElse("");
    }

    List<String> everything() throws IOException {
        List<String> all = new ArrayList<>();
        for (String name : List.of("rules", "nftables", "sets", "rules4", "rules6", "routes4", "routes6")) {
            all.add(read(name));
        }
        all.add(Files.readString(root.resolve("etc/iproute2/rt_tables")));
        return all;
    }

    /** The lines that a step sends to the journal before its change. */
    String keep() throws Exception {
        Files.writeString(scratch.resolve("keep.sh"),
                ". \"$CARAVAN_LIB/lib.sh\"\nkeep_network\nkeep_lines \"$R/etc/iproute2/rt_tables\"\n");
        return sh(scratch.resolve("keep.sh"), "", Map.of());
    }

    String undo(String recorded, Map<String, String> more) throws Exception {
        String records = StepDriver.records(recorded);
        assertThat(records).isNotBlank();
        return run("undo.sh", records, more);
    }

    String run(String script, String input, Map<String, String> more) throws Exception {
        return sh(SCRIPTS.resolve(script), input, more);
    }

    private String sh(Path script, String input, Map<String, String> more) throws Exception {
        Path output = scratch.resolve("output");
        Path given = Files.writeString(scratch.resolve("input"), input);
        Files.writeString(scratch.resolve("result"), "");
        ProcessBuilder builder = new ProcessBuilder("sh", script.toString()).redirectErrorStream(true).redirectInput(given.toFile())
                .redirectOutput(output.toFile());
        builder.environment().putAll(Map.of("PATH", commands + ":/usr/bin:/bin", "S", state.toString(), "CARAVAN_ROOT", root.toString(),
                "CARAVAN_LIB", SCRIPTS.toString(),
                "CARAVAN_RESULT", scratch.resolve("result").toString(), "POD_SUBNET", "10.244.0.0/16,fd00:10:244::/56"));
        builder.environment().putAll(more);
        Process process = builder.start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("the script ends").isTrue();
        return Files.readString(output);
    }

    void command(String name, String body) throws IOException {
        Programs.script(commands.resolve(name), body);
    }

    void write(String name, String text) throws IOException {
        Files.writeString(state.resolve(name), text);
    }

    void append(String name, String text) throws IOException {
        write(name, read(name) + text);
    }

    String read(String name) throws IOException {
        return Files.readString(state.resolve(name));
    }
}
