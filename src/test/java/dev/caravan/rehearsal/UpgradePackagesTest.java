package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.packages.Family;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The scripts that upgrade packages, and their undo, on hosts whose administrator has repository files too. */
class UpgradePackagesTest extends PackageScripts {
    private static final String FORMER_URL = YUM_URL.replace("1.37", "1.36");
    private static final Map<String, String> UPGRADE =
            Map.of("UPGRADE_FROM", "1.36.3", "UPGRADE_TO", "1.37.2", "UPGRADE_VERSION", "1.37.2", "KUBERNETES_MINOR", "37");

    /* The administrator's file has the former minor, so only it can give the former kubeadm; Caravan added its excludes there. */
    @Test
    void theUndoInstallsTheFormerPackageThoughTheAdministratorsFileExcludesIt() throws IOException {
        try (Host host = start("1.36.3", Family.YUM)) {
            Path file = host.root().resolve("etc/yum.repos.d/k8s.repo");
            Files.writeString(file, "[k8s]\nname=ours\nbaseurl=" + FORMER_URL + "\nenabled=1\ngpgcheck=1\ngpgkey=file:///etc/pki/k8s\n");
            Map<String, String> former = Map.of("KUBERNETES_REPO_URL", FORMER_URL);
            host.run("package-repository", former);
            host.run("kube-install", former);
            assertThat(file).content().contains("exclude=kubelet kubeadm");
            host.rehearsal.offer("1.37.2");

            StepDriver.Result upgraded = host.run("upgrade-packages", upgrade(YUM_URL));
            assertThat(version(host)).isEqualTo("1.37.2");

            Connection.Answer undone = host.undo("undo-upgrade-packages", upgraded.records());

            assertThat(undone.status()).as(undone.toString()).isZero();
            assertThat(undone.out()).doesNotContain("left:");
            assertThat(version(host)).isEqualTo("1.36.3");
            assertThat(file).content().contains("exclude=kubelet kubeadm");
        }
    }

    @ParameterizedTest
    @CsvSource({"YUM, yum, /etc/yum.repos.d", "APT, apt-get, /etc/apt/sources.list.d"})
    void anUpgradeThatFailsNamesTheDirectoryOfTheRepositoryFiles(Family family, String manager, String directory) throws IOException {
        try (Host host = start("1.36.3", family)) {
            String url = family == Family.YUM ? YUM_URL : APT_URL;
            Map<String, String> former = Map.of("KUBERNETES_REPO_URL", url.replace("1.37", "1.36"));
            host.run("package-repository", former);
            host.run("kube-install", former);
            host.rehearsal.offer("1.37.2");
            host.insteadOf(manager, "case \" $* \" in *' install '*) echo 'Error: it is broken'; exit 1 ;; esac");

            StepDriver.Result result = host.driver.run("h1", "upgrade-packages", upgrade(url), "");

            assertThat(result.status()).isEqualTo(1);
            assertThat(result.log()).contains("The repository files are under " + directory + ".");
        }
    }

    private static Map<String, String> upgrade(String url) {
        Map<String, String> environment = new TreeMap<>(UPGRADE);
        environment.put("KUBERNETES_REPO_URL", url);
        return environment;
    }

    private static String version(Host host) throws IOException {
        return Files.readString(host.root().resolve(".rehearsal/packages/kubeadm/version")).strip();
    }
}
