package dev.caravan.spec;

import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/** A spec that cannot be used, with everything that is wrong with it. Nothing was touched. */
public final class InvalidSpec extends Exception {
    private final transient List<Problem> problems;
    private final String sourceName;

    /** @param problems at least one; kept in the order of the text */
    public InvalidSpec(String sourceName, List<Problem> problems) {
        super(problems.stream()
                .sorted(inTextOrder())
                .map(problem -> problem.render(sourceName))
                .collect(Collectors.joining("\n")));
        this.sourceName = sourceName;
        this.problems = problems.stream().sorted(inTextOrder()).toList();
    }

    private static Comparator<Problem> inTextOrder() {
        return Comparator.comparingInt(Problem::line).thenComparingInt(Problem::column);
    }

    /** All problems, in the order of the text. */
    public List<Problem> problems() {
        return problems;
    }

    /** What the spec was called when it was read: a file name, or a word such as {@code request}. */
    public String sourceName() {
        return sourceName;
    }

    /** All problems as text for people, one or two lines each. */
    public String render(String source) {
        return problems.stream().map(problem -> problem.render(source)).collect(Collectors.joining("\n"));
    }
}
