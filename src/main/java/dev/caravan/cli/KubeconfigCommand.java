package dev.caravan.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code caravan kubeconfig}. */
@Command(name = "kubeconfig",
        description = {
            "Prints the kubeconfig of a cluster: the administrator's access, as it was fetched at the end of an apply.",
            "",
            "Anyone who has it can do anything in the cluster. A server gives it only if it was started with a token."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  (umask 077; caravan kubeconfig demo > demo.kubeconfig)",
            "  caravan kubeconfig demo --server https://caravan.example.com"
        })
final class KubeconfigCommand implements Callable<Integer> {
    @Mixin
    private HistoryOptions where;

    @Parameters(paramLabel = "CLUSTER", description = "The cluster's name, as caravan clusters lists it.")
    private String cluster;

    @Override
    public Integer call() throws Exception {
        try (History history = where.open()) {
            byte[] kubeconfig = history.kubeconfig(cluster).orElseThrow(() -> new UserError(history + " has no kubeconfig of a cluster "
                    + cluster + "; " + where.hint("clusters") + " lists the clusters"));
            System.out.write(kubeconfig);
            System.out.flush();
        }
        return 0;
    }
}
