package dev.caravan.terminal;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Prints the logs of steps, of several with host and step before each line. To a terminal goes nothing that would steer it; a file or
 * a pipe gets the lines as they are. Takes bytes as they arrive, and prints whole lines. Not thread-safe.
 */
public final class LogOutput {
    private final Lines out;
    private final boolean terminal;
    private final boolean labelled;
    private final Map<List<String>, ByteArrayOutputStream> unfinished = new HashMap<>();

    /** @param labelled whether each line is to tell host and step */
    public LogOutput(PrintStream out, TerminalFacts facts, boolean labelled) {
        this.out = new Lines(out);
        this.terminal = facts.terminal();
        this.labelled = labelled;
    }

    /** What arrived of a step's log. */
    public void print(String host, String step, byte[] bytes) {
        ByteArrayOutputStream line = unfinished.computeIfAbsent(List.of(host, step), key -> new ByteArrayOutputStream());
        List<String> lines = new ArrayList<>();
        for (byte each : bytes) {
            if (each == '\n') {
                lines.add(text(host, step, line));
            } else {
                line.write(each);
            }
        }
        out.write(lines);
    }

    /** The step has ended: its last line may have no end. */
    public void end(String host, String step) {
        ByteArrayOutputStream line = unfinished.remove(List.of(host, step));
        if (line != null && line.size() > 0) {
            out.write(List.of(text(host, step, line)));
        }
    }

    private String text(String host, String step, ByteArrayOutputStream line) {
        String text = line.toString(StandardCharsets.UTF_8);
        line.reset();
        return (labelled ? host + "  " + step + "  " : "") + (terminal ? Text.printable(text) : text);
    }
}
