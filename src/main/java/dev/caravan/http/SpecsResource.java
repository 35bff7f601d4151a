package dev.caravan.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.caravan.run.Submissions;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.InvalidSpec;
import dev.caravan.spec.Relaxations;
import dev.caravan.spec.SpecEdit;
import dev.caravan.spec.SpecReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** {@code /api/v1/validate}, and the specs that come as bodies. Thread-safe. */
final class SpecsResource {
    static final List<String> EDITS = List.of("version", "absent", "host", "address", "role");
    static final String VALIDATE = "/api/v1/validate";

    private final Submissions submissions;

    SpecsResource(Submissions submissions) {
        this.submissions = submissions;
    }

    /** Reads a spec as a run would, and begins none. */
    Reply validate(Request request) throws Refused {
        Cluster cluster = cluster(submissions, request);
        ObjectNode tree = Json.object().put("cluster", cluster.name()).put("version", cluster.kubernetes().version())
                .put("hosts", cluster.hosts().size());
        tree.set("relaxed", Json.tree(Relaxations.of(cluster)));
        return Reply.json(200, tree);
    }

    /** The spec with one thing changed, for clients that do not write YAML themselves; nothing else of its text becomes another. */
    Reply edit(Request request) throws Refused {
        try {
            SpecEdit edit = SpecEdit.of(text(request), "request");
            Map<String, String> asked = request.parameters();
            String changed;
            if (asked.keySet().equals(Set.of("version"))) {
                changed = edit.withVersion(asked.get("version"));
            } else if (asked.keySet().equals(Set.of("absent"))) {
                changed = edit.withState(asked.get("absent"), "absent");
            } else if (asked.keySet().equals(Set.of("host", "address", "role"))) {
                changed = edit.withHost(asked.get("host"), asked.get("address"), asked.get("role"));
            } else {
                throw new Refused(ProblemDocument.query("Send version, or absent, or host with address and role."));
            }
            return new Reply(200, "application/yaml", changed.getBytes(StandardCharsets.UTF_8), Map.of());
        } catch (SpecEdit.NotThere e) {
            throw new Refused(ProblemDocument.of(422, "edit", "The spec cannot be changed so",
                    ProblemDocument.sentence(e.getMessage())));
        } catch (InvalidSpec invalid) {
            throw new Refused(ProblemDocument.invalidSpec(invalid));
        }
    }

    /** The cluster of the spec that is the body of this request. */
    static Cluster cluster(Submissions submissions, Request request) throws Refused {
        try {
            return submissions.readConfined(text(request), "request");
        } catch (InvalidSpec invalid) {
            throw new Refused(ProblemDocument.invalidSpec(invalid));
        }
    }

    /** The spec that is the body of this request. */
    static String text(Request request) throws Refused, InvalidSpec {
        byte[] body = request.body();
        if (body.length == 0) {
            throw new Refused(ProblemDocument.of(422, "no-spec", "The spec is missing", "Send the spec as the body, YAML or JSON."));
        }
        try {
            String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
            if (BodyFilter.isJson(request.header("content-type").orElse(""))) {
                SpecReader.requireJson(text, "request");
            }
            return text;
        } catch (CharacterCodingException e) {
            throw new Refused(ProblemDocument.of(422, "not-text", "The spec is not UTF-8 text", "Send the spec in UTF-8."));
        }
    }
}
