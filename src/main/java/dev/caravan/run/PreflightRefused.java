package dev.caravan.run;

import dev.caravan.facts.Finding;
import dev.caravan.spec.Counted;
import java.util.List;

/** The hosts, as they are, cannot become this cluster. Nothing was changed. */
public class PreflightRefused extends Exception {
    private final transient List<Finding> findings;

    public PreflightRefused(List<Finding> findings) {
        super("preflight found " + Counted.of(findings.size(), "problem"));
        this.findings = List.copyOf(findings);
    }

    /** @param message why, where it is something else than what preflight looks at */
    public PreflightRefused(String message, List<Finding> findings) {
        super(message);
        this.findings = List.copyOf(findings);
    }

    public List<Finding> getFindings() {
        return findings;
    }
}
