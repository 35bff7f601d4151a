package dev.caravan.clusters;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.caravan.clusters.KnownCluster.Drift;
import dev.caravan.clusters.KnownCluster.KnownBackup;
import dev.caravan.clusters.KnownCluster.Node;
import dev.caravan.journal.RunRecordJson;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** The JSON form of a {@link KnownCluster}, for the API and the command line. What is not known is left out. */
public final class ClusterJson {
    private ClusterJson() {}

    public static ObjectNode tree(KnownCluster cluster) {
        ObjectNode tree = JsonNodeFactory.instance.objectNode().put("name", cluster.name());
        cluster.version().ifPresent(version -> tree.put("version", version));
        ArrayNode nodes = tree.putArray("nodes");
        cluster.nodes().forEach(node -> nodes.add(node(node)));
        cluster.certificateDays().ifPresent(days -> tree.put("certificateDays", days));
        tree.set("lastRun", RunRecordJson.tree(cluster.lastRun()));
        ArrayNode backups = tree.putArray("backups");
        cluster.backups().forEach(backup -> backups.addObject().put("id", backup.id()).put("createdAt", backup.takenAt().toString())
                .put("host", backup.host()).put("version", backup.kubernetes()).put("revision", backup.revision())
                .put("bytes", backup.bytes()).put("encrypted", backup.encrypted()));
        cluster.drift().ifPresent(drift -> {
            ArrayNode hosts = tree.putObject("drift").put("run", drift.run()).put("createdAt", drift.at().toString())
                    .put("changes", drift.changes()).putArray("hosts");
            drift.hosts().forEach(hosts::add);
            drift.changedSince().ifPresent(run -> ((ObjectNode) tree.get("drift")).put("changedSince", run));
        });
        return tree.put("kubeconfig", cluster.kubeconfig());
    }

    private static ObjectNode node(Node node) {
        ObjectNode tree = JsonNodeFactory.instance.objectNode().put("name", node.name()).put("address", node.address());
        ArrayNode roles = tree.putArray("roles");
        node.roles().forEach(roles::add);
        node.version().ifPresent(version -> tree.put("version", version));
        node.certificateDays().ifPresent(days -> tree.put("certificateDays", days));
        return tree;
    }

    /** What {@link #tree} was made of, for those who got it over HTTP. */
    public static KnownCluster read(JsonNode tree) {
        List<Node> nodes = new ArrayList<>();
        for (JsonNode node : tree.path("nodes")) {
            List<String> roles = new ArrayList<>();
            node.path("roles").forEach(role -> roles.add(role.asText()));
            nodes.add(new Node(node.path("name").asText(), node.path("address").asText(), roles, text(node, "version"),
                    node.has("certificateDays") ? OptionalLong.of(node.get("certificateDays").asLong()) : OptionalLong.empty()));
        }
        List<KnownBackup> backups = new ArrayList<>();
        tree.path("backups").forEach(backup -> backups.add(new KnownBackup(backup.path("id").asText(),
                Instant.parse(backup.path("createdAt").asText()), backup.path("host").asText(), backup.path("version").asText(),
                backup.path("revision").asLong(), backup.path("bytes").asLong(), backup.path("encrypted").asBoolean())));
        return new KnownCluster(tree.path("name").asText(), text(tree, "version"), nodes, RunRecordJson.read(tree.path("lastRun")), backups,
                tree.path("kubeconfig").asBoolean(), drift(tree.path("drift")));
    }

    private static Optional<Drift> drift(JsonNode tree) {
        if (!tree.has("run")) {
            return Optional.empty();
        }
        List<String> hosts = new ArrayList<>();
        tree.path("hosts").forEach(host -> hosts.add(host.asText()));
        return Optional.of(new Drift(tree.get("run").asText(), Instant.parse(tree.path("createdAt").asText()),
                tree.path("changes").asInt(), hosts, text(tree, "changedSince")));
    }

    private static Optional<String> text(JsonNode tree, String name) {
        return tree.has(name) ? Optional.of(tree.get(name).asText()) : Optional.empty();
    }
}
