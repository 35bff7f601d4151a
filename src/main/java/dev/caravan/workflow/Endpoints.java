package dev.caravan.workflow;

import dev.caravan.run.Run;
import dev.caravan.run.Variables;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.spec.IpAddress;
import dev.caravan.spec.KeptEndpoint;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.camel.Exchange;

/** The endpoint that Caravan keeps on the hosts of a cluster: bean {@code endpoint}. */
public final class Endpoints {
    /** Of the first control plane; of each one after it, one less. keepalived takes 1 to 254, and adds 50 where haproxy runs. */
    private static final int HIGHEST_PRIORITY = 150;

    /** Whether the exchange's host takes part in keeping the endpoint. */
    public boolean isKept(Exchange exchange) {
        Host host = exchange.getVariable(Variables.HOST, Host.class);
        return run(exchange).cluster().kubernetes().endpoint().filter(endpoint -> endpoint.isOn(host)).isPresent();
    }

    /** What the script needs to know, as variables of its environment; of a host that keeps no endpoint, only that. */
    public void environment(Exchange exchange) {
        Cluster cluster = run(exchange).cluster();
        Host host = exchange.getVariable(Variables.HOST, Host.class);
        if (!isKept(exchange)) {
            Variables.setEnvironment(exchange, "ENDPOINT_KIND", "none");
            return;
        }
        KeptEndpoint endpoint = cluster.kubernetes().endpoint().orElseThrow();
        List<Host> controlPlanes = cluster.controlPlanes();
        Variables.setEnvironment(exchange, "ENDPOINT_KIND", endpoint.kind().word());
        Variables.setEnvironment(exchange, "ENDPOINT_ADDRESS", endpoint.address());
        Variables.setEnvironment(exchange, "ENDPOINT_PORT", Integer.toString(endpoint.port()));
        Variables.setEnvironment(exchange, "ENDPOINT_SERVERS", controlPlanes.stream()
                .map(each -> each.name() + "=" + IpAddress.withPort(each.nodeAddress(), cluster.apiServerPort()))
                .collect(Collectors.joining(" ")));
        Variables.setEnvironment(exchange, "ENDPOINT_PEERS", controlPlanes.stream()
                .filter(each -> !each.equals(host)).map(Host::nodeAddress)
                .collect(Collectors.joining(" ")));
        Variables.setEnvironment(exchange, "ENDPOINT_PRIORITY",
                Integer.toString(Math.max(1, HIGHEST_PRIORITY - controlPlanes.indexOf(host))));
    }

    private static Run run(Exchange exchange) {
        return exchange.getVariable(Variables.RUN, Run.class);
    }
}
