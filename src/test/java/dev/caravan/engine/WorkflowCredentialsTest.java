package dev.caravan.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.remote.ScriptedHosts.Call;
import dev.caravan.remote.ScriptedHosts.Reply;
import dev.caravan.run.Run;
import dev.caravan.run.TestActions;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What those who join are given, and its revocation. */
class WorkflowCredentialsTest extends WorkflowRuns {
    @Test
    void credentialsAreMintedOnceForAllWhoJoinAndRevokedAtTheEnd() throws Exception {
        Run run = begin(cluster(2, 3), TestActions.APPLY);

        assertThat(end(run)).isEqualTo("succeeded");
        assertThat(calls("kubeadm-join")).hasSize(4).allSatisfy(call -> {
            assertThat(call.stdin()).contains(TOKEN);
            assertThat(call.environment()).containsEntry("CA_CERT_HASH", CA_HASH).containsEntry("CA_CERT", CA_CERTIFICATE);
        });
        assertThat(calls("join-credentials")).singleElement().satisfies(call -> assertThat(call.host()).isEqualTo("h1"));
        assertThat(calls("credentials-revoke")).singleElement().satisfies(call -> {
            assertThat(call.host()).isEqualTo("h1");
            assertThat(call.environment()).containsEntry("TOKEN_ID", "abcde1");
        });
        assertThat(engine.journal().events(run.id(), 0).toString()).doesNotContain(TOKEN);
    }

    @Test
    void credentialsThatAJoinIsRefusedWithAreMintedAgainOnce() throws Exception {
        script(call -> call.is("h2", "kubeadm-join") && call.attempt() == 1 || call.is("h3", "kubeadm-join")
                ? now(Reply.failed("could not find a JWS signature in the cluster-info ConfigMap for token ID \"abcde1\"")) : null);
        Run run = begin(cluster(1, 2), TestActions.APPLY);

        assertThat(end(run)).isEqualTo("failed");
        assertThat(last(run).message()).startsWith("failed: kubeadm-join on h3: ");
        assertThat(calls("kubeadm-join").stream().filter(call -> call.host().equals("h2"))).hasSize(2);
        assertThat(calls("kubeadm-join").stream().filter(call -> call.host().equals("h3"))).hasSize(2);
        assertThat(calls("join-credentials")).hasSizeBetween(2, 3);
        assertThat(calls("credentials-revoke")).singleElement().satisfies(call ->
                assertThat(call.environment().get("TOKEN_ID").split(" ")).hasSize(calls("join-credentials").size()));
    }

    @Test
    void onlyControlPlanesGetTheCertificateKey() throws Exception {
        assertThat(apply(cluster(2, 1))).isEqualTo("succeeded");

        assertThat(calls("kubeadm-join").stream().filter(call -> call.host().equals("h2"))).singleElement()
                .satisfies(call -> assertThat(call.stdin()).contains("certificateKey"));
        assertThat(calls("kubeadm-join").stream().filter(call -> call.host().equals("h3"))).singleElement()
                .satisfies(call -> assertThat(call.stdin()).doesNotContain("certificateKey"));
    }

    @Test
    void credentialsAreRevokedThoughAJoinFailed() throws Exception {
        script(call -> call.is("h2", "kubeadm-join") ? now(Reply.failed("no")) : null);

        assertThat(apply(cluster(1, 2))).isEqualTo("failed");
        assertThat(calls("credentials-revoke")).hasSize(1);
    }

    @Test
    void credentialsAreRevokedThoughTheNetworkFailed() throws Exception {
        script(call -> call.is("h1", "network") ? now(Reply.failed("no such manifest")) : null);
        Run run = begin(cluster(1, 1), TestActions.APPLY);

        assertThat(end(run)).isEqualTo("failed");
        assertThat(last(run).message()).contains("no such manifest");
        assertThat(calls("credentials-revoke")).hasSize(1);
    }

    @Test
    void aRevocationIsTriedAgain() throws Exception {
        script(call -> call.is("h1", "credentials-revoke") && call.attempt() < 3
                ? now(Reply.failedForNow("the API server does not answer"))
                : null);

        assertThat(apply(cluster(1, 1))).isEqualTo("succeeded");
        assertThat(calls("credentials-revoke")).hasSize(3);
    }

    @Test
    void theFirstFailureIsReportedThoughTheRevocationFailsToo() throws Exception {
        script(call -> call.is("h1", "network") ? now(Reply.failed("no such manifest")) : call.step().equals("credentials-revoke")
                ? now(Reply.failed("not allowed"))
                : null);
        Run run = begin(cluster(1, 1), TestActions.APPLY);

        assertThat(end(run)).isEqualTo("failed");
        assertThat(last(run).message()).contains("no such manifest");
    }

    @Test
    void nobodyJoinsNoCredentials() throws Exception {
        joined.addAll(List.of("h1", "h2"));

        assertThat(apply(cluster(1, 1))).isEqualTo("succeeded");
        assertThat(hosts.calls()).extracting(Call::step).doesNotContain("join-credentials", "credentials-revoke")
                .contains("kubeadm-init", "kubeadm-join");
        assertThat(calls("kubeadm-join")).singleElement().satisfies(call -> {
            assertThat(call.stdin()).isEmpty();
            assertThat(call.environment()).containsEntry("CA_CERT_HASH", CA_HASH);
        });
    }

    @Test
    void aHostThatIsAddedGetsCredentialsOfItsOwn() throws Exception {
        joined.addAll(List.of("h1", "h2"));

        assertThat(apply(cluster(1, 2))).isEqualTo("succeeded");
        assertThat(calls("join-credentials")).hasSize(1);
        assertThat(calls("kubeadm-join").stream().filter(call -> !call.stdin().isEmpty())).extracting(Call::host).containsExactly("h3");
        assertThat(calls("credentials-revoke")).hasSize(1);
    }

    @Test
    void whatWasMintedIsRevokedThoughTheRunWasCancelled() throws Exception {
        CompletableFuture<Void> go = new CompletableFuture<>();
        script(call -> call.is("h2", "kubeadm-join") ? go.thenCompose(any -> answer(call)) : null);
        Run run = begin(cluster(1, 1), TestActions.APPLY);
        awaitThat(() -> begun("h2", "kubeadm-join"));
        engine.runs().cancel(run.id());
        go.complete(null);

        assertThat(end(run)).isEqualTo("cancelled");
        assertThat(calls("credentials-revoke")).hasSize(1);
        assertThat(calls("label-nodes")).isEmpty();
    }
}
