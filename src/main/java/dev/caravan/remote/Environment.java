package dev.caravan.remote;

import dev.caravan.run.Run;
import dev.caravan.spec.Host;
import java.util.Map;

/** What every script finds in its environment; docs/routes.md has the table. It holds no secret. */
@FunctionalInterface
public interface Environment {
    /** The variables for that host, by name. */
    Map<String, String> of(Run run, Host host);
}
