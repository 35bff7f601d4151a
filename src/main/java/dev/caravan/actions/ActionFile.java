package dev.caravan.actions;

import dev.caravan.actions.Action.ResumeFrom;
import dev.caravan.actions.Parameter.Type;
import dev.caravan.history.Shows;
import dev.caravan.history.Undoes;
import dev.caravan.routes.RouteFiles;
import dev.caravan.routes.RouteFiles.RouteFile;
import dev.caravan.tables.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads what a file of {@code routes/actions} declares in the note of its route. */
final class ActionFile {
    static final String DIRECTORY = "actions/";

    private static final String[] KEYS = {"title", "changesHosts", "plan", "asksFirst", "undoes", "shows", "offeredFor",
            "resumeFrom", "outcome", "formerly", "parameters"};
    private static final String[] PARAMETER_KEYS = {"type", "default", "required", "oneOf", "description"};
    private static final String EXAMPLE = "a note begins with \"note: |\" and has at least title: TEXT and changesHosts: true or false";
    /** Names of query parameters that mean something else. */
    private static final String RESERVED = "action";
    /** The parameter of an action that undoes a run. */
    static final String RUN = "run";

    private final Map<String, Value> fields;
    /* The one of Caravan's own that the file replaces. */
    private final Optional<Action> replaced;

    private ActionFile(Map<String, Value> fields, Optional<Action> replaced) {
        this.fields = fields;
        this.replaced = replaced;
    }

    static Action read(RouteFiles files, RouteFile file) {
        String id = file.name().substring(file.name().lastIndexOf('/') + 1).replaceFirst("[.]camel[.]yaml$", "");
        Value whole = Value.read(files, file.name());
        Map<String, Value> route = route(whole);
        requireName(whole, route, id);
        Value note = Optional.ofNullable(route.get("note")).orElseThrow(() -> whole.wrong("the route declares no action", EXAMPLE));
        Value declared = note.inside();
        return new ActionFile(declared.fields(KEYS), replaced(file)).action(id,
                Optional.ofNullable(route.get("description")).map(Value::text).orElse("").strip(), declared,
                files.isAsBuiltIn(file));
    }

    private static Optional<Action> replaced(RouteFile file) {
        return file.origin().flatMap(path -> {
            RouteFiles own = RouteFiles.builtIn();
            return Optional.ofNullable(own.all().get(file.name())).map(each -> read(own, each));
        });
    }

    private static Map<String, Value> route(Value whole) {
        return whole.items().stream().map(Value::entries).filter(entry -> entry.containsKey("route")).findFirst()
                .orElseThrow(() -> whole.wrong("this file of " + DIRECTORY + " holds no route", "an action is one route"))
                .get("route").entries();
    }

    private static void requireName(Value whole, Map<String, Value> route, String id) {
        if (!id.matches("[a-z][a-z0-9-]{0,31}")) {
            throw whole.wrong("an action cannot be called " + id, "a name has lower-case letters, digits and dashes, at most 32");
        }
        Value named = route.getOrDefault("id", whole);
        if (!route.containsKey("id") || !named.text().equals(id)) {
            throw named.wrong("the route of this file must have the id " + id, "file name and route id are the same word");
        }
        Value from = route.getOrDefault("from", whole);
        Value uri = from.entriesOf("uri").orElse(from);
        if (!uri.isText("direct:" + id)) {
            throw uri.wrong("the route must begin with direct:" + id, "runs are sent there");
        }
    }

    private Action action(String id, String description, Value declared, boolean builtIn) {
        List<Parameter> parameters = parameters();
        Undoes undoes = word("undoes", Undoes.values()).orElse(Undoes.NOTHING);
        if (undoes == Undoes.RUN
                && parameters.stream().noneMatch(parameter -> parameter.name().equals(RUN) && parameter.type() == Type.STRING
                        && parameter.required())) {
            throw fields.get("undoes").wrong("an action that undoes a run needs the parameter run",
                    "under parameters: run: {type: string, required: true}");
        }
        Value changes = required("changesHosts", declared);
        if (undoes != Undoes.NOTHING && !truth(changes)) {
            throw changes.wrong("an action that undoes something changes hosts", "changesHosts: true");
        }
        boolean plan = fields.containsKey("plan") ? truth(fields.get("plan")) : !truth(changes);
        if (plan && truth(changes)) {
            throw fields.get("plan").wrong("an action that changes hosts is no plan", "leave out plan, or set changesHosts: false");
        }
        return new Action(id, required("title", declared).text(), description, truth(changes), plan, flag("asksFirst"), undoes,
                word("shows", Shows.values()).or(() -> replaced.map(Action::shows)).orElse(Shows.FACTS), offers(parameters),
                resumeFrom(), text("outcome"),
                Optional.ofNullable(fields.get("formerly")).map(value -> value.items().stream().map(Value::text).toList())
                        .orElse(List.of()), parameters, builtIn);
    }

