package dev.caravan.remote;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A file that is larger than the heap. */
class LargeArtefactTest extends ArtefactSteps {
    /** 2 GiB, there and back, each cut in its midst, by a process with 256 MiB of heap. */
    @Tag("long")
    @Test
    void aFileThatIsLargerThanTheHeapContinuesBothWays() throws Exception {
        Path output = directory.resolve("output");
        Path large = Files.createDirectories(directory.resolve("large"));
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m",
                "-cp", System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")), Large.class.getName(),
                large.toString()).redirectErrorStream(true).redirectOutput(output.toFile()).start();
        assertThat(process.waitFor()).as(Files.readString(output)).isZero();
        assertThat(output).content().contains("saved 2048 MiB in 2 attempts").contains("sent 2048 MiB in 2 attempts");
    }

    /** Saves a file, and sends it back. */
    static final class Large {
        private static final int MEBIBYTES = 2048;

        private Large() {}

        public static void main(String[] arguments) throws Exception {
            LargeArtefactTest test = new LargeArtefactTest();
            test.directory = Path.of(arguments[0]);
            test.start();
            try {
                test.saveAndSend();
            } finally {
                test.stop();
                test.server.close();
            }
            System.exit(0);
        }
    }

    private void saveAndSend() throws Exception {
        Path source = directory.resolve("source");
        try (OutputStream out = Files.newOutputStream(source)) {
            byte[] block = new byte[MEBIBYTE];
            Random random = new Random(7);
            for (int written = 0; written < Large.MEBIBYTES; written++) {
                random.nextBytes(block);
                out.write(block);
            }
        }
        String digest = digest(source);
        script("take", "sha256sum < \"$ARTEFACT\"\n");
        StepRunner runner = runner();
        for (boolean saves : new boolean[] {true, false}) {
            StepCall order = saves ? order("give", save(stored(""), 4L << 30)) : order("take", send(stored("")));
            link.cutAfter((long) Large.MEBIBYTES / 2 * MEBIBYTE);
            resetOnceCut(runner.run(order).toCompletableFuture());
            link.cutAfter((long) Large.MEBIBYTES * 3 / 4 * MEBIBYTE); // half of it is left: all of it would be cut again
            run(runner, order);
            link.heal();
            System.out.println((saves ? "saved " : "sent ") + Large.MEBIBYTES + " MiB in 2 attempts");
        }
        assertThat(digest(stored("").path())).isEqualTo(digest);
        assertThat(directory.resolve("runs")).content().isEqualTo("ran\n");
        assertThat(directory.resolve("data/logs/7f3a/h1/take.log")).content().isEqualTo(digest + "  -\n");
    }
}
