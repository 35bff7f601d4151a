package dev.caravan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.history.ExitStatus;
import dev.caravan.history.Occurrence.RunQueued;
import dev.caravan.history.RunHost;
import dev.caravan.journal.Journal;
import dev.caravan.journal.JournalPlace;
import dev.caravan.journal.RunRecord;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Actions that the command line limits to some hosts with {@code --host}. Nothing listens at the addresses of these hosts. */
class LimitedHostsTest {
    @RegisterExtension
    final Console console = new Console();

    @TempDir
    Path directory;

    private Path spec;

    @BeforeEach
    void write() throws Exception {
        spec = directory.resolve("spec.yaml");
        Files.writeString(spec, """
                apiVersion: caravan/v1
                kind: Cluster
                metadata: {name: demo}
                spec:
                  kubernetes: {version: 1.20.2}
                  ssh: {user: root, port: 1, password: swordfish, hostKeyCheck: "off", config: false}
                  hosts:
                    - {name: h1, address: 127.0.0.1, roles: [control-plane]}
                    - {name: h2, address: 127.0.0.2, roles: [worker]}
                    - {name: h3, address: 127.0.0.3, roles: [worker]}
                """);
        Path routes = Files.createDirectories(directory.resolve("routes/actions"));
        Files.writeString(routes.resolve("greet.camel.yaml"), """
                - route:
                    id: greet
                    note: |
                      title: Greet hosts
                      changesHosts: false
                      parameters:
                        only: {type: hosts, description: "only these hosts"}
                    from:
                      uri: direct:greet
                      steps:
                        - log: hello
                """);
    }

    @Test
    void anActionRunsOnlyOnTheHostsThatAreNamed() throws Exception {
        assertThat(run("greet", "--host", "h3", "--host", "h2")).as(console::err).isZero();

        try (Journal journal = Journal.open(JournalPlace.in(directory.resolve("data")))) {
            RunRecord run = journal.runs(1).get(0);
            RunQueued queued = journal.events(run.id(), 0).get(0).as(RunQueued.class).orElseThrow();
            assertThat(queued.hosts()).extracting(RunHost::name).containsExactly("h2", "h3");
            assertThat(queued.limited()).isTrue();
            assertThat(queued.parameters()).containsEntry("only", "h3,h2");
        }
    }

    @Test
    void anActionThatActsOnAllHostsIsRefusedWithThoseThatCanBeLimited() {
        assertThat(run("apply", "--host", "h2")).isEqualTo(ExitStatus.WRONG.code());

        assertThat(console.err()).contains("--host: apply always acts on all hosts of the spec", "certificates", "greet",
                "renew-certificates");
        assertThat(directory.resolve("data/journal.db")).doesNotExist();
    }

    @Test
    void aHostThatTheSpecDoesNotHaveIsRefused() {
        assertThat(run("greet", "--host", "h4")).isEqualTo(ExitStatus.WRONG.code());

        assertThat(console.err()).contains("greet cannot be limited to the host h4, which the spec does not have");
    }

    private int run(String action, String... options) {
        String[] all = new String[options.length + 8];
        System.arraycopy(new String[] {"run", action, "-f", spec.toString(), "--data", directory.resolve("data").toString(), "--routes",
            directory.resolve("routes").toString()}, 0, all, 0, 8);
        System.arraycopy(options, 0, all, 8, options.length);
        return CaravanCommand.execute(all);
    }
}
