package dev.caravan.routes;

import org.apache.camel.CamelContext;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.spi.CliConnectorFactory;

/**
 * Camel contexts for tests that need nothing of Caravan's own around them. The camel command's connector is off, as in Caravan: its first
 * look at the context comes while that starts, and where no camel-main was at work before, both may be at the same list
 * (DefaultBeanIntrospection of Camel 4.18.0).
 */
public final class BareContext {
    private BareContext() {
    }

    /** One that is not started yet. */
    public static DefaultCamelContext make() {
        return unwatched(new DefaultCamelContext());
    }

    /** The context itself. */
    public static <C extends CamelContext> C unwatched(C context) {
        context.getCamelContextExtension().getContextPlugin(CliConnectorFactory.class).setEnabled(false);
        return context;
    }
}
