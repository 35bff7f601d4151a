package dev.caravan.ssh;

import dev.caravan.spec.Host;
import java.net.URI;
import java.util.Map;
import java.util.function.Function;
import org.apache.camel.Endpoint;
import org.apache.camel.component.ssh.SshComponent;
import org.apache.camel.component.ssh.SshConfiguration;

/**
 * camel-ssh's component with producers that share the engine's connections: one for each login, many commands over it, and no thread that
 * waits. {@link CaravanSshEndpoint} says how it differs from the stock one.
 */
public class CaravanSshComponent extends SshComponent {
    private final SshSessions sessions;
    private final Function<Host, SshTarget> targets;

    /**
     * @param sessions who made them closes them
     * @param targets  how the host of a spec is reached
     */
    public CaravanSshComponent(SshSessions sessions, Function<Host, SshTarget> targets) {
        this.sessions = sessions;
        this.targets = targets;
    }

    @Override
    protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters) throws Exception {
        SshConfiguration configuration = getConfiguration().copy();
        configuration.configure(new URI(uri));
        CaravanSshEndpoint endpoint = new CaravanSshEndpoint(uri, this, configuration);
        setProperties(endpoint, parameters);
        return endpoint;
    }

    SshSessions sessions() {
        return sessions;
    }

    Function<Host, SshTarget> targets() {
        return targets;
    }
}
