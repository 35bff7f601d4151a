package dev.caravan.spec;

/** What a host is in the cluster. A host may be both, which then is a control plane without its taint. */
public enum Role {
    CONTROL_PLANE("control-plane"),
    WORKER("worker");

    private final String word;

    Role(String word) {
        this.word = word;
    }

    /** The word that the spec uses. */
    public String word() {
        return word;
    }

    @Override
    public String toString() {
        return word;
    }
}
