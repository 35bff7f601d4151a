package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.caravan.Programs;
import dev.caravan.backups.Backup;
import dev.caravan.backups.BackupDirectory;
import dev.caravan.history.Report;
import dev.caravan.history.RunView;
import dev.caravan.spec.Cluster;
import dev.caravan.testkit.RehearsedRuns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The certificates of a cluster of a rehearsal, made by a real openssl. */
abstract class RehearsedCertificates {
    private static final String WORKSHOP = "\"$(cat \"$CARAVAN_ROOT/.rehearsal/workshop\")\"";

    static final Map<String, String> SETTINGS = Map.of("caravan.certificates.seconds", "2");

    @RegisterExtension
    final Scratch scratch = new Scratch();

    final RehearsedRuns runs = new RehearsedRuns(scratch);

    @BeforeEach
    void needsOpenssl() {
        assumeTrue(Programs.find("openssl").isPresent(), "openssl is not installed here");
    }

    List<Backup> backups() throws IOException {
        return new BackupDirectory(runs.data(), "demo").all();
    }

    /** As when a year has passed: all that kubeadm and the kubelet have on this host expires now. */
    static void expire(Rehearsal rehearsal, String host) throws IOException {
        try (Connection connection = new Connection(rehearsal.host(host))) {
            String text = "set -e; shared=" + WORKSHOP + "/shared; pki=$CARAVAN_ROOT/var/lib/kubelet/pki\n"
                    + "etc=$CARAVAN_ROOT/etc/kubernetes\n"
                    + "if [ -f \"$etc/admin.conf\" ]; then\n"
                    + "  echo 0 > \"$shared/certificate-days\"; kubeadm certs renew all; rm \"$shared/certificate-days\"\n"
                    + "  cp \"$etc/admin.conf\" \"$CARAVAN_ROOT/root/.kube/config\"\n"
                    + "fi\n"
                    + "openssl req -new -key \"$shared/pki/admin.key\" -subj /O=system:nodes/CN=system:node:" + host
                    + " > \"$pki/request\"\n"
                    + "{ openssl x509 -req -in \"$pki/request\" -CA \"$shared/pki/ca.crt\" -CAkey \"$shared/pki/ca.key\" -set_serial 77"
                    + " -days 0; cat \"$shared/pki/admin.key\"; } > \"$pki/kubelet-client-current.pem\"\n"
                    + "rm \"$pki/request\"\n";
            Connection.Answer answer = connection.run(text);
            assertThat(answer.status()).as(answer.err()).isZero();
        }
    }

    static String days(RunView shown, String host, String file) {
        return report(shown, host).stream().filter(row -> row.get(0).equals(file)).findFirst().orElseThrow().get(1);
    }

    /** By path, what is in /etc/kubernetes. */
    static Map<String, String> files(Path root) throws IOException {
        Map<String, String> files = new TreeMap<>();
        try (Stream<Path> all = Files.walk(root.resolve("etc/kubernetes"))) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                files.put(root.relativize(file).toString(), Files.readString(file));
            }
        }
        return files;
    }

    /** How often the container of each static pod was stopped. */
    static List<String> containerStops(Rehearsal rehearsal, String host) throws IOException {
        Path directory = rehearsal.host(host).root().resolve(".rehearsal/containers");
        List<String> stops = new ArrayList<>();
        for (String component : List.of("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")) {
            if (Files.exists(directory.resolve(component))) {
                stops.add(component + " " + Files.readAllLines(directory.resolve(component)).size());
            }
        }
        return stops;
    }

    static List<List<String>> report(RunView run, String host) {
        return Report.rows(run.hosts().stream().filter(one -> one.name().equals(host)).findFirst().orElseThrow()
                .steps().get("certificates-read").report());
    }

    Rehearsal start(Cluster cluster) throws Exception {
        return Rehearsal.start(cluster, List.of(), scratch.directory(), Rehearsal.Options.usual().withPace(0));
    }
}
