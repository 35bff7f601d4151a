package dev.caravan.packages;

import dev.caravan.kubeadm.KubernetesVersion;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Cluster.Mirror;
import dev.caravan.spec.Cluster.RepositoryOverride;
import dev.caravan.spec.Cluster.RuntimeName;
import dev.caravan.tables.KubernetesTable;
import dev.caravan.tables.Minor.Packager;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Finds the repositories of a cluster's packages: the mirror's, with the spec's overrides, value by value. */
public final class Repositories {
    private static final String ALIYUN = "https://mirrors.aliyun.com";
    private static final String COMMUNITY = "https://pkgs.k8s.io/core:/stable:/v";

    private Repositories() {}

    /** @param runtime empty where the runtime comes from the distribution or from the Kubernetes repository */
    public record Resolved(Repository kubernetes, Optional<Repository> runtime) {}

    /**
     * The repositories for one kind of host.
     *
     * @param versions  which minors have repositories
     * @param osId      {@code ID} of the host's /etc/os-release
     * @param osVersion {@code VERSION_ID} of the host's /etc/os-release
     * @param codeName  {@code VERSION_CODENAME} of the host's /etc/os-release, empty where it has none
     * @param arch      the host's architecture as {@code uname -m} or dpkg names it
     * @throws NoRepository if there is none for what the spec asks for
     */
    public static Resolved resolve(
            Cluster cluster, KubernetesTable versions, Family family, String osId, String osVersion, String codeName, String arch) {
        HostSystem system = new HostSystem(family, osId, osVersion, codeName, arch);
        RepositoryOverride kubernetes = ofMinor(cluster, cluster.packages().kubernetes());
        RepositoryOverride runtime = ofMinor(cluster, cluster.packages().runtime());
        return new Resolved(
                overridden(kubernetes, () -> Optional.of(kubernetes(cluster, versions, system))).orElseThrow(),
                overridden(runtime, () -> runtime(cluster, versions, system)));
    }

    /** The spec's own repositories with the version's minor in place of {@code {minor}}. */
    private static RepositoryOverride ofMinor(Cluster cluster, RepositoryOverride override) {
        String minor = KubernetesVersion.of(cluster).series();
        return new RepositoryOverride(
                override.baseUrl().map(url -> url.replace("{minor}", minor)),
                override.gpgKeys().stream().map(key -> key.replace("{minor}", minor)).toList(),
                override.gpgCheck());
    }

    /**
     * The mirror is asked only where something of it is needed: a spec that names its own URL needs none.
     * Keys left out are the mirror's, if it has a repository for this host at all.
     */
    private static Optional<Repository> overridden(
            RepositoryOverride override, Supplier<Optional<Repository>> mirrors) {
        Optional<Repository> mirror =
                override.baseUrl().isPresent() && !override.gpgKeys().isEmpty()
                        ? Optional.empty()
                        : mirrorOrNone(override, mirrors);
        Optional<String> baseUrl = override.baseUrl().or(() -> mirror.map(Repository::baseUrl));
        List<String> keys =
                override.gpgKeys().isEmpty() ? mirror.map(Repository::gpgKeys).orElse(List.of()) : override.gpgKeys();
        boolean check =
                override.gpgCheck().orElse(mirror.map(Repository::gpgCheck).orElse(true));
        return baseUrl.map(url -> new Repository(url, keys, check));
    }

