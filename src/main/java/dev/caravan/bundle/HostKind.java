package dev.caravan.bundle;

import dev.caravan.facts.Facts;
import java.util.Locale;

/**
 * What packages depend on: a distribution's release and the architecture. Minor releases of Enterprise Linux and Debian take the same
 * packages. Immutable.
 */
public record HostKind(String system, String architecture) {

    /** Of a host that was looked at. */
    public static HostKind of(Facts facts) {
        String version = facts.system().version();
        String release = facts.system().id().equals("ubuntu") ? version : version.split("\\.")[0];
        return new HostKind(facts.system().id() + "-" + release, facts.architecture());
    }

    /** A name for a folder. */
    public String id() {
        return (system + "-" + architecture).toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9._-]", "_");
    }

    /** The architecture as images name it. */
    String imageArchitecture() {
        return imageArchitecture(architecture);
    }

    static String imageArchitecture(String architecture) {
        return switch (architecture.toLowerCase(Locale.ROOT)) {
            case "x86_64" -> "amd64";
            case "aarch64" -> "arm64";
            default -> architecture;
        };
    }

    @Override
    public String toString() {
        return system + " " + architecture;
    }
}
