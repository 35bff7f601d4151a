package dev.caravan.actions;

import dev.caravan.history.Undoes;
import dev.caravan.routes.RouteFiles;
import dev.caravan.spec.Nearest;
import dev.caravan.tables.InvalidData;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The actions of one version of the routes directory. Immutable. */
public final class Actions {
    private static final int LONGEST_SHOWN = 64;

    private final List<Action> all;

    private Actions(List<Action> all) {
        this.all = all;
    }

    /**
     * Those of these files.
     *
     * @throws InvalidData if a file in {@code actions/} declares no action, or declares it wrongly
     */
    public static Actions of(RouteFiles files) {
        List<Action> all = files.routes().stream().filter(file -> file.name().startsWith(ActionFile.DIRECTORY))
                .map(file -> ActionFile.read(files, file)).toList();
        return new Actions(List.copyOf(all));
    }

    /** All of them, by name. */
    public List<Action> all() {
        return all;
    }

    /** Their names, separated by commas. */
    public String names() {
        return all.stream().map(Action::name).collect(Collectors.joining(", "));
    }

    /** The action of that name, or else the one that had it in an earlier version. */
    public Optional<Action> find(String name) {
        return all.stream().filter(action -> action.name().equals(name)).findFirst()
                .or(() -> all.stream().filter(action -> action.formerly().contains(name)).findFirst());
    }

    /** The same for those who cannot do without it. */
    public Action require(String name) throws NoSuchAction {
        Optional<Action> found = find(name);
        if (found.isPresent()) {
            return found.get();
        }
        String shown = name.length() > LONGEST_SHOWN ? name.substring(0, LONGEST_SHOWN) + "..." : name;
        throw new NoSuchAction("there is no action \"" + shown + "\"" + Nearest.to(name, all.stream().map(Action::name).toList())
                .map(near -> "; did you mean " + near + "?").orElse(".") + " Known: " + names());
    }

    /** The action that is offered there, if one is: a user's own before a built-in one, and then the first by name. */
    public Optional<Action> offered(Offer where) {
        return all.stream().filter(action -> action.offeredFor().contains(where))
                .min(Comparator.comparing(Action::builtIn).thenComparing(Action::name));
    }

    /** The same for those who cannot do without it. */
    public Action requireOffered(Offer where) throws NoSuchAction {
        return offered(where).orElseThrow(() -> new NoSuchAction("no action declares offeredFor: [" + where.word() + "]; name one of "
                + names()));
    }

    /** The action of that name; without a name, the one that brings a cluster to its spec. */
    public Action named(Optional<String> name) throws NoSuchAction {
        return name.isPresent() ? require(name.get()) : requireOffered(Offer.SPEC);
    }

    /** The action that rolls one run back. */
    public Action rollback() throws NoSuchAction {
        return all.stream().filter(action -> action.undoes() == Undoes.RUN).findFirst()
                .orElseThrow(() -> new NoSuchAction("no action rolls a run back: none declares undoes: run"));
    }
}
