package dev.caravan.workflow;

import dev.caravan.network.HostProxy;
import dev.caravan.packages.Repositories;
import dev.caravan.packages.Repository;
import dev.caravan.run.Run;
import dev.caravan.run.Variables;
import dev.caravan.spec.Secret;
import dev.caravan.tables.KubernetesTable;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.camel.Exchange;
import org.apache.camel.Variable;

/** The proxy of the hosts: bean {@code proxy}. */
public final class HostProxies {
    private final KubernetesTable versions;

    public HostProxies(KubernetesTable versions) {
        this.versions = versions;
    }

    /** Whether the spec has one. */
    public boolean isWanted(@Variable(Variables.RUN) Run run) {
        return run.cluster().proxy().isPresent();
    }

    /** What the script writes on the exchange's host. */
    public Secret settings(Exchange exchange) {
        Run run = exchange.getVariable(Variables.RUN, Run.class);
        HostProxy proxy = HostProxy.of(run.cluster()).orElseThrow();
        Stream<String> addresses = run.facts(Variables.hostName(exchange))
                .map(facts -> ScriptEnvironment.repositories(run.cluster(), versions, facts))
                .map(HostProxies::addresses).orElseGet(Stream::of);
        return proxy.naming(addresses).lines();
    }

    private static Stream<String> addresses(Repositories.Resolved repositories) {
        return Stream.of(Optional.of(repositories.kubernetes()), repositories.runtime()).flatMap(Optional::stream)
                .flatMap((Repository each) -> Stream.concat(Stream.of(each.baseUrl()), each.gpgKeys().stream()));
    }
}
