package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.packages.Family;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Modules for rules of iptables: looked for and installed, but left to the kernel to load. */
class KernelModulesTest extends PackageScripts {
    private static final String KERNEL = "5.14.0-570.12.1.el9_6.x86_64";
    private static final String EXTRA = "kernel-modules-extra-" + KERNEL;

    @ParameterizedTest
    @CsvSource({"v1.8.11 (nf_tables), 'xt_comment\nnft_compat'", "v1.8.4 (legacy), xt_comment", "v1.4.21, xt_comment"})
    void thoseThatTheKernelLacksAreInItsFacts(String iptables, String missing) throws IOException {
        try (Host host = start("1.37.2", Family.YUM)) {
            lacksModules(host, iptables);

            assertThat(host.run("facts").outputs()).containsEntry("moduleMissing", missing.replace("\\n", "\n"));
        }
    }

    /* The lab's hosts are like this, and every kernel that has all it has built in. */
    @Test
    void aKernelWithoutLoadableModulesIsNotJudged() throws IOException {
        try (Host host = start("1.37.2", Family.YUM)) {
            lacksModules(host, "v1.8.11 (nf_tables)");
            Files.writeString(host.root().resolve("lib/modules/" + KERNEL + "/modules.dep"), "");

            assertThat(host.run("facts").outputs()).doesNotContainKey("moduleMissing");
            assertThat(host.run("os-prepare").changes()).noneMatch(change -> change.startsWith("install"));
        }
    }

    @Test
    void theirPackageIsInstalledOnceAndRemovedByTheUndoAndNothingIsLoaded() throws IOException {
        try (Host host = start("1.37.2", Family.YUM)) {
            lacksModules(host, "v1.8.11 (nf_tables)");

            StepDriver.Result result = host.run("os-prepare");

            assertThat(result.changes()).contains("install " + EXTRA + ", as the kernel has no xt_comment nft_compat");
            assertThat(host.root().resolve("run/loaded")).doesNotExist();
            assertThat(host.root().resolve("etc/modules-load.d/caravan.conf")).content().doesNotContain("xt_", "nft_");
            assertThat(host.run("os-prepare").changes()).isEmpty();

            Connection.Answer undone = host.undo("undo", result.records());

            assertThat(undone.status()).as(undone.toString()).isZero();
            assertThat(host.root().resolve("run/extra")).doesNotExist();
        }
    }

    /** As EL10 is without that package: modprobe fails, and says nothing with -q. */
    private static void lacksModules(Host host, String iptables) throws IOException {
        Path modules = Files.createDirectories(host.root().resolve("lib/modules/" + KERNEL));
        Files.writeString(modules.resolve("modules.dep"), "kernel/net/bridge/br_netfilter.ko.xz:\n");
        Files.deleteIfExists(host.root().resolve("usr/bin/iptables"));
        host.command("iptables", "echo 'iptables " + iptables + "'");
        host.insteadOf("modprobe", """
                case "$*" in
                  *xt_comment | *nft_compat)
                    case "$*" in *-n*) ;; *) echo "$*" >> "$CARAVAN_ROOT/run/loaded" ;; esac
                    [ -e "$CARAVAN_ROOT/run/extra" ]; exit ;;
                esac""");
        host.insteadOf("yum", "case \" $* \" in *' install '*' " + EXTRA + " '*) : > \"$CARAVAN_ROOT/run/extra\"; exit 0 ;; esac");
        host.insteadOf("rpm", """
                extra=$CARAVAN_ROOT/run/extra
                case "$*" in
                  '-q kernel-modules-extra-'*) [ -e "$extra" ]; exit ;;
                  '-qa --qf %{NAME}=%|EPOCH'*) if [ -e "$extra" ]; then echo 'kernel-modules-extra=0:5.14.0-570.12.1.el9_6.x86_64'; fi ;;
                  '-e kernel-modules-extra-'*) rm "$extra"; exit ;;
                esac""");
    }
}
