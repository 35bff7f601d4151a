package dev.caravan.history;

import dev.caravan.history.RunView.HostView;
import dev.caravan.history.RunView.StepView;
import dev.caravan.history.RunView.Waiting;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The state of one host of a run. Its steps are copied only when it is looked at after a change. Not thread-safe. */
final class HostFold {
    private final String name;
    private final String address;
    private final List<String> roles;
    private final Map<String, StepView> steps = new LinkedHashMap<>();
    private Optional<Waiting> waiting = Optional.empty();
    private boolean rolledBack;
    /** What it is now; null if it has changed since. */
    private HostView view;

    HostFold(String name, String address, List<String> roles) {
        this.name = name;
        this.address = address;
        this.roles = roles;
    }

    HostView view() {
        if (view == null) {
            view = new HostView(name, address, roles, Collections.unmodifiableMap(new LinkedHashMap<>(steps)), waiting, rolledBack);
        }
        return view;
    }

    Optional<StepView> step(String step) {
        return Optional.ofNullable(steps.get(step));
    }

    Optional<Waiting> waiting() {
        return waiting;
    }

    void put(StepView step) {
        steps.put(step.step(), step);
        view = null;
    }

    void waits(Optional<Waiting> what) {
        if (!waiting.equals(what)) {
            waiting = what;
            view = null;
        }
    }

    void rolledBack() {
        steps.replaceAll((key, step) -> step.changed() && !step.isUndo() ? step.rolledBack() : step);
        rolledBack = true;
        view = null;
    }
}
