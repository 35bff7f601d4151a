package dev.caravan.workflow;

import dev.caravan.facts.Facts;
import dev.caravan.run.NotReached;
import dev.caravan.run.Run;
import dev.caravan.spec.Cluster.OnFailure;
import java.util.Set;

/**
 * What routes decide by, if a host or a run failed, what is rolled back: the variable {@code failed}. Each is worded so that a rollback
 * needs it. {@code host} is empty for a run as a whole; then what is said of the host is false.
 *
 * @param rollsBack  the action is one that is rolled back, the spec has onFailure rollback, and the run is not cancelled
 * @param reversible no control plane was upgraded in this run: Kubernetes has no downgrade
 * @param underWay   the run continues with the other hosts
 * @param reached    the host was reached, so that something may have been changed there
 * @param dispensable the cluster can be there without the host: it is not the first control plane, and no node of a cluster that this
 *                   run upgraded
 * @param tolerated  no more hosts failed than maxFailedHosts allows
 * @param wide       more failed than hosts that were rolled back alone
 */
public record Failed(boolean rollsBack, boolean reversible, boolean underWay, boolean reached, boolean dispensable, boolean tolerated,
        boolean wide) {

    /** Of a host that failed, or of several at once; {@code wide} is true if the run as a whole cannot continue. */
    static Failed of(Run run, Set<String> hosts) {
        return new Failed(isRolledBack(run), !run.isUpgraded(), !run.isGivenUp(),
                hosts.stream().noneMatch(host -> run.failures().get(host) instanceof NotReached),
                hosts.stream().noneMatch(host -> host.equals(run.cluster().firstControlPlane().name())
                        || run.isUpgraded() && run.facts(host).map(Facts::joined).orElse(false)),
                run.tolerates(hosts), run.isGivenUp());
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

    /** As the built-in routes have it: the run is rolled back on all hosts. */
    boolean isOfWholeRun() {
        return rollsBack && reversible && wide;
    }
}
