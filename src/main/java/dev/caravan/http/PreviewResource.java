package dev.caravan.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.caravan.actions.Action.ActionCall;
import dev.caravan.backups.Backup;
import dev.caravan.backups.BackupDirectory;
import dev.caravan.routes.LoadedRoutes;
import dev.caravan.run.Submissions;
import dev.caravan.spec.Cluster.Occasion;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.spec.Role;
import dev.caravan.workflow.Backups;
import dev.caravan.workflow.Restores;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;

/**
 * {@code /api/v1/preview}: what a run would do, as far as the engine knows without asking a host. Begins none, and changes nothing.
 * Thread-safe.
 */
final class PreviewResource {
    private static final String BACKUP = "backup-cluster";
    private static final String RESTORE = "restore-cluster";

    private final Object reading = new Object();
    private final RunRequests requests;
    private final Submissions submissions;
    private final LoadedRoutes routes;
    private final Path data;

    PreviewResource(RunRequests requests, Submissions submissions, LoadedRoutes routes, Path data) {
        this.requests = requests;
        this.submissions = submissions;
        this.routes = routes;
        this.data = data.toAbsolutePath().normalize();
    }

    /** The same request as the one that begins a run. */
    Reply answer(Request request) throws Refused, IOException {
        ActionCall call = requests.call(request);
        Cluster cluster = SpecsResource.cluster(submissions, request);
        ObjectNode tree = Json.object().put("action", call.action().name()).put("cluster", cluster.name())
                .put("changesHosts", call.action().changesHosts());
        ArrayNode hosts = tree.putArray("hosts");
        Set<String> only = call.limitedTo();
        cluster.hosts().stream().filter(host -> only.isEmpty() || only.contains(host.name())).forEach(host -> hosts.add(host(host)));
        Set<String> reached = routes.reachedFrom(call.action().name());
        BackupDirectory backups = new BackupDirectory(data, cluster.name());
        // Files of backups are read whole: by one request at a time.
        synchronized (reading) {
            if (reached.contains(BACKUP) && !call.action().plan()) {
                tree.set("backup", backup(backups, cluster, call));
            }
            if (reached.contains(RESTORE)) {
                Restores.refusal(backups, cluster, call.parameters()).ifPresent(why ->
                        tree.put("refused", ProblemDocument.sentence(why.getMessage()) + " " + why.getRemedy()));
            }
        }
        return Reply.json(200, tree);
    }

    private static ObjectNode host(Host host) {
        ObjectNode tree = Json.object().put("name", host.name()).put("address", host.address());
        tree.set("roles", Json.texts(host.roles().stream().map(Role::word).sorted().toList()));
        return tree;
    }

    private static ObjectNode backup(BackupDirectory backups, Cluster cluster, ActionCall call) throws IOException {
        int keep = Backups.keep(cluster, call.parameters());
        ObjectNode tree = Json.object().put("directory", backups.path().toString())
                .put("encrypted", cluster.backup().passphrase().isPresent()).put("keep", keep);
        tree.set("before", Json.texts(cluster.backup().before().stream().sorted().map(Occasion::word).toList()));
        tree.set("deletes", Json.texts(backups.surplusWithOneMore(keep, Backups.needed(call.parameters())).stream().map(Backup::id)
                .toList()));
        return tree;
    }
}
