package dev.caravan.workflow;

import dev.caravan.facts.Facts;
import dev.caravan.run.NotReached;
import dev.caravan.run.Run;
import dev.caravan.spec.Cluster.OnFailure;
import java.util.Set;
import java.util.function.Predicate;

/**
 * What routes decide by, if a host or a run failed, what is rolled back: the variable {@code failed}. Each is worded so that a rollback
 * needs it. {@code host} is empty for a run as a whole; then what is said of the host is false.
 *
 * @param rollsBack  the action is one that is rolled back, the spec has onFailure rollback, and the run is not cancelled
 * @param reversible no control plane was upgraded in this run: Kubernetes has no downgrade
 * @param underWay   the run continues with the other hosts
 * @param reached    the host was reached, so that something may have been changed there
 * @param dispensable the cluster can be there without the host: it is not the first control plane, and no node of a cluster that this
 *                   run upgraded; in verify also a worker that can have its former kubelet again
 * @param tolerated  no more hosts failed than maxFailedHosts allows
 * @param wide       more failed than hosts that were rolled back alone
 */
public record Failed(boolean rollsBack, boolean reversible, boolean underWay, boolean reached, boolean dispensable, boolean tolerated,
        boolean wide) {

    /** Of a host that failed; {@code wide} is true if the run as a whole cannot continue. */
    static Failed of(Run run, String host) {
        return of(run, Set.of(host), any -> false);
    }

    /**
     * The same of several hosts, which fail what comes after their own pipelines; what is said of a host is true if it is of each. All is
     * false of none.
     *
     * @param goesBack whether a host, though the cluster was upgraded, can be as it was before
     */
    static Failed of(Run run, Set<String> hosts, Predicate<String> goesBack) {
        return new Failed(isRolledBack(run), !run.isUpgraded(), !run.isGivenUp(),
                !hosts.isEmpty() && hosts.stream().noneMatch(host -> run.failures().get(host) instanceof NotReached),
                !hosts.isEmpty() && hosts.stream().allMatch(host -> isDispensable(run, host) || goesBack.test(host)),
                run.tolerates(hosts), run.isGivenUp());
    }

    private static boolean isDispensable(Run run, String host) {
        return !host.equals(run.cluster().firstControlPlane().name())
                && !(run.isUpgraded() && run.facts(host).map(Facts::joined).orElse(false));
    }

    /** Of a run, with what ended it. */
    static Failed of(Run run, boolean onlyHosts) {
        // whether their rollback went well or not
        boolean alone = onlyHosts && run.failures().keySet().stream()
                .allMatch(host -> run.rollback().isRestored(host) || run.rollback().leftBehind().containsKey(host));
        return new Failed(isRolledBack(run), !run.isUpgraded(), !run.isGivenUp(), false, false, run.tolerates(Set.of()),
                run.isGivenUp() || !alone);
    }

    private static boolean isRolledBack(Run run) {
        return run.action().isRecorded() && run.cluster().onFailure() == OnFailure.ROLLBACK && !run.isCancelled();
    }

    /** As the built-in routes have it: the host is rolled back alone, and the run continues with the others. */
    boolean isOfHostAlone() {
        return rollsBack && reached && dispensable && tolerated && underWay;
    }

    /** As the built-in routes have it: a worker that can have its former kubelet again is restored, and the run continues. */
    boolean isOfWorker() {
        return rollsBack && reached && tolerated && underWay;
    }

    /** As the built-in routes have it, if the host was not rolled back alone: the work ends on all hosts. */
    boolean isOfAllWork() {
        return reached && (!tolerated || rollsBack && reversible);
    }

    /** As the built-in routes have it: the run is rolled back on all hosts. */
    boolean isOfWholeRun() {
        return rollsBack && reversible && wide;
    }
}