    /* What users copied from an earlier version does not say it. */
    private List<Offer> offers(List<Parameter> parameters) {
        Value declared = fields.get("offeredFor");
        if (declared == null) {
            return replaced.map(Action::offeredFor).orElse(List.of());
        }
        List<Offer> offers = declared.items().stream().map(item -> item.constant(Offer.values())).toList();
        offers.forEach(offer -> offer.parameter().filter(name -> !takesText(parameters, name)).ifPresent(name -> {
            throw declared.wrong("an action that is offered for " + offer.word() + " needs the parameter " + name,
                    "under parameters: " + name + ": {type: string, ...}");
        }));
        return offers;
    }

    private static boolean takesText(List<Parameter> parameters, String name) {
        return parameters.stream().anyMatch(parameter -> parameter.name().equals(name) && parameter.type() == Type.STRING);
    }

    /* Routes that users copied from earlier versions name the step that was the checkpoint then. */
    private ResumeFrom resumeFrom() {
        boolean former = Optional.ofNullable(fields.get("resumeFrom")).filter(value -> value.isText("preflight")).isPresent();
        return former ? ResumeFrom.CHECKPOINT : word("resumeFrom", ResumeFrom.values()).orElse(ResumeFrom.STEP);
    }

    private Value required(String key, Value declared) {
        return Optional.ofNullable(fields.get(key)).orElseThrow(() -> declared.wrong(key + " is missing", EXAMPLE));
    }

    private String text(String key) {
        return Optional.ofNullable(fields.get(key)).map(Value::text).orElse("");
    }

    private boolean flag(String key) {
        return Optional.ofNullable(fields.get(key)).map(ActionFile::truth).orElse(false);
    }

    private static boolean truth(Value value) {
        return value.oneOf(List.of(true, false), String::valueOf);
    }

    private <T extends Enum<T>> Optional<T> word(String key, T[] constants) {
        return Optional.ofNullable(fields.get(key))
                .map(value -> value.constant(constants));
    }

    private List<Parameter> parameters() {
        List<Parameter> parameters = new ArrayList<>();
        Optional.ofNullable(fields.get("parameters")).map(Value::entries).orElse(Map.of()).forEach((name, value) -> {
            if (!name.matches("[a-z][A-Za-z0-9-]{0,31}") || name.equals(RESERVED)) {
                throw value.wrong("a parameter cannot be called " + name,
                        "a name begins with a lower-case letter, has letters, digits and dashes, at most 32, and is not " + RESERVED);
            }
            parameters.add(parameter(name, value));
            if (parameters.stream().filter(parameter -> parameter.type() == Type.HOSTS).count() > 1) {
                throw value.wrong("two parameters of type hosts", "an action has one at most");
            }
        });
        return parameters;
    }

    private static Parameter parameter(String name, Value value) {
        Map<String, Value> fields = value.fields(PARAMETER_KEYS);
        Value typed = fields.get("type");
        if (typed == null || !fields.containsKey("description")) {
            throw value.wrong("the parameter " + name + " has no type or no description",
                    "for example " + name + ": {type: string, description: what it is for}");
        }
        Type type = typed.constant(Type.values());
        boolean required = Optional.ofNullable(fields.get("required")).map(ActionFile::truth).orElse(false);
        Value usual = fields.get("default");
        if (required && usual != null) {
            throw usual.wrong("a required parameter has no default", "leave out one of the two");
        }
        List<String> oneOf = Optional.ofNullable(fields.get("oneOf")).map(list -> list.items().stream().map(Value::text).toList())
                .orElse(List.of());
        if (type == Type.HOSTS && (required || usual != null)) {
            throw value.wrong("the parameter " + name + " of type hosts is required or has a default",
                    "leave both out: without it the action acts on all hosts");
        }
        Parameter parameter = new Parameter(name, type, required, Optional.empty(), oneOf, fields.get("description").text());
        return usual == null ? parameter : new Parameter(name, type, false, Optional.of(parameter.read(usual.scalar())
                .orElseThrow(() -> usual.wrong("\"" + usual.scalar() + "\" is no default of " + name, parameter.form()))), oneOf,
                parameter.description());
    }
}