    private static Optional<Repository> mirrorOrNone(
            RepositoryOverride override, Supplier<Optional<Repository>> mirrors) {
        try {
            return mirrors.get();
        } catch (NoRepository e) {
            if (override.baseUrl().isPresent()) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private static Repository kubernetes(Cluster cluster, KubernetesTable versions, HostSystem system) {
        KubernetesVersion version = KubernetesVersion.of(cluster);
        return switch (cluster.packages().mirror()) {
            case ALIYUN -> version.compareTo(KubernetesVersion.parse(versions.lastLegacy())) <= 0
                    ? legacy(system)
                    : perMinor(ALIYUN + "/kubernetes-new/core/stable/v" + version.series(), system.family());
            case COMMUNITY -> {
                if (!versions.minor(version.minor()).repositories().contains(Packager.COMMUNITY)) {
                    throw new NoRepository(
                            "the community's repositories begin with Kubernetes "
                                    + versions.firstIn(Packager.COMMUNITY).orElse("a later minor")
                                    + "; what was there before is gone since March 2024",
                            "write packages.mirror: aliyun, which still has Kubernetes " + version
                                    + ", or name packages.kubernetes.baseUrl");
                }
                yield withNewestKey(COMMUNITY, version, versions, system.family());
            }
            case CUSTOM -> throw new NoRepository(
                    "mirror custom has no repository of its own", "write packages.kubernetes.baseUrl");
        };
    }

    /** The layout of repositories before 1.24: one repository for all versions. */
    private static Repository legacy(HostSystem system) {
        if (system.family() == Family.APT) {
            return new Repository(
                    ALIYUN + "/kubernetes/apt/ kubernetes-xenial main",
                    List.of(ALIYUN + "/kubernetes/apt/doc/apt-key.gpg"),
                    true);
        }
        String doc = ALIYUN + "/kubernetes/yum/doc/";
        return new Repository(
                ALIYUN + "/kubernetes/yum/repos/kubernetes-el7-" + system.rpmArch(),
                List.of(doc + "yum-key.gpg", doc + "rpm-package-key.gpg"),
                true);
    }

    /** The layout of pkgs.k8s.io: one repository for each minor, signed with a key that lies in it. */
    private static Repository perMinor(String root, Family family) {
        return family == Family.APT
                ? new Repository(root + "/deb/ /", List.of(root + "/deb/Release.key"), true)
                : new Repository(root + "/rpm/", List.of(root + "/rpm/repodata/repomd.xml.key"), true);
    }

    /**
     * All minors are signed with one key, which was extended in November 2024. Repositories of minors that were not rebuilt since, such
     * as 1.24 to 1.27, still serve the expired copy (kubernetes/release#3818), so the copy of a newer minor is taken.
     */
    private static Repository withNewestKey(String root, KubernetesVersion version, KubernetesTable versions, Family family) {
        int newest = Math.max(version.minor(), versions.newestTried());
        return new Repository(perMinor(root + version.series(), family).baseUrl(), perMinor(root + "1." + newest, family).gpgKeys(), true);
    }

    private static Optional<Repository> runtime(Cluster cluster, KubernetesTable versions, HostSystem system) {
        Mirror mirror = cluster.packages().mirror();
        RuntimeName runtime = cluster.runtime().name();
        if (mirror == Mirror.CUSTOM || runtime == RuntimeName.RKT || runtime == RuntimeName.FRAKTI) {
            return Optional.empty();
        }
        if (runtime == RuntimeName.CRI_O) {
            return Optional.of(criO(KubernetesVersion.of(cluster), versions, system.family()));
        }
        // containerd.io is in Docker's repository, too. A system that Docker has no packages for brings its own runtime.
        return system.dockerFolder()
                .map(folder -> docker(mirror == Mirror.ALIYUN ? ALIYUN + "/docker-ce" : "https://download.docker.com", folder, system));
    }

    private static Repository docker(String root, String name, HostSystem system) {
        String folder = root + "/linux/" + name;
        String baseUrl = system.family() == Family.APT
                ? folder + " " + system.suite().orElseThrow() + " stable"
                : folder + "/" + system.major() + "/" + system.rpmArch() + "/stable";
        return new Repository(baseUrl, List.of(folder + "/gpg"), true);
    }

    /**
     * CRI-O follows Kubernetes minor by minor. Aliyun is not known to mirror it, so both mirrors use its own
     * repositories.
     */
    private static Repository criO(KubernetesVersion version, KubernetesTable versions, Family family) {
        if (!versions.minor(version.minor()).repositories().contains(Packager.CRI_O)) {
            throw new NoRepository(
                    "CRI-O's repositories begin with " + versions.firstIn(Packager.CRI_O).orElse("a later minor")
                            + ", and its minor must be Kubernetes' own",
                    "write packages.runtime.baseUrl: a repository that holds CRI-O " + version.series()
                            + ", or take runtime.name: containerd");
        }
        return perMinor("https://download.opensuse.org/repositories/isv:/cri-o:/stable:/v" + version.series(), family);
    }
}
