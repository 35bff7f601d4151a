package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.Engine;
import dev.caravan.packages.Family;
import dev.caravan.run.RunOrder;
import dev.caravan.spec.Expansion;
import dev.caravan.spec.Host;
import dev.caravan.spec.RedactedSpec;
import dev.caravan.spec.SpecReader;
import dev.caravan.ssh.SshTarget;
import dev.caravan.testkit.RehearsedRuns;
import dev.caravan.testkit.RehearsedRuns.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Rehearsal: the line of a host is deleted from the spec while Caravan's changes are still on the host. */
class FormerHostRehearsalTest {
    private static final String WITHOUT = """
            apiVersion: caravan/v1
            kind: Cluster
            metadata: {name: demo}
            spec:
              kubernetes: {version: 1.36.3}
              packages: {mirror: community}
              runtime: {name: containerd}
              network: {cni: flannel}
              ssh: {user: root, privateKey: ~/.ssh/id_ed25519}
              hosts:
                - {name: h1, address: 192.0.2.11, roles: [control-plane]}
            """;
    private static final String WITH = WITHOUT + "    - {name: h2, address: 192.0.2.12, roles: [worker]}\n";
    private static final String SECRET = WITH.replace("user: root", "user: root, sudoPassword: swordfish");

    @RegisterExtension
    final Scratch scratch = new Scratch();

    private final RehearsedRuns runs = new RehearsedRuns(scratch);
    private final Set<String> gone = ConcurrentHashMap.newKeySet();

    private Ended applied(Engine engine) throws Exception {
        Ended apply = run(engine, WITH, "apply", Map.of());
        assertThat(apply.state()).as(apply::details).isEqualTo("succeeded");
        return apply;
    }

    @Test
    void aResetRestoresAHostThatLeftTheSpecAndNamesIt() throws Exception {
        try (Rehearsal rehearsal = start(); Engine engine = engine(rehearsal)) {
            Map<String, String> before = files(rehearsal, "h2");
            Ended apply = applied(engine);

            Ended plan = run(engine, WITHOUT, "plan", Map.of());
            assertThat(plan.changed()).as(plan::details).isEmpty();
            assertThat(plan.details()).contains("the host at 192.0.2.12 is not in the spec any more. Run " + apply.id() + " changed it",
                    "state: absent").doesNotContain("the node h2 is in the cluster");
            assertThat(files(rehearsal, "h2")).isNotEqualTo(before);

            Ended reset = run(engine, WITHOUT, "reset", Map.of());
            assertThat(reset.state()).as(reset::details).isEqualTo("succeeded");
            assertThat(reset.details()).contains("is not in the spec any more. It is restored, too, as run " + apply.id() + " changed it");
            assertThat(reset.view().hosts()).extracting(host -> host.name()).contains("h2");
            assertThat(files(rehearsal, "h2")).isEqualTo(before);
            assertThat(engine.journal().foundHosts("demo")).isEmpty();
        }
    }

    @Tag("long")
    @Test
    void aRollbackRestoresAHostThatLeftTheSpec() throws Exception {
        try (Rehearsal rehearsal = start(); Engine engine = engine(rehearsal)) {
            Map<String, String> before = files(rehearsal, "h2");
            Ended apply = applied(engine);

            Ended back = run(engine, WITHOUT, "rollback-run", Map.of("run", apply.id()));
            assertThat(back.state()).as(back::details).isEqualTo("succeeded");
            assertThat(files(rehearsal, "h2")).isEqualTo(before);
        }
    }

    @Tag("long")
    @Test
    void aResetIsRefusedIfAHostThatLeftTheSpecCannotBeReached() throws Exception {
        try (Rehearsal rehearsal = start(); Engine engine = engine(rehearsal)) {
            assertThat(run(engine, WITH, "apply", Map.of()).state()).isEqualTo("succeeded");
            gone.add("h2");
            Map<String, String> first = files(rehearsal, "h1");

            Ended reset = run(engine, WITHOUT, "reset", Map.of());
            assertThat(reset.state()).as(reset::details).isEqualTo("refused");
            assertThat(reset.details()).contains("h2", "is not in the spec any more, must be restored, and could not be looked at",
                    "with state: lost if its machine is gone");
            assertThat(files(rehearsal, "h1")).isEqualTo(first);

            Ended lost = run(engine, WITH.replace("roles: [worker]", "roles: [worker], state: lost"), "reset", Map.of());
            assertThat(lost.state()).as(lost::details).isEqualTo("succeeded");
        }
    }

    @Tag("long")
    @Test
    void aResetIsRefusedIfNoSpecInTheJournalSaysHowToLogIn() throws Exception {
        try (Rehearsal rehearsal = start(); Engine engine = engine(rehearsal)) {
            assertThat(run(engine, SECRET, "apply", Map.of()).state()).isEqualTo("succeeded");

            Ended reset = run(engine, WITHOUT, "reset", Map.of());
            assertThat(reset.state()).as(reset::details).isEqualTo("refused");
            assertThat(reset.details()).contains("the host at 192.0.2.12 is not in the spec any more",
                    "No spec in the journal says how to log in there", "Write the host into the spec again, with state: absent");
        }
    }

    // ---- hosts and runs

    private Rehearsal start() throws Exception {
        return Rehearsal.start(SpecReader.read(WITH, "test"), List.of(), scratch.directory(),
                Rehearsal.Options.usual().withFamily(Family.APT).withPace(0));
    }

    private Engine engine(Rehearsal rehearsal) throws Exception {
        return runs.engine(host -> reached(rehearsal, host), runs.data(), Map.of());
    }

    private SshTarget reached(Rehearsal rehearsal, Host host) {
        if (gone.contains(host.name())) {
            throw new IllegalStateException("no route to " + host.address());
        }
        return rehearsal.target(host);
    }

    /** The spec is kept as a command keeps it: without its secrets. */
    private static Ended run(Engine engine, String spec, String action, Map<String, String> parameters) throws Exception {
        return RehearsedRuns.run(engine, new RunOrder(SpecReader.read(spec, "test", Expansion.in(Path.of("/"))), RedactedSpec.of(spec), "/",
                RehearsedRuns.call(action, parameters), "command", List.of()));
    }

    private static Map<String, String> files(Rehearsal rehearsal, String host) throws IOException {
        Path root = rehearsal.roots().get(host);
        try (Stream<Path> files = Files.walk(root.resolve("etc"))) {
            return files.filter(Files::isRegularFile).collect(Collectors.toMap(file -> root.relativize(file).toString(), file -> {
                try {
                    return Files.readString(file);
                } catch (IOException e) {
                    return "unreadable";
                }
            }));
        }
    }
}
