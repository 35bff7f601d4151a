package dev.caravan.ssh;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.caravan.Programs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs programs of this machine for tests. */
public final class Shell {
    private Shell() {}

    /** @return what the program wrote; fails the test if it fails */
    static String run(String... words) {
        try {
            Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new AssertionError(List.of(words) + " failed: " + output);
            }
            return output;
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** Makes a key pair; the public key is in the file of the same name with {@code .pub}. */
    public static Path keygen(Path file, String type, String passphrase, String... more) {
        assumeTrue(Programs.find("ssh-keygen").isPresent(), "no ssh-keygen here: install openssh-client to run this test");
        List<String> words = new ArrayList<>(List.of(
                "ssh-keygen", "-q", "-t", type, "-N", passphrase, "-C", "test key", "-f", file.toString()));
        if (type.equals("rsa")) {
            words.addAll(List.of("-b", "2048")); // the default takes seconds to find
        }
        words.addAll(List.of(more));
        run(words.toArray(String[]::new));
        return file;
    }
}
