package dev.caravan.workflow;

/** Some hosts did not come through; the others did. */
public class HostsFailed extends Exception {
    public HostsFailed(String hosts) {
        super("failed on " + hosts);
    }
}
