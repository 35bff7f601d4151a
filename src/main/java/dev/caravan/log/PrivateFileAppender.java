package dev.caravan.log;

import ch.qos.logback.core.FileAppender;
import dev.caravan.data.PrivateFiles;
import java.io.IOException;
import java.nio.file.Path;

/** Appends to a file that its owner only may read; so may he only a directory that is made for it. */
public final class PrivateFileAppender<E> extends FileAppender<E> {
    @Override
    public void openFile(String name) throws IOException {
        Path file = Path.of(name).toAbsolutePath();
        PrivateFiles.makeDirectories(file.getParent());
        PrivateFiles.make(file);
        super.openFile(name);
    }
}
