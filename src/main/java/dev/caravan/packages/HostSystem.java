package dev.caravan.packages;

import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The operating system of a host.
 *
 * @param id      {@code ID} of /etc/os-release: centos, rocky, ubuntu, debian
 * @param version {@code VERSION_ID} of /etc/os-release: 7, 9.4, 22.04, 12
 * @param arch    as the kernel or the package manager names it: x86_64 or amd64, aarch64 or arm64
 */
record HostSystem(Family family, String id, String version, String arch) {
    /** Debian's and Ubuntu's repositories go by code name, which VERSION_ID does not give. */
    private static final Map<String, String> CODE_NAMES = Map.ofEntries(
            Map.entry("debian 9", "stretch"),
            Map.entry("debian 10", "buster"),
            Map.entry("debian 11", "bullseye"),
            Map.entry("debian 12", "bookworm"),
            Map.entry("debian 13", "trixie"),
            Map.entry("ubuntu 16.04", "xenial"),
            Map.entry("ubuntu 18.04", "bionic"),
            Map.entry("ubuntu 20.04", "focal"),
            Map.entry("ubuntu 22.04", "jammy"),
            Map.entry("ubuntu 24.04", "noble"),
            Map.entry("ubuntu 26.04", "resolute"));
    /** Docker has repositories of their own for these; the rebuilds of Enterprise Linux use CentOS's. */
    private static final Set<String> WITH_OWN_DOCKER = Set.of("centos", "fedora", "rhel");

    private static final Set<String> LIKE_CENTOS =
            Set.of("rocky", "almalinux", "ol", "scientific", "virtuozzo", "cloudlinux", "eurolinux", "miraclelinux");

    String major() {
        return version.split("\\.")[0];
    }

    /** The architecture as rpm names it. */
    String rpmArch() {
        return switch (arch.toLowerCase(Locale.ROOT)) {
            case "amd64" -> "x86_64";
            case "arm64" -> "aarch64";
            default -> arch;
        };
    }

    /** The folder of Docker's repository: centos, fedora, rhel, debian or ubuntu. */
    String dockerFolder() {
        if (family == Family.APT && (id.equals("debian") || id.equals("ubuntu"))
                || family == Family.YUM && WITH_OWN_DOCKER.contains(id)) {
            return id;
        }
        if (family == Family.YUM && LIKE_CENTOS.contains(id)) {
            return "centos";
        }
        throw unknown();
    }

    String codeName() {
        String name = CODE_NAMES.get(id + " " + (id.equals("debian") ? major() : version));
        if (name == null) {
            throw unknown();
        }
        return name;
    }

    private NoRepository unknown() {
        return new NoRepository(
                "Docker's repository has no place known to Caravan for " + id + " " + version,
                "write packages.runtime.baseUrl: the repository that holds the runtime for this system"
                        + (family == Family.APT ? ", as URL SUITE [COMPONENT...]" : ""));
    }
}
