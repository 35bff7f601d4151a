package dev.caravan.run;

import dev.caravan.facts.Facts;
import dev.caravan.testkit.RecordedOutputs;
import java.time.Instant;
import java.util.Map;

/** Facts as facts.sh recorded them on real hosts, made those of host number 1 to 9 of a test's cluster. */
public final class TestFacts {
    private TestFacts() {}

    /** Outputs of facts.sh by name. Number 1 is the control plane where hosts are nodes already. */
    public static Map<String, String> outputs(int number, boolean node, String addresses) {
        Map<String, String> outputs = RecordedOutputs.of(!node ? "yum-fresh" : number == 1 ? "yum-control-plane" : "yum-worker");
        outputs.remove("reach");
        outputs.put("hostname", "h" + number);
        outputs.put("machine", "machine-id 709a4140c51040cc8b69f3ec6eb4571" + number);
        outputs.put("interface", "eth0 02:1a:b0:00:00:1" + number + " up - " + addresses + number + "/24");
        outputs.put("clock", Instant.now().getEpochSecond() + ".000");
        if (node) {
            outputs.put("nodeName", "h" + number);
            outputs.put("apiServer", "https://" + addresses + "1:6443");
            outputs.put("podCidr", "10.244." + (number - 1) + ".0/24");
        }
        return outputs;
    }

    public static Facts of(int number, boolean node) {
        return Facts.parse(outputs(number, node, "192.0.2."), Instant.now(), Instant.now());
    }
}
