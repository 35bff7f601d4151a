package dev.caravan.terminal;

import dev.caravan.terminal.RunView.HostView;
import dev.caravan.terminal.RunView.StepView;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Something that a step changed, worded so that the same change on two hosts is equal: with HOST and ADDRESS for the
 * host's own name and address.
 */
record Change(String step, String text) {

    /** What a changed step changed, without repetition; a step that lists nothing has its message stand for it. */
    static List<Change> of(StepView step, HostView host) {
        return words(step).stream().map(text -> new Change(step.step(), neutral(text, host))).distinct().toList();
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

    /** Two hosts' words are the same where they differ in nothing but the host's own name and address. */
    static String neutral(String text, HostView host) {
        return replace(replace(text, host.name(), "HOST"), host.address(), "ADDRESS");
    }

    private static List<String> words(StepView step) {
        if (!step.changes().isEmpty()) {
            return step.changes().stream().map(Text::firstLine).toList();
        }
        return List.of(step.message().isBlank() ? "changed" : Text.firstLine(step.message()));
    }

    private static String replace(String text, String word, String placeholder) {
        return word.isEmpty() || !text.contains(word)
                ? text
                : text.replaceAll("(?<![\\w.-])" + Pattern.quote(word) + "(?![\\w-]|\\.\\w)", placeholder);
    }
}
