package dev.caravan.spec;

import java.util.Comparator;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A spec that cannot be used, with everything that is wrong with it. Nothing was touched. */
public final class InvalidSpec extends Exception {
    /** More than anybody reads, and few enough for an answer. */
    private static final int MOST_SHOWN = 100;

    private final transient List<Problem> problems;
    private final String sourceName;

    private final int count;

    /** @param problems at least one */
    public InvalidSpec(String sourceName, List<Problem> problems) {
        this(sourceName, shown(problems), problems.size());
    }

    /** @param hiding removes secrets from the problems that are shown */
    InvalidSpec(String sourceName, List<Problem> problems, UnaryOperator<Problem> hiding) {
        this(sourceName, shown(problems).stream().map(hiding).toList(), problems.size());
    }

    private InvalidSpec(String sourceName, List<Problem> shown, int count) {
        super(render(sourceName, shown));
        this.sourceName = sourceName;
        this.problems = shown;
        this.count = count;
    }

    private static List<Problem> shown(List<Problem> problems) {
        List<Problem> inTextOrder = problems.stream().sorted(Comparator.comparingInt(Problem::line).thenComparingInt(Problem::column))
                .toList();
        if (inTextOrder.size() <= MOST_SHOWN) {
            return inTextOrder;
        }
        Problem next = inTextOrder.get(MOST_SHOWN);
        Problem rest = new Problem(next.line(), next.column(), "",
                "from here on there are " + (problems.size() - MOST_SHOWN) + " more problems", "put the others right first");
        return Stream.concat(inTextOrder.stream().limit(MOST_SHOWN), Stream.of(rest)).toList();
    }

    private static String render(String source, List<Problem> problems) {
        return problems.stream().map(problem -> problem.render(source)).collect(Collectors.joining("\n"));
    }

    /** How many problems there are. */
    public int count() {
        return count;
    }

    /** The problems in the order of the text: the first 100, and where there are more, one that says how many. */
    public List<Problem> problems() {
        return problems;
    }

    /** What the spec was called when it was read: a file name, or a word such as {@code request}. */
    public String sourceName() {
        return sourceName;
    }

    /** The same as text for people, one or two lines each. */
    public String render(String source) {
        return render(source, problems);
    }
}
