package dev.caravan.rehearsal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** A directory for each test, gone after it. JUnit's own warns of each link that a rehearsal has to a real command. */
public final class Scratch implements BeforeEachCallback, AfterEachCallback {
    private Path parent;

    /** Not there yet, with a blank in its name; its parent holds nothing else. */
    public Path directory() {
        return parent.resolve("a rehearsal");
    }

    /** What {@link #directory} is in. */
    public Path parent() {
        return parent;
    }

    @Override
    public void beforeEach(ExtensionContext context) throws IOException {
        parent = Files.createTempDirectory("caravan-rehearsal").toRealPath();
    }

    @Override
    public void afterEach(ExtensionContext context) throws IOException {
        Rehearsal.delete(parent);
    }
}
