package dev.caravan.routes;

import dev.caravan.routes.RouteFiles.RouteFile;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Whether a shell can read a user's scripts, by {@code sh -n} and {@code bash -n}, which run nothing of them. Where there is no sh, nothing
 * is said of any.
 */
public final class ScriptSyntax {
    /** dash: {@code sh: 3: Syntax error: ...}; bash: {@code sh: line 3: syntax error ...}. */
    private static final Pattern SAID = Pattern.compile("[^:]*sh: (?:line )?(\\d+): (.*)");
    private static final int SECONDS = 10;

    private ScriptSyntax() {}

    /** A sentence for each script that no shell can run, with file and line. The built-in ones are not looked at. */
    public static List<String> errors(RouteFiles files) {
        return files.all().values().stream()
                .filter(file -> file.origin().isPresent() && file.name().startsWith("scripts/") && file.name().endsWith(".sh"))
                .flatMap(file -> error(file, files.text(file.name()).orElse("")).stream())
                .toList();
    }

    private static Optional<String> error(RouteFile file, String text) {
        try {
            return refusal("sh", text).filter(said -> !isTakenByBash(text)).map(said -> sentence(file, said));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** What sh refuses here may be what a host's sh takes: there it is bash as often as not. */
    private static boolean isTakenByBash(String text) {
        try {
            return refusal("bash", text).isEmpty();
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * What the shell says against the script; empty where it takes it.
     *
     * @throws IOException where that shell is not here
     */
    private static Optional<String> refusal(String command, String text) throws IOException {
        Process shell = new ProcessBuilder(command, "-n").redirectErrorStream(true).start();
        try {
            write(shell, text);
            String said = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return shell.waitFor(SECONDS, TimeUnit.SECONDS) && shell.exitValue() != 0 ? Optional.of(said) : Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        } finally {
            shell.destroyForcibly();
        }
    }

    /** A shell that has found an error reads no further. */
    private static void write(Process shell, String text) {
        try (OutputStream in = shell.getOutputStream()) {
            in.write(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            return;
        }
    }

    private static String sentence(RouteFile file, String said) {
        String first = said.lines().filter(line -> !line.isBlank()).findFirst().orElse("sh -n refuses it");
        Matcher known = SAID.matcher(first);
        return known.matches()
                ? RouteFiles.place(file.from(), Integer.parseInt(known.group(1))) + ": " + known.group(2)
                : file.from() + ": " + first;
    }
}
