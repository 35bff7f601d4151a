package dev.caravan.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.access.Tokens;
import dev.caravan.spec.Secret;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class ServeCommandTest {
    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "::"})
    void otherMachinesAreServedWithATokenOnly(String host) throws Exception {
        assertThatThrownBy(() -> ServeCommand.requireListenable(host, 0, false)).isInstanceOf(UserError.class)
                .hasMessageContaining("a token or a login is needed");
        ServeCommand.requireListenable("0.0.0.0", 0, true);
    }

    @Test
    void refusingIsExitStatusTwo() {
        assertThat(CaravanCommand.execute("serve", "--host", "0.0.0.0", "--port", "0", "--data", directory.toString(), "--token-file",
                directory.resolve("none").toString()))
                .isEqualTo(2);
        assertThat(directory).isEmptyDirectory();
    }

    @ParameterizedTest
    @ValueSource(strings = {"rwxrwxrwx", "rwx----w-"})
    void aDataDirectoryThatOthersMayWriteIntoIsRefused(String permissions) throws Exception {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(permissions));
        for (String command : List.of("serve", "runs", "rehearse")) {
            StringWriter said = new StringWriter();
            CommandLine caravan = CaravanCommand.commandLine().setErr(new PrintWriter(said));
            List<String> arguments = new ArrayList<>(List.of(command, "--data", directory.toString()));
            arguments.addAll(command.equals("rehearse") ? List.of("-f", "examples/three-nodes.yaml") : List.of());
            assertThat(caravan.execute(arguments.toArray(new String[0]))).as(command).isEqualTo(2);
            assertThat(said.toString()).contains("chmod o-w " + directory);
        }
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void aDataDirectoryThatItsGroupMayWriteIntoIsTaken() throws Exception {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwx---"));
        assertThat(CaravanCommand.execute("runs", "--data", directory.toString())).isZero();
    }

    @Test
    void anAddressOfAnotherMachineIsNamed() {
        assertThatThrownBy(() -> ServeCommand.requireListenable("192.0.2.1", 0, true))
                .isInstanceOf(UserError.class).hasMessage("--host 192.0.2.1 is not an address of this machine");
    }

    @Test
    void aPortThatIsTakenIsNamed() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThatThrownBy(() -> ServeCommand.requireListenable("127.0.0.1", taken.getLocalPort(), false))
                    .isInstanceOf(UserError.class).hasMessageContaining("port " + taken.getLocalPort()).hasMessageContaining("--port");
        }
    }

    @Test
    void theTokenComesFromTheFileElseFromTheEnvironment() throws Exception {
        Path file = Files.writeString(directory.resolve("token"), "from-file\n");
        assertThat(ServeCommand.token(file, Map.of("CARAVAN_TOKEN", "from-environment"))).contains(new Secret("from-file"));
        assertThat(ServeCommand.token(null, Map.of("CARAVAN_TOKEN", "from-environment"))).contains(new Secret("from-environment"));
        assertThat(ServeCommand.token(null, Map.of("CARAVAN_TOKEN", " "))).isEmpty();
        assertThat(ServeCommand.token(null, Map.of())).isEmpty();
    }

    @Test
    void aCertificateWithoutItsKeyIsAnError() throws Exception {
        assertThat(ServeCommand.tls(null, null)).isEmpty();
        assertThatThrownBy(() -> ServeCommand.tls(directory.resolve("c"), null)).isInstanceOf(UserError.class)
                .hasMessageContaining("--tls-key");
        assertThatThrownBy(() -> ServeCommand.tls(null, directory.resolve("k"))).isInstanceOf(UserError.class)
                .hasMessageContaining("--tls-cert");
        assertThatThrownBy(() -> ServeCommand.tls(directory.resolve("c"), directory.resolve("k"))).isInstanceOf(UserError.class)
                .hasMessageContaining("there is no file");
    }

    @Test
    void aTokenFileThatHoldsNoneIsAnError() throws Exception {
        Path empty = Files.writeString(directory.resolve("empty"), "\n");
        assertThatThrownBy(() -> ServeCommand.token(empty, Map.of("CARAVAN_TOKEN", "x"))).isInstanceOf(UserError.class);
        assertThatThrownBy(() -> ServeCommand.token(directory.resolve("none"), Map.of())).isInstanceOf(UserError.class)
                .hasMessageContaining("no such file");
    }
}
