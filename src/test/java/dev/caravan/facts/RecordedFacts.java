package dev.caravan.facts;

import dev.caravan.tables.KubernetesTable;
import dev.caravan.tables.NetworkTable;
import dev.caravan.tables.PreflightTable;
import dev.caravan.testkit.RecordedOutputs;
import java.time.Instant;
import java.util.Map;

/** Outputs of facts.sh as real hosts gave them, and changed ones of them. */
final class RecordedFacts {
    static final Instant NOW = Instant.parse("2026-11-23T06:06:10Z");

    private RecordedFacts() {}

    /** With the tables that travel with Caravan. */
    static Preflight preflight(Limits limits) {
        return new Preflight(limits, KubernetesTable.builtIn(), NetworkTable.builtIn(), PreflightTable.builtIn());
    }

    static Map<String, String> outputs(String recording) {
        return RecordedOutputs.of(recording);
    }

    static Facts parse(String recording) {
        return Facts.parse(outputs(recording), NOW, NOW.plusSeconds(2));
    }

    /** A bare worker of its own: number 1 to 99 goes into MAC address, machine-id, host name and address; its clock is right. */
    static Map<String, String> bareHost(int number) {
        Map<String, String> outputs = outputs("yum-fresh");
        outputs.put("hostname", "h" + number);
        outputs.put("machine", "machine-id 709a4140c51040cc8b69f3ec6eb457" + (number + 10));
        outputs.put("interface", "eth0 02:1a:b0:00:00:" + (number + 10) + " up - 10.77.0." + (10 + number) + "/24");
        outputs.put("clock", (NOW.getEpochSecond() + 1) + ".000");
        outputs.remove("reach");
        return outputs;
    }

    /** A node: number 1 is the first control plane, the others are workers. */
    static Map<String, String> node(int number) {
        Map<String, String> outputs = outputs(number == 1 ? "yum-control-plane" : "yum-worker");
        outputs.put("apiServer", "https://10.77.0.11:6443");
        outputs.put("nodeName", "h" + number);
        outputs.put("podCidr", "10.244." + (number - 1) + ".0/24");
        Map<String, String> bare = bareHost(number);
        for (String own : new String[] {"hostname", "machine", "interface", "clock"}) {
            outputs.put(own, bare.get(own));
        }
        outputs.remove("reach");
        return outputs;
    }
}
