package dev.caravan.run;

import dev.caravan.actions.Action;
import dev.caravan.actions.Actions;
import dev.caravan.routes.RouteFiles;

/** The built-in actions. */
public final class TestActions {
    private static final Actions ALL = Actions.of(RouteFiles.builtIn());
    public static final Action APPLY = ALL.find("apply").orElseThrow();
    public static final Action PLAN = ALL.find("plan").orElseThrow();
    public static final Action RESET = ALL.find("reset").orElseThrow();
    public static final Action ROLLBACK_RUN = ALL.find("rollback-run").orElseThrow();

    private TestActions() {}
}
