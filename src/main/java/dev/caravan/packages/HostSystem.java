package dev.caravan.packages;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The operating system of a host.
 *
 * @param id      {@code ID} of /etc/os-release: centos, rocky, ubuntu, debian
 * @param version {@code VERSION_ID} of /etc/os-release: 7, 9.4, 22.04, 12
 * @param codeName {@code VERSION_CODENAME} of /etc/os-release: bookworm; empty where there is none
 * @param arch    as the kernel or the package manager names it: x86_64 or amd64, aarch64 or arm64
 */
record HostSystem(Family family, String id, String version, String codeName, String arch) {
    /** Docker's repositories for Debian and Ubuntu go by code name. Old releases do not name theirs. */
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

    /**
     * The folder of Docker's repository for this system, and below it what follows: for apt the suite, for yum the major version.
     * Empty where Docker publishes nothing for it, as for most derivatives; those have a containerd of their own.
     */
    Optional<String> dockerFolder() {
        if (family == Family.APT) {
            return (id.equals("debian") || id.equals("ubuntu")) && suite().isPresent() ? Optional.of(id) : Optional.empty();
        }
        if (WITH_OWN_DOCKER.contains(id)) {
            return Optional.of(id);
        }
        return LIKE_CENTOS.contains(id) ? Optional.of("centos") : Optional.empty();
    }

    /** The code name that apt repositories go by, if it is known. */
    Optional<String> suite() {
        return codeName.isEmpty()
                ? Optional.ofNullable(CODE_NAMES.get(id + " " + (id.equals("debian") ? major() : version)))
                : Optional.of(codeName);
    }
}
