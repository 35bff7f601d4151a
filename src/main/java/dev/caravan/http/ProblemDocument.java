package dev.caravan.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.caravan.access.Caller;
import dev.caravan.access.Role;
import dev.caravan.journal.RunIds;
import dev.caravan.spec.Counted;
import dev.caravan.spec.InvalidSpec;
import dev.caravan.spec.Problem;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * An error as RFC 9457 has it. Immutable.
 *
 * @param status  the HTTP status
 * @param kind    word of its type, which is {@code urn:caravan:problem:KIND}
 * @param title   the kind in words, the same each time
 * @param detail  what is wrong with this request and what would be right
 * @param members more of it, values being what JSON can hold
 * @param headers header fields that go with it
 */
record ProblemDocument(int status, String kind, String title, String detail, Map<String, Object> members, Map<String, String> headers) {
    static final String MEDIA_TYPE = "application/problem+json";

    ProblemDocument {
        members = Map.copyOf(members);
        headers = Map.copyOf(headers);
    }

    static ProblemDocument of(int status, String kind, String title, String detail) {
        return new ProblemDocument(status, kind, title, detail, Map.of(), Map.of());
    }

    /** Says nothing of what was asked for: it may be a token in the wrong place. */
    static ProblemDocument notFound() {
        return of(404, "not-found", "There is nothing here", "Nothing is served under this path.");
    }

    static ProblemDocument noSuchRun() {
        return of(404, "no-such-run", "There is no such run", "The journal has no run of this id.");
    }

    /** @param why the id names none or more than one */
    static ProblemDocument noSuchRun(RunIds.NotFound why) {
        return why.candidates().isEmpty() ? noSuchRun()
                : of(404, "no-such-run", "There is no such run", "The id may be cut short, but several runs have ids that begin so: "
                        + String.join(", ", why.candidates()) + ".");
    }

    /** @param detail names no value that came with the request */
    static ProblemDocument query(String detail) {
        return of(400, "query", "A parameter of the query cannot be used", detail);
    }

    static ProblemDocument tooLarge() {
        return of(413, "too-large", "The request is too large", "A request may have 1 MiB; a spec of a thousand hosts has about 100 KiB.");
    }

    static ProblemDocument methodNotAllowed(String allow) {
        return of(405, "method-not-allowed", "This method is not allowed here", "Allowed: " + allow + ".")
                .header("Allow", allow);
    }

    static ProblemDocument badRequest() {
        return badRequest("It is not valid HTTP.");
    }

    static ProblemDocument badRequest(String detail) {
        return of(400, "bad-request", "The request cannot be read", detail);
    }

    static ProblemDocument tooMany() {
        return of(429, "too-many-requests", "Too many requests",
                "Wait a second, and follow a run by its events rather than by asking again and again.")
                .header("Retry-After", "1");
    }

    /** Who asks may not ask for that. */
    static ProblemDocument role(Caller caller, Role needed) {
        return of(403, "role", "The role does not allow it", "This needs the role " + needed.word() + "; "
                + caller.name().orElse("this token") + " has the role " + caller.role().word() + ".");
    }

    static ProblemDocument failed() {
        return of(500, "internal", "Caravan failed", "The request could not be answered. The engine's log says why.");
    }

    static ProblemDocument invalidSpec(InvalidSpec invalid) {
        List<Map<String, Object>> problems = invalid.problems().stream().map(Problem::toMap).toList();
        return of(422, "invalid-spec", "The spec cannot be used", "Nothing was touched. The spec has "
                + Counted.of(invalid.count(), "problem") + ".").member("problems", problems);
    }

    /** A message of an exception as a sentence of its own. */
    static String sentence(String message) {
        return message.substring(0, 1).toUpperCase(Locale.ROOT) + message.substring(1) + ".";
    }

    ProblemDocument member(String name, Object value) {
        Map<String, Object> more = new LinkedHashMap<>(members);
        more.put(name, value);
        return new ProblemDocument(status, kind, title, detail, more, headers);
    }

    ProblemDocument header(String name, String value) {
        Map<String, String> more = new LinkedHashMap<>(headers);
        more.put(name, value);
        return new ProblemDocument(status, kind, title, detail, members, more);
    }

    byte[] toJson() {
        ObjectNode tree = Json.object();
        tree.put("type", "urn:caravan:problem:" + kind);
        tree.put("title", title);
        tree.put("status", status);
        tree.put("detail", detail);
        members.forEach((name, value) -> tree.set(name, Json.tree(value)));
        return tree.toString().getBytes(StandardCharsets.UTF_8);
    }

    Reply toReply() {
        return new Reply(status, MEDIA_TYPE, toJson(), headers);
    }
}
