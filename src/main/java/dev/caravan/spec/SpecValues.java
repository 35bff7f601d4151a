package dev.caravan.spec;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.caravan.digest.Sha256;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What tells the values of a spec from others where its text does not: a text has no secrets, and names variables and files instead of
 * what they hold. Only of what reaches hosts or backups; how a host is reached changes nothing there. Immutable. It holds digests, which
 * may be of weak passwords, and so is kept encrypted.
 */
public final class SpecValues {
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS);

    /** SHA-256 of the value, by its place in the spec. */
    private final Map<String, String> digests;

    private SpecValues(Map<String, String> digests) {
        this.digests = digests;
    }

    public static SpecValues of(Cluster cluster) {
        Map<String, String> digests = new TreeMap<>();
        Cluster.Kubernetes kubernetes = cluster.kubernetes();
        put(digests, "spec.kubernetes", Stream.of(kubernetes.imageRepository(), kubernetes.controlPlaneEndpoint(),
                kubernetes.podSubnet(), kubernetes.serviceSubnet()));
        put(digests, "spec.kubernetes.kubeadm", Stream.of(json(kubernetes.kubeadm())));
        put(digests, "spec.packages.kubernetes", urls(cluster.packages().kubernetes()));
        put(digests, "spec.packages.runtime", urls(cluster.packages().runtime()));
        put(digests, "spec.runtime.version", cluster.runtime().version().stream());
        cluster.runtime().registries().forEach(registry -> put(digests, "spec.runtime.registries." + registry.host(),
                Stream.concat(registry.username().stream(), revealed(registry.password()))));
        put(digests, "spec.network.manifest", cluster.network().manifest().stream());
        cluster.proxy().ifPresent(proxy ->
                put(digests, "spec.proxy", Stream.concat(revealed(proxy.http()), revealed(proxy.https()))));
        put(digests, "spec.backup.passphrase", revealed(cluster.backup().passphrase()));
        return new SpecValues(digests);
    }

    /** What {@link #toString} gave. */
    public static SpecValues parse(String text) {
        return new SpecValues(text.lines().map(line -> line.split(" ", 2))
                .collect(Collectors.toMap(parts -> parts[0], parts -> parts[1], (first, second) -> second, TreeMap::new)));
    }

    /** The places in the spec whose values differ, in order. */
    public List<String> differences(SpecValues other) {
        TreeSet<String> places = new TreeSet<>(digests.keySet());
        places.addAll(other.digests.keySet());
        return places.stream().filter(place -> !digests.getOrDefault(place, "").equals(other.digests.getOrDefault(place, ""))).toList();
    }

    private static Stream<String> revealed(Optional<Secret> secret) {
        return secret.map(Secret::reveal).stream();
    }

    private static Stream<String> urls(Cluster.RepositoryOverride repository) {
        return Stream.concat(repository.baseUrl().stream(), repository.gpgKeys().stream());
    }

    private static String json(Map<String, ?> documents) {
        try {
            return JSON.writeValueAsString(documents);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("overrides of kubeadm documents are no JSON: " + e.getOriginalMessage(), e);
        }
    }

    /* With its length, so that no two lists of parts give the same text. */
    private static void put(Map<String, String> digests, String place, Stream<String> parts) {
        digests.put(place, Sha256.hex(parts.map(part -> part.length() + " " + part + "\n").collect(Collectors.joining())));
    }

    /** A line for each place. */
    @Override
    public String toString() {
        return digests.entrySet().stream().map(each -> each.getKey() + " " + each.getValue() + "\n").collect(Collectors.joining());
    }
}
