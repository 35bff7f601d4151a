package dev.caravan.workflow;

import dev.caravan.facts.Facts;
import dev.caravan.run.Run;
import dev.caravan.run.RunCancelled;
import dev.caravan.run.Variables;
import dev.caravan.spec.Host;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.camel.Exchange;
import org.apache.camel.Variable;

/** What the renewal of certificates needs to know before it begins, by the facts of the hosts, for routes: bean {@code renewals}. */
public final class Renewals {
    private static final String BELOW_DAYS = "below-days";

    private final Hosts hosts = new Hosts();

    /** Whether certificates of a control plane may be renewed, and one could give a backup: not if the certificates of all have expired. */
    public boolean needsBackup(@Variable(Variables.RUN) Run run) {
        List<Host> due = controlPlanes(run).stream().filter(host -> isDue(run, host)).toList();
        if (due.isEmpty()) {
            return false;
        }
        if (controlPlanes(run).stream().allMatch(host -> hasExpired(run, host))) {
            run.note(null, "no backup can be taken: etcd answers no client whose certificate has expired. What is replaced is saved on "
                    + "each host");
            return false;
        }
        return true;
    }

    /**
     * Lets the renewal continue without a backup if a certificate has expired, as the renewal is what helps then.
     *
     * @throws Exception why there is no backup, if none has
     */
    public void continueWithoutBackup(Exchange exchange) throws Exception {
        Run run = exchange.getVariable(Variables.RUN, Run.class);
        Exception failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
        if (failure instanceof RunCancelled || controlPlanes(run).stream().noneMatch(host -> hasExpired(run, host))) {
            throw failure;
        }
        run.note(null, "no backup could be taken: " + failure.getMessage() + ". A certificate has expired, so the renewal continues; what "
                + "is replaced is saved on each host");
    }

    private List<Host> controlPlanes(Run run) {
        return hosts.all(run).stream().filter(Host::isControlPlane).toList();
    }

    private static boolean isDue(Run run, Host host) {
        long below = run.parameters().get(BELOW_DAYS) instanceof Long days ? days : 0;
        return below <= 0 || left(run, host).map(left -> left.toDays() < below).orElse(true);
    }

    private static boolean hasExpired(Run run, Host host) {
        return left(run, host).filter(left -> left.isZero() || left.isNegative()).isPresent();
    }

    /** Until the first certificate of the host expires; empty if that is not known. */
    private static Optional<Duration> left(Run run, Host host) {
        return run.facts(host.name()).flatMap(facts -> facts.kubernetes().certificate().map(certificate -> left(facts, certificate)));
    }

    private static Duration left(Facts facts, Facts.Certificate certificate) {
        return Duration.between(facts.clock().received(), certificate.end());
    }
}
