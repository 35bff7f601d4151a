package dev.caravan.terminal;

import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Short titles for a table's narrow columns, all different: {@code imag} for images-pull, but {@code init} for kubeadm-init
 * where kubeadm-join stands beside it.
 */
final class StepTitles {
    private StepTitles() {}

    /** A title for each step, in their order, none wider than {@code width}. */
    static List<String> of(List<String> steps, int width) {
        String[] titles = new String[steps.size()];
        Set<String> taken = new HashSet<>();
        for (int i = 0; i < titles.length; i++) {
            titles[i] = clear(steps, i, width);
            taken.add(titles[i]);
        }
        // A name of one word has nothing else to be known by.
        for (boolean oneWord : new boolean[] {true, false}) {
            for (int i = 0; i < titles.length; i++) {
                if (titles[i] == null && oneWord != steps.get(i).contains("-")) {
                    titles[i] = free(steps, i, taken, width);
                    taken.add(titles[i]);
                }
            }
        }
        return Arrays.asList(titles);
    }

    /** A beginning that no word of another step has; null where there is none. */
    private static String clear(List<String> steps, int index, int width) {
        String name = steps.get(index);
        for (String candidate : List.of(begin(name, width), begin(lastWord(name), width))) {
            if (others(steps, index, candidate) == 0) {
                return candidate;
            }
        }
        return null;
    }

    /** How many other steps that beginning may stand for. */
    private static long others(List<String> steps, int index, String beginning) {
        return IntStream.range(0, steps.size())
                .filter(other -> other != index)
                .mapToObj(steps::get)
                .filter(other -> other.startsWith(beginning)
                        || Arrays.stream(other.split("-")).anyMatch(word -> word.startsWith(beginning)))
                .count();
    }

    /** The one of those that are left which may stand for the fewest others. */
    private static String free(List<String> steps, int index, Set<String> taken, int width) {
        String name = steps.get(index);
        return Stream.of(begin(name, width), begin(lastWord(name), width))
                .filter(candidate -> !taken.contains(candidate))
                .min(Comparator.comparingLong(candidate -> others(steps, index, candidate)))
                .or(() -> Optional.of(begin(name.charAt(0) + lastWord(name), width)).filter(candidate -> !taken.contains(candidate)))
                .orElseGet(() -> begin("#" + (index + 1), width));
    }

    private static String lastWord(String name) {
        return name.substring(name.lastIndexOf('-') + 1);
    }

    private static String begin(String text, int width) {
        String begin = text.substring(0, Math.min(width, text.length()));
        return begin.endsWith("-") ? begin.substring(0, begin.length() - 1) : begin;
    }
}
