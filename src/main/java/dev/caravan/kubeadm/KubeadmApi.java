package dev.caravan.kubeadm;

import dev.caravan.tables.Minor;
import java.util.Locale;

/** The versions of kubeadm's configuration API; which minor takes which is in {@code routes/data/kubernetes.yaml}. */
public enum KubeadmApi {
    V1BETA1,
    /** Brought {@code certificateKey} into the documents. */
    V1BETA2,
    V1BETA3,
    /** Made {@code extraArgs} lists of name and value. */
    V1BETA4;

    /** The API that is written for that minor's kubeadm. */
    public static KubeadmApi of(Minor minor) {
        return valueOf(minor.kubeadmApi().toUpperCase(Locale.ROOT));
    }

    /** As documents name it: {@code kubeadm.k8s.io/v1beta2}. */
    public String apiVersion() {
        return "kubeadm.k8s.io/" + word();
    }

    /** Without its group: {@code v1beta2}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Whether a certificate key has a place in the documents; else it would have to be a flag, which others could
     * see.
     */
    public boolean holdsCertificateKey() {
        return this != V1BETA1;
    }

    /** Whether timeouts have a place of their own in the documents, all together. */
    public boolean holdsTimeouts() {
        return this == V1BETA4;
    }

    /** Whether arguments of components are lists of name and value, not maps. */
    public boolean listsArguments() {
        return this == V1BETA4;
    }
}
