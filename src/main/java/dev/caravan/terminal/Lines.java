package dev.caravan.terminal;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Writes UTF-8 and line feeds, in one piece for each call, so that a frame is not seen half drawn. */
final class Lines {
    private final PrintStream out;

    Lines(PrintStream out) {
        this.out = out;
    }

    void write(List<String> lines) {
        if (!lines.isEmpty()) {
            write(String.join("\n", lines) + "\n");
        }
    }

    void write(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.write(bytes, 0, bytes.length);
        out.flush();
    }
}
