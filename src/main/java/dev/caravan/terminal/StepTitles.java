package dev.caravan.terminal;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

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
        for (int i = 0; i < titles.length; i++) {
            if (titles[i] == null) {
                titles[i] = free(steps.get(i), i, taken, width);
                taken.add(titles[i]);
            }
        }
        return Arrays.asList(titles);
    }

    /** A beginning that no word of another step has; null where there is none. */
    private static String clear(List<String> steps, int index, int width) {
        String name = steps.get(index);
        for (String candidate : List.of(begin(name, width), begin(lastWord(name), width))) {
            boolean elsewhere = IntStream.range(0, steps.size())
                    .filter(other -> other != index)
                    .mapToObj(steps::get)
                    .anyMatch(other -> other.startsWith(candidate)
                            || Arrays.stream(other.split("-")).anyMatch(word -> word.startsWith(candidate)));
            if (!elsewhere) {
                return candidate;
            }
        }
        return null;
    }

    private static String free(String name, int index, Set<String> taken, int width) {
        for (String candidate : List.of(begin(name, width), begin(lastWord(name), width),
                begin(name.charAt(0) + lastWord(name), width))) {
            if (!taken.contains(candidate)) {
                return candidate;
            }
        }
        return begin("#" + (index + 1), width);
    }

    private static String lastWord(String name) {
        return name.substring(name.lastIndexOf('-') + 1);
    }

    private static String begin(String text, int width) {
        String begin = text.substring(0, Math.min(width, text.length()));
        return begin.endsWith("-") ? begin.substring(0, begin.length() - 1) : begin;
    }
}
