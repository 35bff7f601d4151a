package dev.caravan.spec;

import dev.caravan.spec.SshAccess.Jump;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The secrets of a spec that are short or common words: {@link Redactor} cannot hide them everywhere, and they are soon guessed. */
final class WeakSecrets {
    private static final int NAMES_SHOWN = 5;

    private final List<String> names;
    private final Map<String, Set<String>> found = new LinkedHashMap<>();

    private WeakSecrets(List<String> names) {
        this.names = names;
    }

    /** A line for each key that has such a secret. */
    static List<String> of(Cluster cluster) {
        WeakSecrets weak = new WeakSecrets(cluster.names());
        cluster.hosts().forEach(host -> weak.look(host.name(), host.ssh()));
        cluster.backup().passphrase().ifPresent(secret -> weak.look("backup.passphrase", "the backups", secret));
        cluster.runtime().registries().forEach(registry -> registry.password()
                .ifPresent(secret -> weak.look("runtime.registries", registry.host(), secret)));
        cluster.proxy().ifPresent(proxy -> proxy.passwords().forEach(secret -> weak.look("proxy", "the proxy", secret)));
        List<String> lines = new ArrayList<>();
        weak.found.forEach((key, where) -> lines.add("the secret of " + shown(where)
                + " is short or a common word (" + key + "). It is easily guessed, and cannot be hidden wherever output has that word. "
                + "Use at least 8 characters that are no word"));
        return lines;
    }

    private void look(String host, SshAccess access) {
        access.password().ifPresent(secret -> look("ssh.password", host, secret));
        access.sudoPassword().ifPresent(secret -> look("ssh.sudoPassword", host, secret));
        access.passphrase().ifPresent(secret -> look("ssh.passphrase", host, secret));
        Optional<Jump> jump = access.proxyJump();
        jump.ifPresent(each -> look("jump host " + each.address(), each.access()));
    }

    private void look(String key, String where, Secret secret) {
        if (!secret.reveal().isEmpty() && Redactor.isWeak(secret, names)) {
            found.computeIfAbsent(key, any -> new LinkedHashSet<>()).add(where);
        }
    }

    private static String shown(Set<String> where) {
        List<String> first = where.stream().limit(NAMES_SHOWN).toList();
        return String.join(", ", first) + (where.size() > NAMES_SHOWN ? " and " + (where.size() - NAMES_SHOWN) + " more" : "");
    }
}
