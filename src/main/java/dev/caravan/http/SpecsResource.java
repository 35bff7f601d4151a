package dev.caravan.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.caravan.run.Submissions;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.InvalidSpec;
import dev.caravan.spec.Relaxations;
import dev.caravan.spec.SpecReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** {@code /api/v1/validate}, and the specs that come as bodies. Thread-safe. */
final class SpecsResource {
    static final String VALIDATE = "/api/v1/validate";

    private final Submissions submissions;

    SpecsResource(Submissions submissions) {
        this.submissions = submissions;
    }

    /** Reads a spec as a run would, and begins none. */
    Reply validate(Request request) throws Refused {
        try {
            Cluster cluster = submissions.readConfined(text(request), "request");
            ObjectNode tree = Json.object().put("cluster", cluster.name()).put("version", cluster.kubernetes().version())
                    .put("hosts", cluster.hosts().size());
            tree.set("relaxed", Json.tree(Relaxations.of(cluster)));
            return Reply.json(200, tree);
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
