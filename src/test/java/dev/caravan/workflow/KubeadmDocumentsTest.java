package dev.caravan.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.history.StepState;
import dev.caravan.journal.MemoryJournal;
import dev.caravan.routes.BareContext;
import dev.caravan.run.Run;
import dev.caravan.run.TestFacts;
import dev.caravan.run.TestRuns;
import dev.caravan.run.Variables;
import dev.caravan.spec.Secret;
import dev.caravan.step.StepResult;
import dev.caravan.tables.KubernetesTable;
import dev.caravan.testkit.TestClusters;
import java.util.List;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Test;

class KubeadmDocumentsTest {
    private static final String CA_HASH = "sha256:48ca5392bbae71db6b975552709c4d4a8f56999fe014a1f856fc586194029365";
    private static final String CA_CERTIFICATE = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==";
    private static final String TOKEN = "abcdef.0123456789abcdef";
    private static final String KEY = "0123456789abcdef".repeat(4);

    private final KubeadmDocuments kubeadm = new KubeadmDocuments(KubernetesTable.builtIn());
    private final Run run = TestRuns.apply(TestClusters.of(2, 1), new MemoryJournal());

    private static Exchange exchange(Run run, int host) {
        Exchange exchange = new DefaultExchange(BareContext.make());
        exchange.setVariable(Variables.RUN, run);
        exchange.setVariable(Variables.HOST, run.cluster().hosts().get(host - 1));
        return exchange;
    }

    private void mint(Exchange exchange, String tokenId) {
        Map<String, Secret> secrets = kubeadm.uploadCertsDocuments(run).isEmpty()
                ? Map.of("token", new Secret(TOKEN)) : Map.of("token", new Secret(TOKEN), "certificateKey", new Secret(KEY));
        exchange.getMessage().setBody(new StepResult("mint-token", "h1", StepState.OK, List.of(),
                Map.of("tokenId", tokenId, "caCertHash", CA_HASH, "caCertificate", CA_CERTIFICATE), secrets, ""));
        kubeadm.keepCredentials(exchange);
    }

    @Test
    void onlyWhoHasNotJoinedNeedsCredentials() {
        run.keepFacts("h1", TestFacts.of(1, true));
        run.keepFacts("h3", TestFacts.of(3, false));

        assertThat(kubeadm.needsCredentials(exchange(run, 1), "kubeadm-join")).isFalse();
        assertThat(kubeadm.needsCredentials(exchange(run, 3), "kubeadm-join")).isTrue();
        assertThat(kubeadm.needsCredentials(exchange(run, 2), "kubeadm-join")).as("of whom nothing is known").isTrue();
        Run plan = TestRuns.plan(run.cluster(), new MemoryJournal());
        assertThat(kubeadm.needsCredentials(exchange(plan, 2), "kubeadm-join")).as("in a plan").isFalse();
    }

    @Test
    void certificatesAreUploadedUnderAKeyThatTheScriptMakesWhereAControlPlaneIsToJoin() {
        assertThat(kubeadm.uploadCertsDocuments(run)).containsPattern("certificateKey: \"?CERTIFICATE-KEY\"?\\n");
    }

    @Test
    void noCertificatesAreUploadedForWorkersOrControlPlanesThatHaveJoined() {
        assertThat(kubeadm.uploadCertsDocuments(TestRuns.apply(TestClusters.of(1, 2), new MemoryJournal()))).isEmpty();
        run.keepFacts("h2", TestFacts.of(2, true));
        assertThat(kubeadm.uploadCertsDocuments(run)).isEmpty();
    }

    @Test
    void aControlPlanesJoinHasTheKeyAndAWorkersHasNot() {
        Exchange controlPlane = exchange(run, 2);
        mint(controlPlane, "abcdef");
        Exchange worker = exchange(run, 3);
        mint(worker, "abcdef");

        assertThat(kubeadm.joinDocument(controlPlane).reveal()).contains(TOKEN, KEY);
        assertThat(kubeadm.joinDocument(worker).reveal()).contains(TOKEN).doesNotContain(KEY);
        assertThat(worker.getVariable("env.CA_CERT_HASH")).isEqualTo(CA_HASH);
        assertThat(worker.getVariable("env.CA_CERT")).isEqualTo(CA_CERTIFICATE);
    }

    @Test
    void whoHasJoinedGetsNoDocumentButTheHashToCompare() {
        Exchange init = exchange(run, 1);
        init.getMessage()
                .setBody(new StepResult("kubeadm-init", "h1", StepState.OK, List.of(), Map.of("caCertHash", CA_HASH), Map.of(), ""));
        kubeadm.keepInit(init);
        Exchange worker = exchange(run, 3);

        assertThat(kubeadm.joinDocument(worker).reveal()).isEmpty();
        assertThat(worker.getVariable("env.CA_CERT_HASH")).isEqualTo(CA_HASH);
    }

    @Test
    void whatWasMintedIsNamedForItsRevocation() {
        assertThat(kubeadm.hasCredentials(run)).isFalse();
        mint(exchange(run, 3), "abcdef");
        assertThat(kubeadm.hasCredentials(run)).isTrue();

        Exchange revocation = exchange(run, 1);
        kubeadm.nameToken(revocation);

        assertThat(revocation.getVariable("env.TOKEN_ID")).isEqualTo("abcdef");
        assertThat(kubeadm.hasCredentials(run)).isFalse();
    }

    @Test
    void everyTokenThatWasMintedIsNamed() {
        mint(exchange(run, 2), "abcdef");
        mint(exchange(run, 3), "ghijkl");
        Exchange revocation = exchange(run, 1);
        kubeadm.nameToken(revocation);

        assertThat(revocation.getVariable("env.TOKEN_ID", String.class).split(" ")).containsExactlyInAnyOrder("abcdef", "ghijkl");
    }

    @Test
    void credentialsThatWereRefusedAreMintedAgainByWhicheverStepMintedThem() {
        kubeadm.forgetCredentials(run);
        mint(exchange(run, 3), "abcdef");
        long before = System.nanoTime();
        assertThat(run.steps().isUsable("mint-token", before)).isTrue();

        kubeadm.forgetCredentials(run);
        assertThat(run.steps().isUsable("mint-token", before)).isFalse();
    }

    @Test
    void theInitDocumentsAreTheFirstControlPlanes() {
        assertThat(kubeadm.initDocuments(run)).contains("kind: InitConfiguration", "kind: ClusterConfiguration", "192.0.2.1")
                .doesNotContain("certificateKey");
    }
}
