package dev.caravan.kubeadm;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Locale;

/** The versions of kubeadm's configuration API, each with the first minor of Kubernetes that it is written for here. */
public enum KubeadmApi {
    V1BETA1(13),
    /** Brought {@code certificateKey} into the documents. */
    V1BETA2(15),
    V1BETA3(22),
    /** Made {@code extraArgs} lists of name and value. */
    V1BETA4(31);

    private final int fromMinor;

    KubeadmApi(int fromMinor) {
        this.fromMinor = fromMinor;
    }

    /**
     * The newest API that the version's kubeadm takes.
     *
     * @throws IllegalArgumentException before 1.13
     */
    public static KubeadmApi of(KubernetesVersion version) {
        return Arrays.stream(values())
                .filter(api -> version.isAtLeast(api.fromMinor))
                .max(Comparator.naturalOrder())
                .orElseThrow(() -> new IllegalArgumentException(
                        "Kubernetes " + version + " is older than kubeadm's v1beta1 configuration (1.13)"));
    }

    /** As documents name it: {@code kubeadm.k8s.io/v1beta2}. */
    public String apiVersion() {
        return "kubeadm.k8s.io/" + name().toLowerCase(Locale.ROOT);
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
