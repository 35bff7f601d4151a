package dev.caravan.step;

import dev.caravan.run.Run;
import dev.caravan.spec.Host;
import java.util.Map;

/** What every script finds in its environment; the table stands in docs/routes.md. It holds no secret. */
@FunctionalInterface
public interface Environment {
    /** The variables for that host, by name. */
    Map<String, String> of(Run run, Host host);
}
