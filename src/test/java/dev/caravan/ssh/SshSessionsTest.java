package dev.caravan.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.ssh.SshException.Kind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.sshd.common.kex.KexProposalOption;
import org.junit.jupiter.api.Test;

/** The pool's connections: when they are opened, shared, lost and closed. */
class SshSessionsTest extends PoolOverEmbeddedServer {
    @Test
    void prefersTheCheapKeyExchangeAndTakesAPostQuantumOneWhereThereIsNoOther() throws Exception {
        run(SshCommand.of("true"));
        assertThat(negotiated()).startsWith("curve25519-sha256");

        server.dropConnections();
        await().until(() -> server.mina().getActiveSessions().isEmpty());
        server.mina().setKeyExchangeFactories(server.mina().getKeyExchangeFactories().stream()
                .filter(each -> each.getName().startsWith("sntrup761")).toList());

        assertThat(run(SshCommand.of("echo in")).stdoutText()).isEqualTo("in\n");
        assertThat(negotiated()).startsWith("sntrup761");
    }

    private String negotiated() {
        return server.mina().getActiveSessions().get(0).getNegotiatedKexParameter(KexProposalOption.ALGORITHMS);
    }

    @Test
    void commandsAtTheSameTimeShareOneConnectionAndAtMostEightChannels() throws Exception {
        List<CompletableFuture<SshResult>> all = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            all.add(begin(SshCommand.of("sleep 0.05; echo " + i)));
        }

