package dev.caravan.http;

import dev.caravan.testkit.Serving;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** An engine that serves, and a real Chromium, for all tests of a class. These are skipped where there is no Chromium. */
final class ServedPage implements BeforeAllCallback, AfterAllCallback {
    private final Serving serving = Serving.forClass();
    private Chromium browser;

    @Override
    public void beforeAll(ExtensionContext context) throws Exception {
        Path program = Chromium.orSkip();
        serving.beforeAll(context);
        browser = new Chromium(program);
    }

    @Override
    public void afterAll(ExtensionContext context) throws Exception {
        if (browser != null) {
            browser.close();
            serving.afterAll(context);
        }
    }

    Serving serving() {
        return serving;
    }

    Chromium browser() {
        return browser;
    }
}
