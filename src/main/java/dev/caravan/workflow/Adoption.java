package dev.caravan.workflow;

import dev.caravan.data.PrivateFiles;
import dev.caravan.kubeadm.AdoptedSpec;
import dev.caravan.run.Run;
import dev.caravan.run.Variables;
import dev.caravan.spec.Host;
import dev.caravan.spec.SshAccess;
import dev.caravan.step.StepFailure;
import dev.caravan.step.StepResult;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.Exchange;

/** Makes a spec of a cluster that was read: bean {@code adoption}. */
public final class Adoption {
    private static final int SSH_PORT = 22;

    private final Path data;

    /** @param data the data directory */
    public Adoption(Path data) {
        this.data = data;
    }

    /** Where the spec is that a run made. */
    public static Path specOf(Path data, String run) {
        return data.resolve("adopted").resolve(run + ".yaml");
    }

    /** Writes the spec of what the step before read on the exchange's host; see {@link #specOf}. */
    public void write(Exchange exchange) throws IOException, StepFailure {
        Run run = exchange.getVariable(Variables.RUN, Run.class);
        Host host = exchange.getVariable(Variables.HOST, Host.class);
        StepResult read = exchange.getMessage().getBody(StepResult.class);
        Path file = specOf(data, run.id());
        PrivateFiles.makeDirectories(file.getParent());
        try {
            String text = AdoptedSpec.of(read.outputs(), ssh(host.ssh()), host.address());
            PrivateFiles.makeOnce(file, text.getBytes(StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            throw new StepFailure(host.name(), read.step(), "adoption", false, e.getMessage(),
                    "Only a cluster that kubeadm made, and that a spec can describe, can be adopted.", List.of(), e);
        }
    }

    private static Map<String, Object> ssh(SshAccess access) {
        Map<String, Object> ssh = new LinkedHashMap<>();
        ssh.put("user", access.user());
        if (access.port() != SSH_PORT) {
            ssh.put("port", access.port());
        }
        access.privateKey().ifPresent(key -> ssh.put("privateKey", key));
        ssh.put("knownHosts", access.knownHosts());
        return ssh;
    }
}
