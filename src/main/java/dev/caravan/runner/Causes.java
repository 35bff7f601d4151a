package dev.caravan.runner;

/** What went wrong below several wrappings, in a few words. */
final class Causes {
    private static final int DEEPEST = 20;

    private Causes() {}

    static String of(Throwable failure) {
        Throwable last = failure;
        for (int depth = 0; last.getCause() != null && depth < DEEPEST; depth++) {
            last = last.getCause();
        }
        return last.getMessage() == null ? last.getClass().getSimpleName() : last.getMessage();
    }
}
