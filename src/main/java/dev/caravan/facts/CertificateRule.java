package dev.caravan.facts;

import dev.caravan.facts.Survey.Seen;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Warns of certificates that are not renewed automatically, and that expire soon. By the engine's clock; in whole days. */
final class CertificateRule {
    private static final int WARN_BELOW_DAYS = 60;

    private CertificateRule() {}

    private record Soon(String path, long days, boolean expired) {
        static Soon of(Facts facts, Facts.Certificate certificate) {
            Duration left = Duration.between(facts.clock().received(), certificate.end());
            return new Soon(certificate.path(), Math.abs(left.toDays()), left.isZero() || left.isNegative());
        }

        private boolean isWorthAWarning() {
            return expired || days < WARN_BELOW_DAYS;
        }

        private String words() {
            return expired
                    ? "a certificate has expired: " + path
                    : "a certificate expires in " + days + (days == 1 ? " day: " : " days: ") + path;
        }

        private String remedy() {
            return path.endsWith("ca.crt")
                    ? "It is a CA, for which kubeadm has no command. Kubernetes' documentation describes the manual rotation of CAs."
                    : "caravan renew-certificates with this spec renews it; caravan certificates shows all of them.";
        }
    }

    static List<Finding> check(Survey survey) {
        Map<Soon, List<Seen>> groups = new LinkedHashMap<>();
        survey.hosts().forEach(seen -> seen.facts().kubernetes().certificate()
                .map(certificate -> Soon.of(seen.facts(), certificate))
                .filter(Soon::isWorthAWarning)
                .ifPresent(soon -> groups.computeIfAbsent(soon, any -> new ArrayList<>()).add(seen)));
        return groups.entrySet().stream()
                .map(group -> new Finding(Survey.names(group.getValue()), "certificates", Severity.WARNS, group.getKey().words(),
                        group.getKey().remedy()))
                .toList();
    }
}
