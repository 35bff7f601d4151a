package dev.caravan.actions;

import dev.caravan.history.Shows;
import dev.caravan.history.Undoes;
import dev.caravan.spec.Nearest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a run can do: a route in {@code routes/actions} and what the route's note declares about it. Immutable.
 *
 * @param name         the id of the route; the word on the command line, in URLs, in JSON and in the journal
 * @param title        a few words for lists
 * @param description  the description of the route; may be empty
 * @param changesHosts whether it may change hosts
 * @param plan         whether its scripts only say what they would change; usual for an action that changes no hosts
 * @param asksFirst    whether a command asks the user at the terminal before it begins
 * @param undoes       what it rolls back
 * @param shows        what its runs say about their cluster
 * @param offeredFor   where it is offered, by those who do not know its name
 * @param resumeFrom   where an interrupted run of it is resumed
 * @param outcome      what is true of the cluster when it has succeeded, as the end of a sentence that begins with the cluster's name; may
 *                     be empty
 * @param formerly     names that it had in earlier versions; they are accepted in its place
 * @param builtIn      whether its file is one of Caravan's own, or an unchanged copy
 */
public record Action(
        String name, String title, String description, boolean changesHosts, boolean plan, boolean asksFirst, Undoes undoes,
        Shows shows, List<Offer> offeredFor, ResumeFrom resumeFrom, String outcome, List<String> formerly, List<Parameter> parameters,
        boolean builtIn) {

    /** Where an interrupted run is resumed. */
    public enum ResumeFrom {
        /** After the last step that ended: no step that ended runs again. */
        STEP,
        /** The same, but from the beginning if the run had not passed the checkpoint of its route. */
        CHECKPOINT,
        /** From the beginning. */
        BEGINNING
    }

    public Action {
        offeredFor = List.copyOf(offeredFor);
        formerly = List.copyOf(formerly);
        parameters = List.copyOf(parameters);
    }

    /** Whether what its steps find before a change is recorded, so that its runs can be rolled back. */
    public boolean isRecorded() {
        return changesHosts && undoes == Undoes.NOTHING;
    }

    /** The parameter that limits it to some hosts; empty if it always acts on all. */
    public Optional<Parameter> hostsParameter() {
        return parameters.stream().filter(parameter -> parameter.type() == Parameter.Type.HOSTS).findFirst();
    }

    /** The names of the hosts that these values of its parameters limit it to; empty if it acts on all. */
    public Set<String> limitedTo(Map<String, Object> values) {
        return hostsParameter().map(parameter -> values.get(parameter.name()))
                .map(names -> Collections.unmodifiableSet(new LinkedHashSet<>(List.of(names.toString().split(",")))))
                .orElse(Set.of());
    }

    /** The action with the defaults of its parameters, required ones left out. */
    public ActionCall withDefaults() {
        Map<String, Object> values = new LinkedHashMap<>();
        parameters.forEach(parameter -> parameter.defaultValue().ifPresent(value -> values.put(parameter.name(), value)));
        return new ActionCall(this, values);
    }

    /**
     * The action with these values of its parameters, and defaults for the others.
     *
     * @throws InvalidParameters if a name is unknown, a value has the wrong type, or a required one is missing; it names all of these
     */
    public ActionCall call(Map<String, String> given) throws InvalidParameters {
        List<String> problems = new ArrayList<>();
        Map<String, Object> values = new LinkedHashMap<>(withDefaults().parameters());
        given.forEach((name, text) -> {
            Optional<Parameter> parameter = parameter(name);
            if (parameter.isEmpty()) {
                problems.add(unknown(name));
            } else {
                parameter.get().read(text).ifPresentOrElse(value -> values.put(name, value),
                        () -> problems.add(wrong(parameter.get(), text)));
            }
        });
        parameters.stream().filter(parameter -> parameter.required() && !given.containsKey(parameter.name()))
                .forEach(parameter -> problems.add("the parameter " + parameter.name() + " of " + name + " is missing: "
                        + parameter.form()));
        if (!problems.isEmpty()) {
            throw new InvalidParameters(String.join("; ", problems));
        }
        return new ActionCall(this, values);
    }

    private Optional<Parameter> parameter(String wanted) {
        return parameters.stream().filter(parameter -> parameter.name().equals(wanted)).findFirst();
    }

    private String unknown(String wanted) {
        List<String> known = parameters.stream().map(Parameter::name).toList();
        return name + " has no parameter " + wanted + "; " + Nearest.to(wanted, known).map(near -> "did you mean " + near + "?")
                .orElse(known.isEmpty() ? "it has none" : "it has " + String.join(", ", known));
    }

    private String wrong(Parameter parameter, String text) {
        return "the parameter " + parameter.name() + " of " + name + " cannot be \"" + text + "\": " + parameter.form();
    }

    /** An action with the values of its parameters. Immutable. */
    public record ActionCall(Action action, Map<String, Object> parameters) {
        public ActionCall {
            parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
        }

        /** The names of the hosts that it is limited to; empty if it acts on all. */
        public Set<String> limitedTo() {
            return action.limitedTo(parameters);
        }

        /** The values as they would be given, by name. */
        public Map<String, String> texts() {
            Map<String, String> texts = new LinkedHashMap<>();
            parameters.forEach((name, value) -> texts.put(name, value.toString()));
            return texts;
        }
    }
}
