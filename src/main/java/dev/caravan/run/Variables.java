package dev.caravan.run;

import dev.caravan.spec.Host;
import org.apache.camel.Exchange;

/** The exchange variables that routes and steps share; docs/routes.md describes them. */
public final class Variables {
    /** The {@link Run}. */
    public static final String RUN = "run";
    /** The {@link dev.caravan.spec.Cluster}. */
    public static final String CLUSTER = "cluster";
    /** The {@link Host} whose pipeline the exchange is in. */
    public static final String HOST = "host";
    /** The {@link dev.caravan.facts.Facts} of that host. */
    public static final String FACTS = "facts";
    /** The values of the action's parameters, a map by name. */
    public static final String PARAMETERS = "parameters";
    /** Variables of this prefix reach a step's script as environment variables. */
    public static final String ENVIRONMENT_PREFIX = "env.";
    /** Registry name of the executor on which exchanges continue after a wait. */
    public static final String EXECUTOR = "caravanExecutor";

    private Variables() {}

    /** Gives the scripts of the exchange's next steps an environment variable. */
    public static void setEnvironment(Exchange exchange, String name, String value) {
        exchange.setVariable(ENVIRONMENT_PREFIX + name, value);
    }

    /** The name of the exchange's host, or null outside of a host's pipeline. */
    public static String hostName(Exchange exchange) {
        Host host = exchange.getVariable(HOST, Host.class);
        return host == null ? null : host.name();
    }
}
