package dev.caravan.spec;

import dev.caravan.spec.Cluster.RepositoryOverride;
import dev.caravan.spec.SshAccess.HostKeyCheck;
import dev.caravan.spec.SshAccess.Jump;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The safety that a spec gives up. A run names it in its log. */
public final class Relaxations {
    private static final int NAMES_SHOWN = 5;

    private Relaxations() {}

    /** A line for each relaxation, naming the key that asks for it; empty where the spec relaxes nothing. */
    public static List<String> of(Cluster cluster) {
        List<String> lines = new ArrayList<>();
        packages("kubernetes", cluster.packages().kubernetes()).ifPresent(lines::add);
        packages("runtime", cluster.packages().runtime()).ifPresent(lines::add);
        if (!cluster.runtime().insecureRegistries().isEmpty()) {
            lines.add("images from " + String.join(", ", cluster.runtime().insecureRegistries())
                    + " may come over plain HTTP (runtime.insecureRegistries)");
        }
        lines.addAll(registries(cluster.runtime().registries()));
        hostKeys(cluster.everyHost()).forEach((check, names) -> lines.add(line(check, names)));
        lines.addAll(WeakSecrets.of(cluster));
        return lines;
    }

    private static List<String> registries(List<Registry> registries) {
        List<String> lines = new ArrayList<>();
        for (Registry registry : registries) {
            if (registry.insecure()) {
                lines.add("certificates for images of " + registry.host() + " are not checked (runtime.registries." + registry.host()
                        + ".insecure: true)");
            }
            registry.mirrors().stream().filter(Registry.Mirror::isPlain).forEach(mirror -> lines.add("images of " + registry.host()
                    + " may come over plain HTTP from " + mirror.host() + " (runtime.registries." + registry.host() + ".mirrors)"));
        }
        return lines;
    }

    private static Optional<String> packages(String name, RepositoryOverride override) {
        return override.gpgCheck()
                .filter(Boolean.FALSE::equals)
                .map(off -> "signatures of the " + name + " packages are not checked (packages." + name
                        + ".gpgCheck: false)");
    }

    private static Map<HostKeyCheck, Set<String>> hostKeys(List<Host> hosts) {
        Map<HostKeyCheck, Set<String>> names = new LinkedHashMap<>();
        for (Host host : hosts) {
            note(names, host.name(), host.ssh());
            for (Optional<Jump> jump = host.ssh().proxyJump();
                    jump.isPresent();
                    jump = jump.get().access().proxyJump()) {
                note(names, "jump host " + jump.get().address(), jump.get().access());
            }
        }
        return names;
    }

    private static void note(Map<HostKeyCheck, Set<String>> names, String name, SshAccess access) {
        // A pinned key is checked, whatever hostKeyCheck says.
        if (access.hostKey().isEmpty() && access.hostKeyCheck() != HostKeyCheck.STRICT) {
            names.computeIfAbsent(access.hostKeyCheck(), check -> new LinkedHashSet<>())
                    .add(name);
        }
    }

    private static String line(HostKeyCheck check, Set<String> names) {
        String shown = names.stream().limit(NAMES_SHOWN).collect(Collectors.joining(", "));
        String all = names.size() > NAMES_SHOWN ? shown + " and " + (names.size() - NAMES_SHOWN) + " more" : shown;
        return check == HostKeyCheck.OFF
                ? "host keys of " + all + " are not checked (ssh.hostKeyCheck: off)"
                : "unknown host keys of " + all + " are accepted the first time (ssh.hostKeyCheck: accept-new)";
    }
}
