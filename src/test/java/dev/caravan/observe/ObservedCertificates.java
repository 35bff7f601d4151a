package dev.caravan.observe;

import dev.caravan.journal.Journal;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;

/** The clusters whose certificates have a gauge once an engine has read its journal. */
public final class ObservedCertificates {
    private ObservedCertificates() {}

    public static List<String> of(Journal journal) {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        new CertificateGauges(registry).recall(journal);
        return registry.find("caravan.certificates.days.left").gauges().stream().map(gauge -> gauge.getId().getTag("cluster")).toList();
    }
}
