package dev.caravan.cli;

import dev.caravan.actions.Action.ActionCall;
import dev.caravan.actions.InvalidParameters;
import dev.caravan.actions.NoSuchAction;
import dev.caravan.engine.EngineOptions;
import dev.caravan.history.ExitStatus;
import dev.caravan.init.Login;
import dev.caravan.run.RunOrder;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.InvalidSpec;
import dev.caravan.spec.RedactedSpec;
import dev.caravan.spec.Relaxations;
import dev.caravan.spec.SpecReader;
import dev.caravan.workflow.Adoption;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code caravan adopt}. */
@Command(name = "adopt",
        description = {
            "Reads a running cluster that kubeadm made, and writes a spec whose plan is empty; changes nothing.",
            "",
            "USER@HOST is one of its control planes. The other hosts are not asked; their addresses are those that the cluster has. "
                    + "Caravan looks after the cluster from then on, but nothing that was there before is ever undone."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  caravan adopt root@192.0.2.11",
            "  caravan adopt root@192.0.2.11 --ssh-key ~/.ssh/id_ed25519 -o cluster.yaml",
            "  caravan plan -f cluster.yaml"
        })
final class AdoptCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "USER@HOST", description = "A control plane of the cluster, and who logs in there.")
    private String target;

    @Option(names = "--ssh-key", paramLabel = "FILE", description = "The private key (default: as for a spec, ~/.ssh/id_ed25519).")
    private Path key;

    @Option(names = "--known-hosts", paramLabel = "FILE", description = "The known host keys (default: ~/.ssh/known_hosts).")
    private Path knownHosts;

    @Option(names = "-o", paramLabel = "FILE",
            description = "Where the spec is written; a file that exists is not replaced (default: NAME.yaml, NAME being the cluster's).")
    private Path file;

    @Mixin
    private CommonOptions common;

    @Override
    public Integer call() throws Exception {
        LogSetup.toFile(common.data());
        Path data = common.data();
        if (file != null && Files.exists(file)) {
            throw new UserError(file + " exists: name another file with -o");
        }
        String text = spec();
        Cluster cluster = SpecReader.read(text, "USER@HOST and options");
        RunOrder order = new RunOrder(cluster, RedactedSpec.of(text), Path.of("").toAbsolutePath().toString(), action(), "command",
                Relaxations.of(cluster));
        AtomicReference<String> run = new AtomicReference<>();
        return Watched.run(EngineOptions.of(data, common.routes(), false, Map.of()).withJournal(common.journal()), engine -> {
            var begun = engine.runs().begin(order);
            run.set(begun.id());
            return begun;
        }, common, (ended, status) -> status == 0 ? written(Adoption.specOf(data, run.get())) : status, () -> { });
    }

    private ActionCall action() throws UserError {
        try {
            return ActionOptions.actions(common).require("adopt").call(Map.of());
        } catch (NoSuchAction | InvalidParameters e) {
            throw new UserError(e.getMessage());
        }
    }

    /** What is needed to reach the host; the rest is unknown yet, and nothing of it is used. */
    private String spec() throws UserError {
        Login login = login();
        String name = "adopt-" + login.address().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
        name = (name.length() > 60 ? name.substring(0, 60) : name).replaceAll("-+$", "");
        return "apiVersion: caravan/v1\nkind: Cluster\nmetadata: {name: " + name + "}\nspec:\n  kubernetes: {version: 1.20.2}\n"
                + "  ssh:\n    user: " + quoted(login.user().orElse("root")) + "\n"
                + (login.port().isPresent() ? "    port: " + login.port().getAsInt() + "\n" : "")
                + (key == null ? "" : "    privateKey: " + quoted(key.toAbsolutePath().toString()) + "\n")
                + (knownHosts == null ? "" : "    knownHosts: " + quoted(knownHosts.toAbsolutePath().toString()) + "\n")
                + "  hosts:\n    - {name: adopted, address: " + quoted(login.address()) + ", roles: [control-plane]}\n";
    }

    private Login login() throws UserError {
        try {
            return Login.parse(target);
        } catch (IllegalArgumentException e) {
            throw new UserError(e.getMessage());
        }
    }

    private static String quoted(String value) {
        return '"' + value.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    private int written(Path made) {
        try {
            String text = Files.readString(made);
            Path to = file != null ? file : Path.of(SpecReader.read(text, made.toString()).name() + ".yaml");
            Files.writeString(to, text, StandardOpenOption.CREATE_NEW);
            System.out.println("The spec is " + to + ". Next: " + common.hint("plan -f " + to));
            return 0;
        } catch (FileAlreadyExistsException e) {
            System.err.println("caravan: " + e.getMessage() + " exists and was not replaced. The spec is " + made
                    + "; or name a file with -o.");
        } catch (InvalidSpec e) {
            System.err.println("caravan: the cluster was read, but has something that a spec cannot say:\n" + e.getMessage());
        } catch (IOException e) {
            System.err.println("caravan: cannot write the spec: " + e.getMessage() + ". It is also in " + made);
        }
        return ExitStatus.FAILED.code();
    }
}
