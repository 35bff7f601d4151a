package dev.caravan.terminal;

import dev.caravan.history.Difference;
import dev.caravan.history.HostWords;
import dev.caravan.history.RunView.HostView;
import dev.caravan.history.RunView.StepView;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Something that a step changed, worded so that the same change on two hosts is equal: with HOST and ADDRESS for the
 * host's own name and address.
 *
 * @param diff what it would make of something, in a plan; else empty
 */
record Change(String step, String text, String diff) {

    /** What a changed step changed, without repetition; a step that lists nothing has its message stand for it. */
    static List<Change> of(StepView step, HostView host) {
        return words(step).stream().map(text -> new Change(step.step(), neutral(text, host), neutral(diff(step, text), host)))
                .distinct().toList();
    }

    /** How it reads for these hosts: a single one's own words, or those that fit all. */
    String textOn(List<HostView> hosts) {
        if (hosts.size() > 1) {
            return text;
        }
        HostView host = hosts.get(0);
        return words(host.steps().get(step)).stream()
                .filter(words -> neutral(words, host).equals(text))
                .findFirst()
                .orElse(text);
    }

    /** The lines of the diff for these hosts. */
    List<String> diffOn(List<HostView> hosts) {
        String shown = hosts.size() > 1 ? diff : diff(hosts.get(0).steps().get(step), textOn(hosts));
        return shown.isEmpty() ? List.of() : Text.lines(shown);
    }

    private static String diff(StepView step, String change) {
        return step.diffs().stream().filter(diff -> Text.firstLine(diff.change()).equals(change)).map(Difference::text)
                .collect(Collectors.joining("\n"));
    }

    /** Two hosts' words are the same where they differ in nothing but the host's own name and address. */
    static String neutral(String text, HostView host) {
        return HostWords.without(text, host.name(), host.address());
    }

    /** The cause in words that fail two hosts alike: without the host's own name and address, and without figures. */
    static String cause(StepView failed, HostView host) {
        return HostWords.cause(failed.message(), host.name(), List.of(host.address()));
    }

    private static List<String> words(StepView step) {
        if (!step.changes().isEmpty()) {
            return step.changes().stream().map(Text::firstLine).toList();
        }
        return List.of(step.message().isBlank() ? "changed" : Text.firstLine(step.message()));
    }
}
