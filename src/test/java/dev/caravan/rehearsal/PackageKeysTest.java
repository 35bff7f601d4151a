package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.packages.Family;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The scripts on keys of repositories that have expired, and are at their addresses in a newer copy. */
class PackageKeysTest extends PackageScripts {
    /* The key of pkgs.k8s.io was prolonged in November 2024: https://github.com/kubernetes/release/issues/3818 */
    @ParameterizedTest
    @CsvSource({"new, 0", "old, 1"})
    void anExpiredKeyOfAptIsFetchedOnceAgain(String atItsAddress, int status) throws IOException {
        try (Host host = start("1.37.2", Family.APT)) {
            host.run("package-repository");
            Path key = host.root().resolve("etc/apt/keyrings/kubernetes-1.asc");
            Files.writeString(key, "-----BEGIN PGP PUBLIC KEY BLOCK-----old");
            Files.writeString(key.resolveSibling("caravan-runtime-1.asc"), "-----BEGIN PGP PUBLIC KEY BLOCK-----" + atItsAddress);
            Files.delete(host.root().resolve("var/lib/apt/lists/mirror.example_kubernetes_core_stable_v1.37_deb_Packages"));
            host.insteadOf("curl", "while [ $# -gt 0 ]; do [ \"$1\" != -o ] || file=$2; shift; done; cat > /dev/null; "
                    + "printf -- '-----BEGIN PGP PUBLIC KEY BLOCK-----" + atItsAddress + "' > \"$file\"; exit 0");
            host.insteadOf("apt-get", """
                    case " $* " in
                      *' update '*)
                        if grep -q 'BLOCK-----old' "$CARAVAN_ROOT/etc/apt/keyrings/kubernetes-1.asc"; then
                          echo 'W: Failed to fetch https://pkgs.k8s.io/core:/stable:/v1.30/deb/InRelease  The \
                    following signatures were invalid: EXPKEYSIG 234654DA9A296436 \
                    isv:kubernetes OBS Project <isv:kubernetes@build.opensuse.org>' >&2
                          exit 100
                        fi ;;
                    esac""");

            StepDriver.Result result = host.ends("package-repository", status);

            assertThat(key).hasContent("-----BEGIN PGP PUBLIC KEY BLOCK-----" + atItsAddress);
            assertThat(result.log().contains("reading the package index with the newer keys")).isEqualTo(status == 0);
            assertThat(result.changes()).isEqualTo(status == 0 ? List.of("update /etc/apt/keyrings/kubernetes-1.asc") : List.of());
        }
    }

    /* rpm keeps a key under the name that it has, prolonged or not, as rpm 4.18 was seen to do. */
    @Test
    void anExpiredKeyOfRpmIsReplacedAndRestoredByTheUndo() throws IOException {
        try (Host host = start("1.37.2", Family.YUM)) {
            host.run("package-repository");
            Path key = Files.createDirectories(host.root().resolve("rpm-keys")).resolve("gpg-pubkey-0ebb0ee5");
            Files.writeString(key, "old");
            host.insteadOf("rpm", """
                    db=$CARAVAN_ROOT/rpm-keys
                    if [ "$1" = --dbpath ]; then db=$2; shift 2; fi
                    case "$*" in
                      '--import '*) [ -s "$db/gpg-pubkey-0ebb0ee5" ] || cp "$2" "$db/gpg-pubkey-0ebb0ee5"; exit 0 ;;
                      '-qa --qf %{NAME}-%{VERSION}'*) ls "$db"; exit 0 ;;
                      '-q --qf %{DESCRIPTION} gpg-pubkey-0ebb0ee5') cat "$db/gpg-pubkey-0ebb0ee5"; exit ;;
                      '-e --allmatches gpg-pubkey-0ebb0ee5') rm "$db/gpg-pubkey-0ebb0ee5"; exit ;;
                    esac""");
            host.insteadOf("curl",
                    "while [ $# -gt 0 ]; do [ \"$1\" != -o ] || file=$2; shift; done; cat > /dev/null; printf new > \"$file\"; exit 0");
            host.insteadOf("yum", "case \" $* \" in *' install '*) if [ \"$(cat \"$CARAVAN_ROOT/rpm-keys/gpg-pubkey-0ebb0ee5\")\" = old ]; "
                    + "then echo 'Error: GPG check FAILED'; exit 1; fi ;; esac");

            StepDriver.Result result = host.run("kube-install");

            assertThat(key).hasContent("new");
            assertThat(result.changes()).contains("replace the key gpg-pubkey-0ebb0ee5 of rpm by the one that its address has now");
            String record = result.log().lines().filter(line -> line.startsWith("caravan-found\trpm-key\t")).findFirst().orElseThrow();
            assertThat(host.undo("undo", record.substring("caravan-found\t".length()) + "\n").status()).isZero();
            assertThat(key).hasContent("old");
        }
    }

    /* dnf 4 and dnf5 keep the keys of indices in directories of their own, and read no newer copy of a key that is there. */
    @ParameterizedTest
    @ValueSource(strings = {"dnf", "libdnf5"})
    void theKeysThatDnfKeptAreRemovedSoThatItReadsThemAgain(String cache) throws IOException {
        try (Host host = start("1.37.2", Family.YUM)) {
            host.run("package-repository");
            Path repository = host.root().resolve("var/cache/" + cache + "/kubernetes-0123456789abcdef");
            Path ring = Files.createDirectories(repository.resolve("pubring"));
            Files.writeString(ring.resolve("pubring.kbx"), "old");
            Path index = Files.writeString(repository.resolve("repomd.xml"), "");
            host.insteadOf("yum", "case \" $* \" in *' install '*) if [ -e '" + ring + "' ]; then echo \"Error: Failed to download "
                    + "metadata for repo 'kubernetes': repomd.xml GPG signature verification error: Bad GPG signature\"; "
                    + "exit 1; fi ;; esac");

            StepDriver.Result result = host.run("kube-install");

            assertThat(result.log()).contains("a key was replaced by a newer one: trying again");
            assertThat(ring).doesNotExist();
            assertThat(index).exists();
        }
    }
}
