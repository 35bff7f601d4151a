package dev.caravan.remote;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** A request of the launcher to start a step, as a host reads it. */
record LaunchRequest(String id, String step, int known, Map<String, byte[]> files) {
    /** Empty if it is cut. */
    static Optional<LaunchRequest> read(byte[] request) {
        int line = IntStream.range(0, request.length).filter(at -> request[at] == '\n').findFirst().orElse(request.length);
        return untar(Arrays.copyOfRange(request, Math.min(line + 1, request.length), request.length)).map(files -> {
            String[] words = text(Arrays.copyOf(request, line)).split(" ");
            return new LaunchRequest(words[0], words[1], Integer.parseInt(words[3]), files);
        });
    }

    /** By their names in the archive's directory. Empty where the archive is cut: what follows its last member is a block of zeros. */
    private static Optional<Map<String, byte[]>> untar(byte[] archive) {
        Map<String, byte[]> files = new LinkedHashMap<>();
        int at = 0;
        while (at + 512 <= archive.length && archive[at] != 0) {
            String name = text(Arrays.copyOfRange(archive, at, at + 100)).replace("\0", "");
            int size = Integer.parseInt(text(Arrays.copyOfRange(archive, at + 124, at + 135)), 8);
            files.put(name.substring(name.indexOf('/') + 1), Arrays.copyOfRange(archive, at + 512, at + 512 + size));
            at += 512 + (size + 511) / 512 * 512;
        }
        return at + 512 <= archive.length ? Optional.of(files) : Optional.empty();
    }

    String run() {
        return id.substring(0, id.indexOf('-'));
    }

    Map<String, String> environment() {
        Map<String, String> variables = new LinkedHashMap<>();
        String name = "";
        for (String line : text(files.get("env")).split("\n")) {
            if (line.startsWith("=")) {
                name = line.substring(1);
            } else if (!line.isEmpty()) {
                variables.merge(name, line.substring(1), (before, more) -> before + "\n" + more);
            }
        }
        return variables;
    }

    String stdin() {
        return text(files.get("stdin"));
    }

    String script() {
        return text(files.get(step + ".sh"));
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
