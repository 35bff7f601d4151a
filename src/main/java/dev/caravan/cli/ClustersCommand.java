package dev.caravan.cli;

import dev.caravan.clusters.ClusterJson;
import dev.caravan.clusters.KnownCluster;
import dev.caravan.journal.RunRecord;
import dev.caravan.spec.Counted;
import dev.caravan.terminal.Mode;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code caravan clusters}. */
@Command(name = "clusters",
        description = {
            "The clusters in the journal, with what the last runs saw of them.",
            "",
            "Version, nodes, the days until the first certificate expires that is not renewed automatically, backups and the newest run. "
                    + "No "
                    + "host is contacted: caravan plan shows how a cluster is now."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  caravan clusters",
            "  caravan clusters --output json | jq -r '.nodes[].name'",
            "  caravan clusters --server http://localhost:8080"
        })
final class ClustersCommand implements Callable<Integer> {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm").withZone(ZoneId.systemDefault());

    @Mixin
    private HistoryOptions where;

    @Override
    public Integer call() throws Exception {
        List<KnownCluster> clusters;
        try (History history = where.open()) {
            clusters = history.clusters();
        }
        if (where.common.output == Mode.JSON) {
            clusters.forEach(cluster -> System.out.println(ClusterJson.tree(cluster)));
        } else {
            print(clusters);
        }
        return 0;
    }

    private static void print(List<KnownCluster> clusters) {
        int width = clusters.stream().mapToInt(cluster -> cluster.name().length()).reduce("CLUSTER".length(), Math::max);
        String line = "%-" + width + "s  %-8s  %5s  %12s  %7s  %s%n";
        System.out.printf(line, "CLUSTER", "VERSION", "NODES", "CERTIFICATES", "BACKUPS", "LAST RUN");
        clusters.forEach(cluster -> System.out.printf(line, cluster.name(), cluster.version().orElse("-"), cluster.nodes().size(),
                days(cluster.certificateDays()), cluster.backups().size(), last(cluster.lastRun())));
    }

    private static String days(OptionalLong left) {
        if (left.isEmpty()) {
            return "-";
        }
        return left.getAsLong() < 0 ? "expired" : Counted.of(left.getAsLong(), "day");
    }

    private static String last(RunRecord run) {
        return run.id() + "  " + TIME.format(run.createdAt()) + "  " + run.action() + " " + run.state().word()
                + (run.rehearsal() ? " (rehearsal)" : "");
    }
}