        for (int i = 0; i < 40; i++) {
            assertThat(all.get(i).get(30, TimeUnit.SECONDS).stdoutText()).isEqualTo(i + "\n");
        }
        assertThat(server.connections).hasValue(1);
        assertThat(server.channels.most()).isEqualTo(8);
        assertThat(sessions.openConnections()).isEqualTo(1);
    }

    @Test
    void aBrokenConnectionFailsItsCommandAndTheNextOneOpensAnother() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        CompletableFuture<SshResult> lost =
                begin(SshCommand.of("echo ready; sleep 60").withOnStdout(chunk -> running.countDown()));
        assertThat(running.await(20, TimeUnit.SECONDS)).isTrue();

        server.dropConnections();

        SshException failure = Failing.with(lost);
        assertThat(failure.kind()).isEqualTo(Kind.CONNECTION_LOST);
        assertThat(failure.isTransient()).isTrue();
        assertThat(run(SshCommand.of("echo back")).stdoutText()).isEqualTo("back\n");
        assertThat(server.connections).hasValue(2);
    }

    @Test
    void commandsThatWereNotSentWhenTheConnectionBrokeRunOverTheNext() throws Exception {
        CountDownLatch running = new CountDownLatch(8);
        List<CompletableFuture<SshResult>> sent = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            sent.add(begin(SshCommand.of("echo ready; sleep 60").withOnStdout(chunk -> running.countDown())));
        }
        assertThat(running.await(20, TimeUnit.SECONDS)).isTrue();
        CompletableFuture<SshResult> waiting = begin(SshCommand.of("echo late"));

        server.dropConnections();

        assertThat(waiting.get(20, TimeUnit.SECONDS).stdoutText()).isEqualTo("late\n");
        for (CompletableFuture<SshResult> each : sent) {
            assertThat(Failing.with(each).kind()).isEqualTo(Kind.CONNECTION_LOST);
        }
        assertThat(server.commands).hasValue(9);
    }

    @Test
    void aHalfOpenLinkIsFoundByKeepalives() throws Exception {
        try (FaultyLink link = new FaultyLink(server.port())) {
            SshTarget target = Access.to(link.port()).user("tester").password(EmbeddedServer.PASSWORD)
                    .keepAlive(Duration.ofMillis(100)).loopback();
            CountDownLatch running = new CountDownLatch(1);
            CompletableFuture<SshResult> lost = sessions.execute(target,
                    SshCommand.of("echo ready; sleep 60").withOnStdout(chunk -> running.countDown()))
                    .toCompletableFuture();
            assertThat(running.await(20, TimeUnit.SECONDS)).isTrue();

            link.goSilent();

            SshException failure = Failing.with(lost);
            assertThat(failure.kind()).isEqualTo(Kind.CONNECTION_LOST);
            assertThat(failure).hasMessageContaining("heartbeat");
        }
    }

    @Test
    void aCommandOutlivesManyKeepalives() throws Exception {
        // A busy machine may let three of these pass without a reply if they come faster.
        SshTarget target = server.access().keepAlive(Duration.ofMillis(400)).loopback();

        assertThat(sessions.execute(target, SshCommand.of("sleep 3; echo done"))
                .toCompletableFuture().get(20, TimeUnit.SECONDS).stdoutText()).isEqualTo("done\n");
    }

    @Test
    void sixtyLoginsAtATimeNeedNoMoreThreadsThanOne() throws Exception {
        run(SshCommand.of("true"));
        long before = clientThreads();
        CountDownLatch running = new CountDownLatch(60);
        Path flag = directory.resolve("flag");
        List<CompletableFuture<SshResult>> all = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            SshTarget target = server.access().user("user" + i).loopback();
            all.add(sessions.execute(target, SshCommand
                    .of("echo ready; while [ ! -e '" + flag + "' ]; do sleep 0.2; done")
                    .withOnStdout(chunk -> running.countDown())).toCompletableFuture());
        }
        assertThat(running.await(60, TimeUnit.SECONDS)).isTrue();

        assertThat(sessions.openConnections()).isEqualTo(61);
        assertThat(clientThreads() - before).isLessThanOrEqualTo(4);

        Files.createFile(flag);
        for (CompletableFuture<SshResult> each : all) {
            assertThat(each.get(30, TimeUnit.SECONDS).exitStatus()).isZero();
        }
    }

    /** Threads of MINA's client and of the pool, except for those that read files or deliver results just then. */
    static long clientThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.contains("Client[") || name.contains("caravan-ssh"))
                .filter(name -> !name.contains("-disk-") && !name.contains("-callback-"))
                .count();
    }

    @Test
    void opensNoMoreConnectionsAtATimeThanAllowed() throws Exception {
        try (SshSessions few = new SshSessions(
                new SshSessions.Options(3, Duration.ofMinutes(1), Optional.empty()))) {
            List<CompletableFuture<SshResult>> all = new ArrayList<>();
            for (int i = 0; i < 15; i++) {
                SshTarget target = server.access().user("user" + i).loopback();
                all.add(few.execute(target, SshCommand.of("true")).toCompletableFuture());
            }
            for (CompletableFuture<SshResult> each : all) {
                assertThat(each.get(30, TimeUnit.SECONDS).exitStatus()).isZero();
            }
        }

        assertThat(server.logins.most()).isBetween(1, 3);
        assertThat(server.connections).hasValue(15);
    }

    @Test
    void anIdleConnectionIsClosedAndTheNextCommandOpensAnother() throws Exception {
        try (SshSessions brief = new SshSessions(
                new SshSessions.Options(5, Duration.ofMillis(100), Optional.empty()))) {
            SshCommand longerThanIdle = SshCommand.of("sleep 0.5; echo here");
            assertThat(brief.execute(server.target(), longerThanIdle).toCompletableFuture()
                    .get(20, TimeUnit.SECONDS).stdoutText()).isEqualTo("here\n");
            await().until(() -> brief.openConnections() == 0);
            await().until(() -> server.mina().getActiveSessions().isEmpty());

            assertThat(brief.execute(server.target(), SshCommand.of("echo again")).toCompletableFuture()
                    .get(20, TimeUnit.SECONDS).stdoutText()).isEqualTo("again\n");
        }
        assertThat(server.connections).hasValue(2);
    }

    @Test
    void closingATargetFailsItsCommandsAndNothingElse() throws Exception {
        CompletableFuture<SshResult> running = begin(SshCommand.of("sleep 60"));
        SshTarget other = server.access().user("other").loopback();
        sessions.execute(other, SshCommand.of("true")).toCompletableFuture().get(20, TimeUnit.SECONDS);
        await().until(() -> server.commands.get() == 2);

        sessions.close(server.target()).toCompletableFuture().get(20, TimeUnit.SECONDS);

        assertThat(Failing.with(running).kind()).isEqualTo(Kind.CLOSED);
        assertThat(sessions.openConnections()).isEqualTo(1);
        assertThat(run(SshCommand.of("echo open")).stdoutText()).isEqualTo("open\n");
    }

    @Test
    void afterClosingEveryCommandFails() throws Exception {
        CompletableFuture<SshResult> running = begin(SshCommand.of("sleep 60"));
        await().until(() -> server.commands.get() == 1);

        sessions.close();

        assertThat(Failing.with(running).kind()).isEqualTo(Kind.CLOSED);
        assertThat(Failing.with(begin(SshCommand.of("true"))).kind()).isEqualTo(Kind.CLOSED);
    }
}
