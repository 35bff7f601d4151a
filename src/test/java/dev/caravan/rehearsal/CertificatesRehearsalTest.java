package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.backups.Backup;
import dev.caravan.engine.Engine;
import dev.caravan.history.RunView;
import dev.caravan.run.CannotBegin;
import dev.caravan.spec.Cluster;
import dev.caravan.terminal.Look;
import dev.caravan.terminal.Summary;
import dev.caravan.testkit.Clusters;
import dev.caravan.testkit.RehearsedRuns.Ended;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Rehearsal: the certificates of a cluster are shown and renewed. */
class CertificatesRehearsalTest extends RehearsedCertificates {
    @Test
    void everyCertificateIsShownWithWhoRenewsItAndAnExternalAuthorityIsRefused() throws Exception {
        Cluster cluster = Clusters.of(1, 1, Cluster.RuntimeName.CONTAINERD, Clusters.root());
        try (Rehearsal rehearsal = start(cluster); Engine engine = runs.engine(rehearsal, SETTINGS)) {
            assertThat(runs.run(engine, rehearsal.cluster(), "apply", Map.of()).state()).isEqualTo("succeeded");
            RunView shown = runs.run(engine, rehearsal.cluster(), "certificates", Map.of()).view();

            assertThat(shown.state().word()).isEqualTo("succeeded");
            assertThat(shown.changes()).isZero();
            List<List<String>> first = report(shown, "h1");
            String admin = "CN=kubernetes-admin,O=system:masters";
            String names = "127.0.0.1 localhost";
            assertThat(first.get(0)).containsExactly("certificate", "days left", "renewed by", "read by", "subject", "names");
            assertThat(first).contains(
                    List.of("/etc/kubernetes/pki/apiserver.crt", "364", "renew-certificates", "kube-apiserver", "CN=kube-apiserver",
                            names),
                    List.of("/etc/kubernetes/pki/ca.crt", "364", "nobody (CA)", "-", "CN=kubernetes", "-"),
                    List.of("/etc/kubernetes/pki/etcd/peer.crt", "364", "renew-certificates", "etcd", admin, names),
                    List.of("/etc/kubernetes/admin.conf", "364", "renew-certificates", "-", admin, names),
                    List.of("/root/.kube/config", "364", "renew-certificates", "-", admin, names));
            assertThat(report(shown, "h2")).extracting(row -> row.get(0))
                    .containsExactly("certificate", "/etc/kubernetes/pki/ca.crt", "/var/lib/kubelet/pki/kubelet-client-current.pem");
            assertThat(report(shown, "h2").get(2)).containsSubsequence("the kubelet", "kubelet", "CN=system:node:h2,O=system:nodes");
            assertThat(String.join("\n", Summary.lines(shown, 200, Look.BARE)))
                    .containsSubsequence("host  certificate", "h1    /etc/kubernetes/pki/apiserver-etcd-client.crt",
                            "h2    /etc/kubernetes/pki/ca.crt", "demo: certificates succeeded on 2 hosts")
                    .doesNotContain("nothing to change");
            assertThat(engine.journal().events(shown.run(), 0).toString()).doesNotContain("PRIVATE KEY");

            onlyTheHostsThatAreAskedForAreShown(engine, rehearsal);
            anExternalAuthorityIsRefused(engine, rehearsal);
        }
    }

    private void onlyTheHostsThatAreAskedForAreShown(Engine engine, Rehearsal rehearsal) throws Exception {
        Ended limited = runs.run(engine, rehearsal.cluster(), "certificates", Map.of("host", "h2"));
        assertThat(limited.state()).isEqualTo("succeeded");
        assertThat(limited.view().hosts()).extracting(RunView.HostView::name).containsExactly("h2");
        assertThat(report(limited.view(), "h2")).isNotEmpty();
        assertThatThrownBy(() -> runs.run(engine, rehearsal.cluster(), "certificates", Map.of("host", "h2,h22")))
                .isInstanceOf(CannotBegin.class)
                .hasMessage("certificates cannot be limited to the host h22, which the spec does not have; did you mean h2?");
    }

