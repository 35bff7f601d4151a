package dev.caravan.bundle;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a bundle says of itself: its file {@code bundle.json}. Immutable.
 *
 * @param format     1
 * @param cluster    whose spec it was made for
 * @param kubernetes the version
 * @param runtime    the runtime's name
 * @param createdAt  ISO 8601
 * @param systems    what there are packages for
 * @param images     names, each with the digest of its manifest
 * @param manifests  files in it, by the address from which they were fetched
 * @param files      all others of the bundle
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record BundleIndex(int format, String cluster, String kubernetes, String runtime, String createdAt, List<SystemPackages> systems,
        List<Image> images, Map<String, String> manifests, List<BundleFile> files) {
    static final int FORMAT = 1;
    static final String NAME = "bundle.json";

    public BundleIndex {
        systems = systems == null ? List.of() : List.copyOf(systems);
        images = images == null ? List.of() : List.copyOf(images);
        manifests = manifests == null ? Map.of() : Map.copyOf(manifests);
        files = files == null ? List.of() : List.copyOf(files);
    }

    /** The packages for hosts of that kind. */
    public Optional<SystemPackages> systemOf(HostKind kind) {
        return systems.stream().filter(system -> system.id().equals(kind.id())).findFirst();
    }

    /**
     * The packages for one kind of host.
     *
     * @param id           its folder below {@code systems/}
     * @param system       as {@link HostKind} names it
     * @param architecture as the system names it
     */
    public record SystemPackages(String id, String system, String architecture, List<PackageFile> packages) {
        public SystemPackages {
            packages = packages == null ? List.of() : List.copyOf(packages);
        }
    }

    /** A package. @param path in the bundle */
    public record PackageFile(String name, String version, String architecture, String path) {}

    /**
     * An image.
     *
     * @param name      as a pod names it
     * @param digest    {@code sha256:...} of the manifest, or of the list of manifests
     * @param mediaType of that
     */
    public record Image(String name, String digest, String mediaType) {}
}
