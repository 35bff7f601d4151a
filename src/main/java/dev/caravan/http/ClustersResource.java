package dev.caravan.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.caravan.access.Role;
import dev.caravan.clusters.ClusterJson;
import dev.caravan.clusters.Clusters;
import dev.caravan.clusters.KnownCluster;
import dev.caravan.clusters.LiveNodes;
import java.io.IOException;
import java.util.Map;

/** {@code /api/v1/clusters} and what is below it. Thread-safe. */
final class ClustersResource {
    private final Clusters clusters;
    private final LiveNodes live;

    ClustersResource(Clusters clusters) {
        this.clusters = clusters;
        this.live = new LiveNodes(clusters);
    }

    Reply list() throws IOException {
        ObjectNode tree = Json.object();
        ArrayNode list = tree.putArray("clusters");
        for (KnownCluster cluster : clusters.all()) {
            list.add(ClusterJson.tree(cluster));
        }
        return Reply.json(200, tree);
    }

    Reply show(String name) throws Refused, IOException {
        return Reply.json(200, ClusterJson.tree(clusters.find(name).orElseThrow(() -> new Refused(ProblemDocument.of(404, "no-such-cluster",
                "There is no such cluster", "The journal has no run of a cluster of this name.")))));
    }

    /** Its nodes as the cluster itself has them now. */
    Reply nodes(String name) throws Refused, IOException {
        try {
            LiveNodes.Found found = live.of(name).orElseThrow(ClustersResource::noKubeconfig);
            ObjectNode tree = Json.object().put("at", found.at().toString());
            ArrayNode nodes = tree.putArray("nodes");
            found.nodes().forEach(node -> nodes.add(node(node)));
            return Reply.json(200, tree);
        } catch (LiveNodes.Unreachable e) {
            throw new Refused(ProblemDocument.of(502, "cluster-unreachable", "The cluster does not answer", e.getMessage()));
        }
    }

    private static ObjectNode node(LiveNodes.LiveNode node) {
        ObjectNode tree = Json.object().put("name", node.name());
        node.ready().ifPresent(ready -> tree.put("ready", ready));
        Json.put(tree, "message", node.message());
        tree.put("version", node.version());
        tree.set("roles", Json.tree(node.roles()));
        tree.set("taints", Json.tree(node.taints()));
        return tree.put("unschedulable", node.unschedulable());
    }

    /** Whether its backups are still as they were saved. */
    Reply verified(String name, Request request) throws IOException {
        ObjectNode tree = Json.object();
        ArrayNode list = tree.putArray("backups");
        clusters.verify(name, request.parameter("backup")).forEach(verified -> {
            ObjectNode each = list.addObject().put("id", verified.backup().id()).put("good", verified.isGood());
            verified.problem().ifPresent(problem -> each.put("problem", problem));
        });
        return Reply.json(200, tree);
    }

    /** The administrator's access to the cluster. Without a token, every program on this machine could have it. */
    Reply kubeconfig(String name, Request request) throws Refused, IOException {
        if (!request.caller().token()) {
            throw new Refused(ProblemDocument.of(403, "token-required", "This needs a token",
                    "A kubeconfig opens the whole cluster, so it is only given to those who hold a token. Start Caravan with --token-file, "
                            + "and send that token."));
        }
        request.require(Role.ADMIN);
        byte[] kubeconfig = clusters.kubeconfig(name).orElseThrow(ClustersResource::noKubeconfig);
        return new Reply(200, "application/yaml", kubeconfig, Map.of());
    }

    private static Refused noKubeconfig() {
        return new Refused(ProblemDocument.of(404, "no-kubeconfig", "There is no such kubeconfig",
                "The data directory has no kubeconfig of a cluster of this name."));
    }
}
