package dev.caravan.spec;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * One thing that is wrong with a spec. Never holds a secret value, nor what an expansion gave.
 *
 * @param line    from 1
 * @param column  from 1
 * @param path    where in the spec, as in {@code spec.hosts[1].roles}; empty for the whole document
 * @param message what is wrong
 * @param remedy  what would be right; may be empty
 */
public record Problem(int line, int column, String path, String message, String remedy) {

    public Problem {
        Objects.requireNonNull(path, "path");
        Objects.requireNonNull(message, "message");
        Objects.requireNonNull(remedy, "remedy");
    }

    /** One line that an editor can jump to, and the remedy indented below it. */
    public String render(String sourceName) {
        String where = sourceName + ":" + line + ":" + column + "  " + (path.isEmpty() ? "" : path + "  ");
        return where + message + (remedy.isEmpty() ? "" : "\n    " + remedy);
    }

    /** The problem as answers and result files carry it, its members in this order. */
    public Map<String, Object> toMap() {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("line", line);
        members.put("column", column);
        if (!path.isEmpty()) {
            members.put("path", path);
        }
        members.put("message", message);
        members.put("remedy", remedy);
        return members;
    }
}
