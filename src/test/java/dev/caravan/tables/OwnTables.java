package dev.caravan.tables;

import dev.caravan.routes.RouteFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.UnaryOperator;

/** Tables of a user's routes directory, which replace the built-in ones. */
public final class OwnTables {
    private OwnTables() {}

    /**
     * A routes directory with that file of its own.
     *
     * @param name   relative to the routes directory
     * @param change what becomes of the built-in file's text
     */
    public static RouteFiles with(Path directory, String name, UnaryOperator<String> change) throws IOException {
        Path file = directory.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, change.apply(RouteFiles.builtIn().text(name).orElseThrow()));
        return RouteFiles.with(directory);
    }

    /** The table of Kubernetes' minors, with these lines at its end: a row, or more of them. */
    public static KubernetesTable withRows(Path directory, String rows) throws IOException {
        return KubernetesTable.of(with(directory, KubernetesTable.FILE, text -> text + rows));
    }
}
