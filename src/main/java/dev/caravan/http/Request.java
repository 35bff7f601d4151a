package dev.caravan.http;

import dev.caravan.access.Caller;
import dev.caravan.access.Role;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A request, as it came over the wire: nothing in it went through message headers, which steer Camel's components.
 *
 * @param path       not decoded
 * @param parameters of the query, decoded; the first of each name
 * @param headers    by lower-case name; the first of each name
 * @param caller     who asks
 */
record Request(String method, String path, Map<String, String> parameters, Map<String, String> headers, byte[] body, Caller caller) {
    /** Refuses the request if who asks has no such role. */
    void require(Role needed) throws Refused {
        if (!caller.role().includes(needed)) {
            throw new Refused(ProblemDocument.role(caller, needed));
        }
    }


    /** The parts of the path between slashes. */
    List<String> segments() {
        return segments(path);
    }

    static List<String> segments(String path) {
        return Arrays.stream(path.split("/", -1)).skip(1).toList();
    }

    Optional<String> parameter(String name) {
        return Optional.ofNullable(parameters.get(name));
    }

    Optional<String> header(String name) {
        return Optional.ofNullable(headers.get(name));
    }
}
