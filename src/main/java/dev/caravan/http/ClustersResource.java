package dev.caravan.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.caravan.access.Role;
import dev.caravan.clusters.ClusterJson;
import dev.caravan.clusters.Clusters;
import dev.caravan.clusters.KnownCluster;
import java.io.IOException;
import java.util.Map;

/** {@code /api/v1/clusters} and what is below it. Thread-safe. */
final class ClustersResource {
    private final Clusters clusters;

    ClustersResource(Clusters clusters) {
        this.clusters = clusters;
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

    /** The administrator's access to the cluster. Without a token, every program on this machine could have it. */
    Reply kubeconfig(String name, Request request) throws Refused, IOException {
        if (!request.caller().token()) {
            throw new Refused(ProblemDocument.of(403, "token-required", "This needs a token",
                    "A kubeconfig opens the whole cluster, so it is only given to those who hold a token. Start Caravan with --token-file, "
                            + "and send that token."));
        }
        request.require(Role.ADMIN);
        byte[] kubeconfig = clusters.kubeconfig(name).orElseThrow(() -> new Refused(ProblemDocument.of(404, "no-kubeconfig",
                "There is no such kubeconfig", "The data directory has no kubeconfig of a cluster of this name.")));
        return new Reply(200, "application/yaml", kubeconfig, Map.of());
    }
}
