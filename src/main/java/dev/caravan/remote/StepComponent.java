package dev.caravan.remote;

import java.util.Map;
import org.apache.camel.Endpoint;
import org.apache.camel.spi.annotations.Component;
import org.apache.camel.support.DefaultComponent;

/** The {@code step:} scheme: runs a script of the routes directory on a host; see {@link StepEndpoint}. */
@Component("step")
public class StepComponent extends DefaultComponent {
    private StepRunner runner;

    public StepRunner getRunner() {
        return runner;
    }

    /** What reaches the hosts; looked up in the registry where it is not set. */
    public void setRunner(StepRunner runner) {
        this.runner = runner;
    }

    @Override
    protected void doInit() throws Exception {
        super.doInit();
        if (runner == null) {
            runner = getCamelContext().getRegistry().findSingleByType(StepRunner.class);
        }
    }

    @Override
    protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters) throws Exception {
        StepEndpoint endpoint = new StepEndpoint(uri, this, remaining);
        setProperties(endpoint, parameters);
        endpoint.check();
        return endpoint;
    }
}
