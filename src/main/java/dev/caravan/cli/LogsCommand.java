package dev.caravan.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code caravan logs}. */
@Command(name = "logs", description = "What the steps of a run printed on their hosts.")
final class LogsCommand implements Callable<Integer> {
    @Mixin
    private CommonOptions common;

    @Parameters(paramLabel = "RUN", description = "The run's id, as caravan runs lists it.")
    private String run;

    @Option(names = "--host", paramLabel = "H", description = "Only that host's.")
    private String host;

    @Option(names = "--step", paramLabel = "S", description = "Only that step's.")
    private String step;

    @Override
    public Integer call() throws Exception {
        Path directory = directory(common.data).or(() -> directory(common.rehearsalData()))
                .orElseThrow(() -> new UserError("there are no logs of a run " + run + " under " + common.data + "; they are with the engine that ran it, caravan status " + run + " shows what the journal has"));
        List<Path> logs = logs(directory);
        if (logs.isEmpty()) {
            throw new UserError("run " + run + " has no log of that host and step; caravan status " + run + " shows which there are");
        }
        for (Path log : logs) {
            String of = log.getParent().getFileName() + "  " + log.getFileName().toString().replaceFirst("\\.log$", "");
            try (Stream<String> lines = Files.lines(log)) {
                lines.forEach(line -> System.out.println(logs.size() == 1 ? line : of + "  " + line));
            }
        }
        return 0;
    }

    private Optional<Path> directory(Path data) {
        Path logs = data.resolve("logs").normalize();
        Path directory = logs.resolve(run).normalize();
        return Optional.of(directory).filter(path -> path.startsWith(logs) && !path.equals(logs) && Files.isDirectory(path));
    }

    private List<Path> logs(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> host == null || file.getParent().getFileName().toString().equals(host))
                    .filter(file -> step == null || file.getFileName().toString().equals(step + ".log"))
                    .sorted(java.util.Comparator.comparingLong(file -> file.toFile().lastModified()))
                    .toList();
        }
    }
}