    /** Two control planes and a worker, whose certificates have all expired, kubelets' as well, and an old copy of admin.conf. */
    @Tag("long")
    @Test
    void certificatesThatHaveAllExpiredAreRenewed() throws Exception {
        Cluster cluster = Clusters.of(2, 1, Cluster.RuntimeName.CONTAINERD, Clusters.root());
        try (Rehearsal rehearsal = start(cluster); Engine engine = runs.engine(rehearsal, SETTINGS)) {
            assertThat(runs.run(engine, rehearsal.cluster(), "apply", Map.of()).state()).isEqualTo("succeeded");
            for (String host : List.of("h1", "h2", "h3")) {
                expire(rehearsal, host);
            }
            Path root = rehearsal.host("h2").root();
            Path copy = root.resolve("root/.kube/config");
            Files.writeString(copy, Files.readString(copy).replace("kubernetes-admin@", "mine@"));
            Map<String, String> before = files(root);
            RunView expired = runs.run(engine, rehearsal.cluster(), "certificates", Map.of()).view();
            assertThat(days(expired, "h2", "/etc/kubernetes/pki/apiserver.crt")).endsWith("expired");
            assertThat(days(expired, "h3", "/var/lib/kubelet/pki/kubelet-client-current.pem")).endsWith("expired");

            Ended renewed = runs.run(engine, rehearsal.cluster(), "renew-certificates", Map.of());

            assertThat(renewed.state()).as(renewed::details).isEqualTo("succeeded");
            assertThat(renewed.details()).contains("no backup can be taken: etcd answers no client whose certificate has expired");
            assertThat(backups()).isEmpty();
            RunView shown = renewed.view();
            for (String host : List.of("h1", "h2", "h3")) {
                assertThat(report(shown, host).subList(1, report(shown, host).size())).as(host).extracting(row -> row.get(1))
                        .isSubsetOf("364", "365");
                assertThat(rehearsal.host(host).root().resolve("var/lib/kubelet/pki/kubelet-client-current.pem")).isSymbolicLink()
                        .content().contains("BEGIN EC PRIVATE KEY");
                assertThat(rehearsal.host(host).root().resolve("etc/kubernetes/bootstrap-kubelet.conf")).doesNotExist();
            }
            assertThat(containerStops(rehearsal, "h1"))
                    .containsExactly("etcd 1", "kube-apiserver 1", "kube-controller-manager 1", "kube-scheduler 1");
            assertThat(copy).content().isEqualTo(
                    Files.readString(root.resolve("etc/kubernetes/admin.conf")).replace("kubernetes-admin@", "mine@"));
            Path saved = root.resolve("var/lib/caravan/certificates").resolve(renewed.id());
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(saved))).isEqualTo("rwx------");
            assertThat(saved.resolve("etc/kubernetes/pki/apiserver.crt")).content()
                    .isEqualTo(before.get("etc/kubernetes/pki/apiserver.crt"));
            assertThat(saved.resolve("etc/kubernetes/pki/ca.key")).doesNotExist();
            assertThat(renewed.details()).doesNotContain("PRIVATE KEY");
            assertThat(scratch.parent().resolve("data/clusters/demo/kubeconfig"))
                    .content().isIn(Files.readString(rehearsal.host("h1").root().resolve("etc/kubernetes/admin.conf")),
                            Files.readString(root.resolve("etc/kubernetes/admin.conf")));

