package dev.caravan.remote;

import dev.caravan.spec.Secret;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;

/** This machine's shell in the part of a host: commands run in it as sshd would run them, {@code CARAVAN_ROOT} being a directory. */
final class LocalHost {
    private final Path root;
    private final Map<String, String> environment;

    /** @param environment on top of this process's own */
    LocalHost(Path root, Map<String, String> environment) {
        this.root = root;
        this.environment = environment;
    }

    LocalHost(Path root) {
        this(root, Map.of());
    }

    /** What a command gave. */
    record Said(int status, String stdout, byte[] stderr) {
        String log() {
            return stdout.substring(stdout.indexOf(Launcher.LOG_MARK + "\n") + Launcher.LOG_MARK.length() + 1);
        }

        Report report() {
            return Report.parse(stderr).orElseThrow(() -> new AssertionError("no report: " + new String(stderr, StandardCharsets.UTF_8)));
        }
    }

    /** Where that step's files are on the host. */
    Path directory(String id) {
        return base().resolve(id);
    }

    Path base() {
        return root.resolve("run/caravan");
    }

    Said launch(HostOrder.Launch request) {
        return execute(Launcher.Privilege.ROOT.launch(), Launcher.toLaunch(request, Optional.empty()));
    }

    CompletableFuture<Said> launchAside(HostOrder.Launch request) {
        return CompletableFuture.supplyAsync(() -> launch(request));
    }

    Said stop(String id) {
        return execute(Launcher.Privilege.ROOT.stop(), Launcher.toStop(id, OptionalLong.empty(), Optional.<Secret>empty()));
    }

    Said stop(String id, long known) {
        return execute(Launcher.Privilege.ROOT.stop(), Launcher.toStop(id, OptionalLong.of(known), Optional.<Secret>empty()));
    }

    Said clear(String... ids) {
        return clear(Optional.empty(), ids);
    }

    Said clear(Optional<String> lock, String... ids) {
        return execute(Launcher.Privilege.ROOT.clear(), Launcher.toClear(lock, List.of(ids), Optional.<Secret>empty()));
    }

    Said execute(String command, byte[] stdin) {
        try {
            Process process = start(command);
            CompletableFuture<byte[]> stderr = CompletableFuture.supplyAsync(() -> read(process.getErrorStream()));
            try (OutputStream in = process.getOutputStream()) {
                in.write(stdin);
            } catch (IOException closed) {
                // the command did not want all of it; its status says why
            }
            String stdout = new String(read(process.getInputStream()), StandardCharsets.UTF_8);
            return new Said(process.waitFor(), stdout, stderr.join());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    private Process start(String command) throws IOException {
        Files.createDirectories(root);
        ProcessBuilder builder = new ProcessBuilder("/bin/sh", "-c", command);
        builder.environment().put("CARAVAN_ROOT", root.toString());
        builder.environment().putAll(environment);
        return builder.start();
    }

    private static byte[] read(InputStream stream) {
        try (stream) {
            return stream.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
