package dev.caravan.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code caravan restore}. */
@Command(name = "restore",
        description = {
            "Brings the cluster back to a backup, on the hosts that it runs on. What happened in the cluster since is lost.",
            "",
            "A backup that is not as it was saved is refused before anything is changed. The control planes are stopped, and etcd is made "
                    + "anew from the snapshot on each; what is replaced is moved aside, never deleted. A terminal is asked first, unless "
                    + "--yes is given. If it is interrupted, the same command resumes it."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  caravan restore -f spec.yaml --set backup=20261128-183000-7f3a0c11"
        })
final class RestoreCommand implements Callable<Integer> {
    @Mixin
    private ActionOptions options;

    @Mixin
    private CommonOptions common;

    @Override
    public Integer call() throws Exception {
        return options.run("restore", common);
    }
}
