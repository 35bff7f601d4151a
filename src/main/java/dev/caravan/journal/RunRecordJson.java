package dev.caravan.journal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.caravan.history.RunState;
import java.time.Instant;
import java.util.Optional;

/**
 * The JSON form of a {@link RunRecord}, as lists show it: id, action, cluster, source, begunBy, rehearsal, state, exitStatus,
 * createdAt, startedAt and endedAt. Instants are ISO-8601 in UTC; what a run has not got yet is left out, and so is its spec.
 */
public final class RunRecordJson {
    private RunRecordJson() {}

    public static ObjectNode tree(RunRecord run) {
        ObjectNode tree = JsonNodeFactory.instance.objectNode().put("id", run.id()).put("action", run.action())
                .put("cluster", run.cluster())
                .put("source", run.source()).put("rehearsal", run.rehearsal()).put("state", run.state().word());
        run.begunBy().ifPresent(name -> tree.put("begunBy", name));
        run.exitStatus().ifPresent(status -> tree.put("exitStatus", status.code()));
        tree.put("createdAt", run.createdAt().toString());
        run.startedAt().ifPresent(at -> tree.put("startedAt", at.toString()));
        run.endedAt().ifPresent(at -> tree.put("endedAt", at.toString()));
        return tree;
    }

    /** What {@link #tree} was made of, for those who got it over HTTP; without the spec. */
    public static RunRecord read(JsonNode tree) {
        return new RunRecord(tree.path("id").asText(), tree.path("cluster").asText(), tree.path("action").asText(),
                tree.path("source").asText(), tree.path("rehearsal").asBoolean(), "", "",
                RunState.of(tree.path("state").asText()), Instant.parse(tree.path("createdAt").asText()), instant(tree, "startedAt"),
                instant(tree, "endedAt"), false,
                Optional.ofNullable(tree.path("begunBy").textValue()));
    }

    private static Optional<Instant> instant(JsonNode tree, String name) {
        return tree.has(name) ? Optional.of(Instant.parse(tree.get(name).asText())) : Optional.empty();
    }
}
