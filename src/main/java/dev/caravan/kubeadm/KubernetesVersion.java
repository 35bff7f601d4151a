package dev.caravan.kubeadm;

import dev.caravan.spec.Cluster;
import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An exact Kubernetes version. Immutable. */
public record KubernetesVersion(int major, int minor, int patch) implements Comparable<KubernetesVersion> {
    private static final Pattern FORM = Pattern.compile("v?(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})");
    private static final Comparator<KubernetesVersion> ORDER = Comparator.comparingInt(KubernetesVersion::major)
            .thenComparingInt(KubernetesVersion::minor)
            .thenComparingInt(KubernetesVersion::patch);

    /**
     * @param text three numbers, with or without a leading v
     * @throws IllegalArgumentException if it is something else
     */
    public static KubernetesVersion parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("not an exact Kubernetes version such as 1.20.2: " + text);
        }
        return new KubernetesVersion(
                Integer.parseInt(matcher.group(1)),
                Integer.parseInt(matcher.group(2)),
                Integer.parseInt(matcher.group(3)));
    }

    public static KubernetesVersion of(Cluster cluster) {
        return parse(cluster.kubernetes().version());
    }

    /** Whether this is 1.{@code minor}.0 or later. */
    public boolean isAtLeast(int wantedMinor) {
        return compareTo(new KubernetesVersion(1, wantedMinor, 0)) >= 0;
    }

    /** Major and minor alone: 1.20. */
    public String series() {
        return major + "." + minor;
    }

    /** As in image tags and kubeadm's documents: v1.20.2. */
    public String tag() {
        return "v" + this;
    }

    @Override
    public int compareTo(KubernetesVersion other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return major + "." + minor + "." + patch;
    }
}
