package dev.caravan.cli;

import dev.caravan.runner.KeyFiles;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code caravan runner-key}. */
@Command(name = "runner-key",
        description = {
            "Makes the keys of an engine or of a runner: NAME.key, which only this user may read, and NAME.pub.",
            "",
            "The engine's are called engine, a runner's like its zone. NAME.key stays where it is; NAME.pub goes into the directory of "
                    + "keys on the other side."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  caravan runner-key engine",
            "  caravan runner-key site-a --keys /etc/caravan/keys"
        })
final class RunnerKeyCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "NAME", description = "engine, or the name of the zone.")
    private String name;

    @Option(names = "--keys", paramLabel = "DIR", defaultValue = "data/runner-keys",
            description = "Where they are made (default: ./data/runner-keys).")
    private Path keys;

    @Override
    public Integer call() throws UserError {
        try {
            Path open = new KeyFiles(keys).make(name);
            System.out.println("made " + keys.resolve(name + ".key") + ", which stays here, and " + open
                    + ", which the other side needs in its directory of keys");
            return 0;
        } catch (KeyFiles.Unusable e) {
            throw new UserError(e.getMessage());
        }
    }
}
