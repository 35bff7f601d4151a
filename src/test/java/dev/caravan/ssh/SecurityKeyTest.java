package dev.caravan.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.testkit.OpenSshServer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.Signature;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * A FIDO key that an agent holds, with a real OpenSSH server. The agent is the test's own, as a real one wants a real token; it signs as
 * OpenSSH's PROTOCOL.u2f says, and the server checks that.
 */
class SecurityKeyTest {
    private static final String TYPE = "sk-ssh-ed25519@openssh.com";
    private static final String APPLICATION = "ssh:";
    /** The user touched the token. */
    private static final int PRESENT = 1;

    @TempDir
    private Path directory;

    @RegisterExtension
    final OpenSshServer server = OpenSshServer.forTest();

    @Test
    void logsInWithAKeyOfAToken() throws Exception {
        Path socket = directory.resolve("agent");
        try (TokenAgent agent = new TokenAgent(socket);
                SshSessions sessions = new SshSessions(new SshSessions.Options(5, Duration.ofMinutes(1), Optional.of(socket)))) {
            server.authorize(TYPE + " " + Base64.getEncoder().encodeToString(agent.publicKey()) + " token");

            SshResult result = sessions.execute(Access.to(server.port()).agent().loopback(), SshCommand.of("echo in"))
                    .toCompletableFuture().get(60, TimeUnit.SECONDS);

            assertThat(result.stdoutText()).isEqualTo("in\n");
        }
    }

    /** An ssh-agent with one key, whose token is always touched at once. */
    private static final class TokenAgent implements AutoCloseable {
        private static final int REQUEST_IDENTITIES = 11;
        private static final int IDENTITIES_ANSWER = 12;
        private static final int SIGN_REQUEST = 13;
        private static final int SIGN_RESPONSE = 14;
        private static final int FAILURE = 5;

        private final ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        private final KeyPair pair;
        private int counter;

        TokenAgent(Path socket) throws IOException, GeneralSecurityException {
            pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
            server.bind(UnixDomainSocketAddress.of(socket));
            Thread thread = new Thread(this::serve, "token-agent");
            thread.setDaemon(true);
            thread.start();
        }

        byte[] publicKey() throws IOException {
            byte[] encoded = pair.getPublic().getEncoded();
            return fields(TYPE.getBytes(StandardCharsets.US_ASCII), Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length),
                    APPLICATION.getBytes(StandardCharsets.US_ASCII));
        }

        private void serve() {
            while (server.isOpen()) {
                try (SocketChannel client = server.accept()) {
                    DataInputStream in = new DataInputStream(Channels.newInputStream(client));
                    DataOutputStream out = new DataOutputStream(Channels.newOutputStream(client));
                    while (true) {
                        byte[] request = in.readNBytes(in.readInt());
                        byte[] answer = answer(request);
                        out.write(fields(answer));
                    }
                } catch (EOFException e) {
                    // the client has gone; the next one may come
                } catch (IOException | GeneralSecurityException e) {
                    return;
                }
            }
        }

        private byte[] answer(byte[] request) throws IOException, GeneralSecurityException {
            ByteArrayOutputStream answer = new ByteArrayOutputStream();
            DataOutputStream out = new DataOutputStream(answer);
            DataInputStream in = new DataInputStream(new ByteArrayInputStream(request));
            switch (in.readUnsignedByte()) {
                case REQUEST_IDENTITIES -> {
                    out.writeByte(IDENTITIES_ANSWER);
                    out.writeInt(1);
                    out.write(fields(publicKey(), "token".getBytes(StandardCharsets.US_ASCII)));
                }
                case SIGN_REQUEST -> {
                    assertThat(in.readNBytes(in.readInt())).isEqualTo(publicKey());
                    out.writeByte(SIGN_RESPONSE);
                    out.write(fields(sign(in.readNBytes(in.readInt()))));
                }
                default -> out.writeByte(FAILURE);
            }
            return answer.toByteArray();
        }

        private byte[] sign(byte[] data) throws IOException, GeneralSecurityException {
            counter++;
            ByteArrayOutputStream said = new ByteArrayOutputStream();
            DataOutputStream signed = new DataOutputStream(said);
            signed.write(sha256(APPLICATION.getBytes(StandardCharsets.US_ASCII)));
            signed.writeByte(PRESENT);
            signed.writeInt(counter);
            signed.write(sha256(data));
            Signature signature = Signature.getInstance("Ed25519");
            signature.initSign(pair.getPrivate());
            signature.update(said.toByteArray());
            ByteArrayOutputStream blob = new ByteArrayOutputStream();
            DataOutputStream out = new DataOutputStream(blob);
            out.write(fields(TYPE.getBytes(StandardCharsets.US_ASCII), signature.sign()));
            out.writeByte(PRESENT);
            out.writeInt(counter);
            return blob.toByteArray();
        }

        private static byte[] sha256(byte[] bytes) throws GeneralSecurityException {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        }

        private static byte[] fields(byte[]... fields) throws IOException {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            DataOutputStream out = new DataOutputStream(bytes);
            for (byte[] each : fields) {
                out.writeInt(each.length);
                out.write(each);
            }
            return bytes.toByteArray();
        }

        @Override
        public void close() throws IOException {
            server.close();
        }
    }
}
