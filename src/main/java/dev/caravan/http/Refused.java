package dev.caravan.http;

/** A request that is answered with a problem document. */
final class Refused extends Exception {
    private final transient ProblemDocument problem;

    Refused(ProblemDocument problem) {
        super(problem.title());
        this.problem = problem;
    }

    ProblemDocument problem() {
        return problem;
    }
}