            Map<String, String> after = files(root);
            Ended back = runs.run(engine, rehearsal.cluster(), "rollback-run", Map.of("run", renewed.id()));
            assertThat(back.state()).as(back::details).isEqualTo("succeeded");
            assertThat(files(root)).as("what has expired is not restored").isEqualTo(after);
            assertThat(root.resolve("var/lib/caravan")).doesNotExist();
        }
    }

    @Tag("long")
    @Test
    void aRenewalIsRolledBackByCommandAndASecondOneBelowSomeDaysChangesNothing() throws Exception {
        Cluster cluster = Clusters.of(1, 1, Cluster.RuntimeName.DOCKER, Clusters.root());
        try (Rehearsal rehearsal = start(cluster); Engine engine = runs.engine(rehearsal, SETTINGS)) {
            assertThat(runs.run(engine, rehearsal.cluster(), "apply", Map.of()).state()).isEqualTo("succeeded");
            Path root = rehearsal.host("h1").root();
            Map<String, String> before = files(root);

            Ended none = runs.run(engine, rehearsal.cluster(), "renew-certificates", Map.of("below-days", "60"));
            assertThat(none.state()).as(none::details).isEqualTo("succeeded");
            assertThat(none.view().changes()).as(none::details).isZero();
            assertThat(files(root)).isEqualTo(before);
            assertThat(backups()).as("nothing is to be renewed").isEmpty();
            withoutABackupNothingIsRenewed(engine, rehearsal);

            Ended renewed = runs.run(engine, rehearsal.cluster(), "renew-certificates", Map.of("below-days", "400"));
            assertThat(renewed.state()).as(renewed::details).isEqualTo("succeeded");
            assertThat(files(root).get("etc/kubernetes/pki/apiserver.crt")).isNotEqualTo(before.get("etc/kubernetes/pki/apiserver.crt"));
            assertThat(containerStops(rehearsal, "h1")).contains("kube-apiserver 1");
            assertThat(backups()).singleElement().satisfies(backup -> {
                assertThat(backup.run()).isEqualTo(renewed.id());
                assertThat(renewed.details()).containsSubsequence("backup " + backup.id(), "\"step\":\"certificates-renew\"");
            });

            Ended again = runs.run(engine, rehearsal.cluster(), "renew-certificates", Map.of("below-days", "60"));
            assertThat(again.view().changes()).as(again::details).isZero();

            Ended back = runs.run(engine, rehearsal.cluster(), "rollback-run", Map.of("run", renewed.id()));
            assertThat(back.state()).as(back::details).isEqualTo("succeeded");
            assertThat(files(root)).isEqualTo(before);
            assertThat(containerStops(rehearsal, "h1")).contains("kube-apiserver 2");
            assertThat(root.resolve("var/lib/caravan")).doesNotExist();
            theSpecMayWantNoBackup(engine, rehearsal);
        }
    }

    @Tag("long")
    @Test
    void aControlPlaneWhoseApiServerDoesNotComeBackIsRolledBackAndNamedAndTheNextIsNotTouched() throws Exception {
        Cluster plain = Clusters.of(2, 0, Cluster.RuntimeName.DOCKER, Clusters.root());
        Cluster cluster = new Cluster(plain.name(), plain.kubernetes(), plain.packages(), plain.runtime(), plain.network(), plain.hosts(),
                Cluster.OnFailure.ROLLBACK);
        try (Rehearsal rehearsal = start(cluster); Engine engine = runs.engine(rehearsal, SETTINGS)) {
            assertThat(runs.run(engine, rehearsal.cluster(), "apply", Map.of()).state()).isEqualTo("succeeded");
            Map<String, String> first = files(rehearsal.host("h1").root());
            Map<String, String> second = files(rehearsal.host("h2").root());
            Path containers = Files.createDirectories(rehearsal.host("h1").root().resolve(".rehearsal/containers"));
            Files.writeString(containers.resolve("kube-apiserver.refuses"), "");

            Ended failed = runs.run(engine, rehearsal.cluster(), "renew-certificates", Map.of());

            assertThat(failed.state()).as(failed::details).isEqualTo("rolled-back");
            assertThat(failed.message())
                    .contains("h1  control-plane-restart: kube-apiserver did not come back within 2 s", "Rolled back: h1");
            assertThat(files(rehearsal.host("h1").root())).isEqualTo(first);
            assertThat(files(rehearsal.host("h2").root())).isEqualTo(second);
            assertThat(containerStops(rehearsal, "h2")).isEmpty();
            assertThat(rehearsal.host("h1").root().resolve("var/lib/caravan")).doesNotExist();
        }
    }

    private void withoutABackupNothingIsRenewed(Engine engine, Rehearsal rehearsal) throws Exception {
        Path root = rehearsal.host("h1").root();
        Path etcd = root.resolve("etc/kubernetes/manifests/etcd.yaml");
        String manifest = Files.readString(etcd);
        Files.delete(etcd);
        Map<String, String> before = files(root);
        Ended failed = runs.run(engine, rehearsal.cluster(), "renew-certificates", Map.of());
        assertThat(failed.state()).as(failed::details).isEqualTo("failed");
        assertThat(failed.details()).contains("there is no /etc/kubernetes/manifests/etcd.yaml on this host", "backup: {before: []}");
        assertThat(files(root)).isEqualTo(before);
        Files.writeString(etcd, manifest);
    }

    private void theSpecMayWantNoBackup(Engine engine, Rehearsal rehearsal) throws Exception {
        Cluster plain = rehearsal.cluster();
        Cluster without = new Cluster(plain.name(), plain.kubernetes(), plain.packages(), plain.runtime(), plain.network(), plain.hosts(),
                plain.onFailure(), plain.maxFailedHosts(), new Cluster.Backup(Set.of(Cluster.Occasion.UPGRADE), 5, Optional.empty()));
        Ended renewed = runs.run(engine, without, "renew-certificates", Map.of());
        assertThat(renewed.state()).as(renewed::details).isEqualTo("succeeded");
        assertThat(renewed.details()).contains("no backup is taken before this renew-certificates, as the spec says");
        assertThat(backups()).as("that of the first renewal").hasSize(1);
    }

    private void anExternalAuthorityIsRefused(Engine engine, Rehearsal rehearsal) throws Exception {
        Path root = rehearsal.host("h1").root();
        Files.delete(root.resolve("etc/kubernetes/pki/front-proxy-ca.key"));
        Map<String, String> before = files(root);

        Ended failed = runs.run(engine, rehearsal.cluster(), "renew-certificates", Map.of());

        assertThat(failed.state()).isEqualTo("failed");
        assertThat(failed.message()).contains("h1", "the key of the CA /etc/kubernetes/pki/front-proxy-ca.crt is not on this host");
        assertThat(files(root)).isEqualTo(before);
    }
}
