package dev.caravan.facts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.routes.RouteFiles;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Cluster.Cni;
import dev.caravan.tables.KubernetesTable;
import dev.caravan.tables.NetworkTable;
import dev.caravan.tables.PreflightTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The kernel that a pod network asks for, from routes/data/networks.yaml. */
class NetworkKernelTest extends VersionFindings {
    @ParameterizedTest
    @CsvSource({
        // Rocky 8 and Debian 10, for which kubeadm's own check says nothing before 1.32
        "1.31.14, CALICO, '', 4.18.0-553.el8_10.x86_64, calico v3.29.7",
        "1.34.4, CALICO, '', 5.4.0-216-generic, calico v3.32.1",
        "1.37.2, CALICO, '', 5.4.0-216-generic, calico v3.33.0",
        "1.37.2, CALICO, '', 5.10.0-35-amd64, ",
        "1.20.2, CALICO, '', 4.18.0-553.el8_10.x86_64, ",
        "1.37.2, CALICO, own.yaml, 5.4.0-216-generic, ",
        "1.37.2, CILIUM, own.yaml, 5.4.0-216-generic, cilium",
        "1.33.5, CILIUM, own.yaml, 5.4.0-216-generic, ",
        "1.37.2, FLANNEL, '', 5.4.0-216-generic, ",
        "1.37.2, BRIDGE, '', 5.4.0-216-generic, "
    })
    void isWarnedOfIfItIsOlder(String version, Cni cni, String manifest, String kernel, String network) {
        all("kernel", kernel);

        assertThat(said(with(version, cni, manifest))).isEqualTo(network == null ? List.of()
                : List.of("warns kernel [h1, h2]: kernel " + kernel + " is too old for " + network + ", which asks for 5.10"));
    }

    @Test
    void isThatOfAUsersTable(@TempDir Path directory) throws IOException {
        Files.createDirectories(directory.resolve("data"));
        Files.writeString(directory.resolve("data/networks.yaml"),
                "flannel:\n  1.13: {release: v9, manifest: 'https://example.com/flannel.yml', kernel: 5.15}\n");
        Preflight own = new Preflight(Limits.defaults(), KubernetesTable.builtIn(), NetworkTable.of(RouteFiles.with(directory)),
                PreflightTable.builtIn());

        assertThat(findings(own, with("1.37.2", Cni.FLANNEL, ""))).extracting(Finding::problem)
                .containsExactly("kernel 5.14.0-570.12.1.el9_6.x86_64 is too old for flannel v9, which asks for 5.15");
    }

    private static Cluster with(String version, Cni cni, String manifest) {
        Cluster plain = cluster(version, Map.of());
        return new Cluster(plain.name(), plain.kubernetes(), plain.packages(), plain.runtime(),
                new Cluster.Network(cni, Optional.of(manifest).filter(text -> !text.isEmpty())), plain.hosts(), plain.onFailure());
    }
}
