package dev.caravan.rehearsal;

import dev.caravan.Programs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** What a step's script said on a host that is a directory, with the programs of its {@code bin} before the machine's. */
record ScriptRun(int status, String log) {
    /** Makes the host a control plane, to scripts, with these programs: texts of sh by name. */
    static void controlPlane(Path root, Map<String, String> programs) throws IOException {
        Files.writeString(Files.createDirectories(root.resolve("etc/kubernetes")).resolve("admin.conf"), "");
        Path bin = Files.createDirectories(root.resolve("bin"));
        for (Map.Entry<String, String> program : programs.entrySet()) {
            Programs.script(bin.resolve(program.getKey()), program.getValue());
        }
    }

    /**
     * Runs the script until it ends.
     *
     * @param script its name, without {@code .sh}
     * @param root   the host; the script's result is in its file {@code result}
     */
    static ScriptRun of(String script, Path root, Map<String, String> environment) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder("sh", StepDriver.SCRIPTS.resolve(script + ".sh").toString()).redirectErrorStream(true)
                .redirectInput(Path.of("/dev/null").toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        builder.environment().putAll(Map.of("CARAVAN_ROOT", root.toString(), "CARAVAN_RESULT", root.resolve("result").toString(),
                "CARAVAN_LIB", StepDriver.SCRIPTS.toString(), "PATH", root.resolve("bin") + ":/usr/bin:/bin"));
        Process process = builder.start();
        String log = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new ScriptRun(process.waitFor(), log);
    }
}
