package dev.caravan.facts;

import dev.caravan.facts.Survey.Seen;
import dev.caravan.spec.IpAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * A host's address must be on an interface of the host, where the spec gives an IP address: etcd and the API server bind to it, and
 * the kubelet reports it as its node's. A floating or translated address is on none.
 */
final class AddressRule {
    private AddressRule() {}

    static List<Finding> check(Survey survey) {
        List<Finding> findings = new ArrayList<>();
        for (Seen seen : survey.hosts()) {
            String wanted = seen.host().address();
            List<String> own = seen.facts().families().all();
            if (IpAddress.is(wanted) && !own.isEmpty() && !seen.facts().families().has(wanted)) {
                findings.add(new Finding(List.of(seen.name()), "address", Severity.REFUSES,
                        "the address " + wanted + " is on no interface of this host; it has " + String.join(", ", own),
                        "etcd and kubelet would not start with it. Give the address that the other hosts use, which is on an interface. "
                                + "Where this one is a floating or translated address (NAT), run Caravan where the private addresses can "
                                + "be reached, or reach them through ssh.proxyJump."));
            }
        }
        return findings;
    }
}
