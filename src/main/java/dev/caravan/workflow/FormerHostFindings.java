package dev.caravan.workflow;

import dev.caravan.facts.Finding;
import dev.caravan.facts.Severity;
import dev.caravan.journal.FoundHost;
import dev.caravan.run.Run;
import dev.caravan.spec.Host;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What is to be said of hosts that left the spec, and on which the journal has changes that were not rolled back. */
final class FormerHostFindings {
    static final String RULE = "former-host";
    private static final String WRITE = "Write the host into the spec again, with ";
    private static final String LOST = "with state: lost if its machine is gone.";

    private FormerHostFindings() {}

    /** For an action that does nothing about them: each of them. */
    static List<Finding> left(Run run) {
        return run.rollback().unreached(run.cluster()).stream()
                .map(host -> finding(host, Severity.WARNS, " is not in the spec any more. Run " + host.run() + " changed it, and nothing "
                        + "is done to it", WRITE + "state: absent if it is to be restored, or " + LOST))
                .toList();
    }

    /**
     * For an action that restores them: those that cannot be restored, as no spec says how to reach them. A host that the spec has at
     * another address is no such host; it is noted.
     */
    static List<Finding> unknown(Run run) {
        List<String> names = run.cluster().everyHost().stream().map(Host::name).toList();
        Stream<FoundHost> unreached = run.rollback().unreached(run.cluster()).stream();
        return unreached.flatMap(host -> {
            if (names.contains(host.name())) {
                run.note(host.name(), "run " + host.run() + " changed this host at its former address " + host.address() + ". That is not "
                        + "restored. If the address is of another machine, write it into the spec under another name, with state: absent");
                return Stream.empty();
            }
            return Stream.of(finding(host, Severity.REFUSES, " is not in the spec any more, and run " + host.run() + " changed it. No spec "
                    + "in the journal says how to log in there", WRITE + "state: absent, or " + LOST));
        }).toList();
    }

    /** That a host could not be looked at, if it left the spec. */
    static Optional<Finding> unseen(Run run, String name, Throwable failure) {
        return run.cluster().leaving().stream().filter(host -> host.isFormer() && host.name().equals(name)).findFirst()
                .map(host -> new Finding(List.of(name), RULE, Severity.REFUSES, "is not in the spec any more, must be restored, and could "
                        + "not be looked at: " + failure.getMessage(), WRITE + "state: absent and what its login needs, or " + LOST));
    }

    private static Finding finding(FoundHost host, Severity severity, String problem, String remedy) {
        return new Finding(List.of(host.name()), RULE, severity, "the host at " + host.address() + problem, remedy);
    }
}
