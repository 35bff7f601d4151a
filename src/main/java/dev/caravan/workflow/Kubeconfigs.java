package dev.caravan.workflow;

import dev.caravan.data.PrivateFiles;
import dev.caravan.run.Run;
import dev.caravan.run.Variables;
import dev.caravan.spec.Host;
import dev.caravan.spec.IpAddress;
import dev.caravan.spec.Secret;
import dev.caravan.step.StepResult;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.Exchange;
import org.apache.camel.Variable;
import org.apache.camel.spi.Registry;
import org.slf4j.LoggerFactory;

/** The kubeconfigs of clusters in the data directory, and the clients made of them: bean {@code kubeconfig}. */
public final class Kubeconfigs {
    private static final Pattern SERVER = Pattern.compile("^( *server: ).*$", Pattern.MULTILINE);

    private final Path data;

    /** @param data the data directory; kubeconfigs are kept in {@code clusters/NAME/kubeconfig} below it */
    public Kubeconfigs(Path data) {
        this.data = data;
    }

    private Path kubeconfig(Run run) {
        return data.resolve("clusters").resolve(run.cluster().name()).resolve("kubeconfig");
    }

    /** Removes the kubeconfig of a cluster that is no more, where there is one: its credentials open nothing. */
    public void remove(@Variable(Variables.RUN) Run run) throws IOException {
        if (Files.deleteIfExists(kubeconfig(run))) {
            run.keepKubeconfig(null);
            run.note(null, "removed " + kubeconfig(run));
        }
    }

    /** Keeps the kubeconfig that the step before fetched, where it fetched one, in the data directory. */
    public void keep(Exchange exchange) throws IOException {
        Optional<Secret> kubeconfig = fetched(exchange);
        if (kubeconfig.isPresent()) {
            keep(exchange.getVariable(Variables.RUN, Run.class), kubeconfig.get());
        }
    }

    /**
     * Makes a client of the kubeconfig that the step before fetched, where it fetched one: {@code #kubernetes-RUN}. It is tried here,
     * while other hosts join, because its first answer takes seconds. If the hosts have internal addresses and the endpoint is not reached
     * from here, client and kubeconfig lead to the first control plane at the address that SSH uses, if that answers.
     */
    public void connect(Exchange exchange) throws IOException {
        Run run = exchange.getVariable(Variables.RUN, Run.class);
        Optional<Secret> kubeconfig = fetched(exchange);
        if (kubeconfig.isEmpty()) {
            return;
        }
        Answering answering = answering(run, kubeconfig.get());
        if (answering.kubeconfig() != kubeconfig.get()) {
            keep(run, answering.kubeconfig());
        }
        Registry registry = exchange.getContext().getRegistry();
        registry.bind(client(run), answering.client());
        run.atEnd(() -> {
            registry.unbind(client(run));
            answering.client().close();
        });
    }

    private static Optional<Secret> fetched(Exchange exchange) {
        return Optional.ofNullable(exchange.getMessage().getBody(StepResult.class).secrets().get("kubeconfig"));
    }

    private void keep(Run run, Secret kubeconfig) throws IOException {
        Path file = kubeconfig(run);
        PrivateFiles.makeDirectories(file.getParent());
        Path temporary = Files.createTempFile(file.getParent(), "kubeconfig", ".new",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(temporary, kubeconfig.reveal());
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        run.keepKubeconfig(file.toString());
    }

    private record Answering(Secret kubeconfig, KubernetesClient client) {}

    private static Answering answering(Run run, Secret kubeconfig) {
        Answering usual = new Answering(kubeconfig, open(kubeconfig));
        Host first = run.cluster().firstControlPlane();
        if (answers(usual.client()) || first.internalAddresses().isEmpty()) {
            return usual;
        }
        String server = "https://" + IpAddress.withPort(first.address(), run.cluster().apiServerPort());
        Secret other = new Secret(SERVER.matcher(kubeconfig.reveal()).replaceAll("$1" + Matcher.quoteReplacement(server)));
        Answering direct = new Answering(other, open(other));
        if (!answers(direct.client())) {
            direct.client().close();
            return usual;
        }
        run.note(null, "the endpoint " + run.cluster().kubernetes().controlPlaneEndpoint()
                + " is not reached from here: the kubeconfig leads to " + server);
        usual.client().close();
        return direct;
    }

    /** A client that waits seconds for an answer, and does not try again; to be closed. */
    public static KubernetesClient open(Secret kubeconfig) {
        Config config = Config.fromKubeconfig(kubeconfig.reveal());
        config.setConnectionTimeout(5_000);
        config.setRequestTimeout(10_000);
        config.setRequestRetryBackoffLimit(0);
        return new KubernetesClientBuilder().withConfig(config).build();
    }

    /** Whether an API server is there, be it that it refuses. */
    private static boolean answers(KubernetesClient client) {
        try {
            client.nodes().list();
            return true;
        } catch (KubernetesClientException e) {
            LoggerFactory.getLogger(Kubeconfigs.class).debug("the API server does not answer yet", e);
            // -1 or 0 if there was no answer of an API server: no connection, or a certificate for other names
            return e.getCode() > 0;
        }
    }

    /* The client of the run's cluster, once its kubeconfig was fetched. */
    static KubernetesClient client(Exchange exchange, Run run) {
        return exchange.getContext().getRegistry().lookupByNameAndType(client(run), KubernetesClient.class);
    }

    private static String client(Run run) {
        return "kubernetes-" + run.id();
    }
}
