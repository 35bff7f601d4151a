package dev.caravan.testkit;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Makes every {@code await()} look at once, and often: Awaitility's own first look comes after 100 ms, which adds up over thousands of
 * waits. Found by JUnit in {@code META-INF/services}; no test has to name it.
 */
public final class PromptWaiting implements BeforeAllCallback {
    private static final Duration POLL = Duration.ofMillis(15);

    @Override
    public void beforeAll(ExtensionContext context) {
        Awaitility.setDefaultPollDelay(Duration.ZERO);
        Awaitility.setDefaultPollInterval(POLL);
    }
}
