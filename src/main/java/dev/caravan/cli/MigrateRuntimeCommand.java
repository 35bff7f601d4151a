package dev.caravan.cli;

import picocli.CommandLine.Command;

/** {@code caravan migrate-runtime}. */
@Command(name = "migrate-runtime",
        description = {
            "Moves the nodes of a cluster from Docker to containerd, one by one. The spec says runtime.name: containerd.",
            "",
            "For Kubernetes up to 1.23. Each node is drained, its kubelet is stopped and started with containerd, and the node is "
                    + "uncordoned. Control planes come first, one at a time. Then as many workers at a time as maxUnavailable allows. A "
                    + "node that cannot be moved goes back to Docker. Docker is switched off and stays installed. If it is interrupted, "
                    + "the same command resumes it. A terminal is asked first, unless --yes is given."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  caravan migrate-runtime -f spec.yaml"
        })
final class MigrateRuntimeCommand extends ActionCommand {}
