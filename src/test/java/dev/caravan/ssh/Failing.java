package dev.caravan.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** Waits for a command that is to fail. */
final class Failing {
    private Failing() {}

    static SshException with(CompletableFuture<SshResult> future) throws Exception {
        try {
            SshResult result = future.get(30, TimeUnit.SECONDS);
            throw new AssertionError("expected a failure, got " + result);
        } catch (ExecutionException e) {
            assertThat(e.getCause()).isInstanceOf(SshException.class);
            return (SshException) e.getCause();
        }
    }
}
