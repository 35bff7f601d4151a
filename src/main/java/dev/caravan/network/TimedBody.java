package dev.caravan.network;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** Reads the body of an HTTP answer within a time. The client's own limit ends with the head; a server could send the rest byte by byte. */
public final class TimedBody {
    private TimedBody() {}

    /** What reads a body. */
    public interface Reading<T> {
        T from(InputStream body) throws IOException;
    }

    /** @throws IOException also if the body did not arrive within the limit; it is closed then */
    public static <T> T read(InputStream body, Duration limit, Reading<T> reading) throws IOException {
        AtomicBoolean late = new AtomicBoolean();
        CompletableFuture<Void> timer = CompletableFuture.runAsync(() -> {
            late.set(true);
            try {
                body.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }, CompletableFuture.delayedExecutor(limit.toMillis(), TimeUnit.MILLISECONDS));
        try {
            return reading.from(body);
        } catch (IOException e) {
            throw late.get() ? new IOException("it did not arrive within " + limit.toSeconds() + " s", e) : e;
        } finally {
            timer.cancel(false);
        }
    }
}
