package dev.caravan.ssh;

import java.net.URI;
import java.util.Map;
import org.apache.camel.Endpoint;
import org.apache.camel.component.ssh.SshComponent;
import org.apache.camel.component.ssh.SshConfiguration;
import org.apache.camel.spi.annotations.Component;

/**
 * camel-ssh's component with producers that share pooled connections: one for each login, many commands over it, and
 * no thread that waits. Stock URIs work as they are; {@link CaravanSshEndpoint} says what it adds and where it differs.
 *
 * <p>Takes the {@link SshSessions} that the registry holds, if it holds just one; otherwise it makes its own and closes
 * them as it stops.
 */
@Component("ssh")
public class CaravanSshComponent extends SshComponent {
    private SshSessions sessions;
    private boolean own;

    @Override
    protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters) throws Exception {
        SshConfiguration configuration = getConfiguration().copy();
        configuration.configure(new URI(uri));
        CaravanSshEndpoint endpoint = new CaravanSshEndpoint(uri, this, configuration);
        setProperties(endpoint, parameters);
        return endpoint;
    }

    /** The connections that producers use; made when first asked for. */
    public synchronized SshSessions getSessions() {
        if (sessions == null && getCamelContext() != null) {
            sessions = getCamelContext().getRegistry().findSingleByType(SshSessions.class);
        }
        if (sessions == null) {
            sessions = new SshSessions();
            own = true;
        }
        return sessions;
    }

    /** Who sets them closes them. */
    public synchronized void setSessions(SshSessions sessions) {
        this.sessions = sessions;
        this.own = false;
    }

    @Override
    protected void doStop() throws Exception {
        super.doStop();
        SshSessions closing = null;
        synchronized (this) {
            if (own) {
                closing = sessions;
                sessions = null;
                own = false;
            }
        }
        if (closing != null) {
            closing.close();
        }
    }
}
