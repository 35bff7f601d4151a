package dev.caravan.run;

import dev.caravan.history.HostWords;
import dev.caravan.spec.Host;
import dev.caravan.step.StepFailure;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Some hosts failed; the others did not. The message names each cause once, with the hosts that failed of it. */
public class HostsFailed extends Exception {
    private static final int CAUSES = 3;
    private static final int HOSTS = 6;
    /** The message of a single cause says all that it has to say, that of one among several what it is. */
    private static final int WORDS = 600;
    private static final int WORDS_OF_SEVERAL = 240;

    private record Failed(Host host, Throwable failure) {}

    /** With these words. */
    public HostsFailed(String message) {
        super(message);
    }

    /**
     * Reports these failures, in the order of the hosts. Words that differ only by the host's name, its address or figures are one cause.
     *
     * @param failures by the names of hosts
     */
    public static HostsFailed of(List<Host> hosts, Map<String, Throwable> failures) {
        Map<String, List<Failed>> causes = hosts.stream()
                .filter(host -> failures.containsKey(host.name()))
                .map(host -> new Failed(host, failures.get(host.name())))
                .collect(Collectors.groupingBy(HostsFailed::cause, LinkedHashMap::new, Collectors.toList()));
        List<String> said = new ArrayList<>(causes.values().stream().limit(CAUSES)
                .map(one -> said(one, causes.size() == 1 ? WORDS : WORDS_OF_SEVERAL)).toList());
        List<Failed> others = causes.values().stream().skip(CAUSES).flatMap(List::stream).toList();
        if (!others.isEmpty()) {
            said.add("other causes on " + names(others));
        }
        return new HostsFailed("failed: " + String.join("; ", said));
    }

    private static String cause(Failed failed) {
        return step(failed) + HostWords.cause(words(failed), failed.host().name(), failed.host().addresses());
    }

    private static String said(List<Failed> hosts, int length) {
        Failed first = hosts.get(0);
        return step(first) + names(hosts) + ": " + shortened(words(first), length);
    }

    private static String step(Failed failed) {
        return failed.failure() instanceof StepFailure step ? step.getStep() + " on " : "";
    }

    private static String words(Failed failed) {
        return String.valueOf(failed.failure().getMessage()).strip().lines().findFirst().orElse("").replaceFirst("[.:]$", "");
    }

    private static String shortened(String words, int length) {
        if (words.length() <= length) {
            return words;
        }
        int end = words.lastIndexOf(' ', length);
        return words.substring(0, end > length / 2 ? end : length) + " ...";
    }

    private static String names(List<Failed> hosts) {
        List<String> names = hosts.stream().map(failed -> failed.host().name()).toList();
        if (names.size() > HOSTS) {
            return String.join(", ", names.subList(0, HOSTS - 1)) + " and " + (names.size() - HOSTS + 1) + " more";
        }
        int last = names.size() - 1;
        return last == 0 ? names.get(0) : String.join(", ", names.subList(0, last)) + " and " + names.get(last);
    }
}
