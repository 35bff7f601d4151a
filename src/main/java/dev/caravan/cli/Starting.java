package dev.caravan.cli;

import java.io.Console;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Says on a terminal, before anything else is loaded, that a command has begun: until there is something to show, seconds may pass. Where
 * the terminal can, the first thing that is shown takes the place of that line. Nothing is said where another program reads, or the user
 * wants little.
 */
public final class Starting {
    private static final Set<String> FEW_WORDS = Set.of("quiet", "json");
    private static final String ERASE_LINE = "\r\u001b[K";
    /** Takes the line away; does nothing if it is none or gone. */
    private static volatile Runnable erase = () -> { };

    private Starting() {}

    /** Prints that line, where there is one. */
    public static void say(String... arguments) {
        Optional<String> line = line(List.of(arguments)).filter(each -> isTerminal());
        if (line.isPresent() && isDumb(System.getenv().getOrDefault("TERM", ""))) {
            System.out.println(line.get());
        } else if (line.isPresent()) {
            PrintStream out = System.out;
            PrintStream err = System.err;
            System.setOut(erasing(out, System.getProperty("stdout.encoding", System.getProperty("sun.stdout.encoding"))));
            System.setErr(erasing(err, System.getProperty("stderr.encoding", System.getProperty("sun.stderr.encoding"))));
            erase = once(() -> show(out, ERASE_LINE));
            show(out, line.get());
        }
    }

    /** Takes the line away before something is shown in another way than by {@link System#out} and {@link System#err}. */
    public static void over() {
        erase.run();
    }

    /** What is said of a command line; empty where it is to be silent. */
    static Optional<String> line(List<String> arguments) {
        String command = arguments.isEmpty() || arguments.get(0).startsWith("-") ? "" : " " + arguments.get(0);
        for (int i = 0; i < arguments.size(); i++) {
            String before = i == 0 ? "" : arguments.get(i - 1);
            if (before.equals("--output") && FEW_WORDS.contains(arguments.get(i))
                    || FEW_WORDS.stream().map("--output="::concat).anyMatch(arguments.get(i)::equals)) {
                return Optional.empty();
            }
        }
        return Optional.of("caravan" + command + ": starting");
    }

    /** What is written to it goes there, after the line was taken away. */
    private static PrintStream erasing(PrintStream there, String encoding) {
        Charset charset = encoding == null ? Charset.defaultCharset() : Charset.forName(encoding);
        return new PrintStream(before(Starting::over, there), true, charset);
    }

    /** The stream, with something that is done before each writing. */
    static OutputStream before(Runnable first, OutputStream there) {
        return new FilterOutputStream(there) {
            @Override
            public void write(int one) throws IOException {
                first.run();
                out.write(one);
            }

            @Override
            public void write(byte[] bytes, int from, int length) throws IOException {
                first.run();
                out.write(bytes, from, length);
            }
        };
    }

    private static Runnable once(Runnable task) {
        return new Runnable() {
            private boolean done;

            @Override
            public synchronized void run() {
                if (!done) {
                    done = true;
                    task.run();
                }
            }
        };
    }

    private static void show(PrintStream out, String text) {
        out.print(text);
        out.flush();
    }

    private static boolean isDumb(String terminal) {
        return terminal.isEmpty() || terminal.equals("dumb");
    }

    /* Standard input and output are one. From Java 22 on there is a console without a terminal, too. */
    private static boolean isTerminal() {
        Console console = System.console();
        if (console == null) {
            return false;
        }
        try {
            return (Boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (ReflectiveOperationException e) {
            return true;
        }
    }
}
