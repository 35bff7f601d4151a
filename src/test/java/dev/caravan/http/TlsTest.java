package dev.caravan.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.cli.CaravanCommand;
import dev.caravan.cli.Console;
import dev.caravan.testkit.Serving;
import java.io.StringWriter;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPrivateKey;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaMiscPEMGenerator;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.openssl.jcajce.JceOpenSSLPKCS8EncryptorBuilder;
import org.bouncycastle.openssl.PKCS8Generator;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemObjectGenerator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A real server with a certificate. */
class TlsTest {
    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir
    static Path directory;

    @RegisterExtension
    final Console console = new Console();

    private static final ExecutorService HANDSHAKES = Executors.newSingleThreadExecutor();
    private static Serving serving;
    private static Path certificate;
    private static Path key;

    @BeforeAll
    static void serve() throws Exception {
        certificate = directory.resolve("tls.crt");
        key = directory.resolve("tls.key");
        write(certificate, key, pair("EC", 256), "SHA256withECDSA", 1);
        serving = Serving.start(directory.resolve("serving"), Optional.empty(),
                Map.of("caravan.http.tls-cert", certificate.toString(), "caravan.http.tls-key", key.toString()));
    }

    @AfterAll
    static void stop() {
        HANDSHAKES.shutdown();
        serving.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void isSpokenInItsCurrentVersions(String version) throws Exception {
        try (SSLSocket socket = connect(version)) {
            assertThat(socket.getSession().getProtocol()).isEqualTo(version);
            socket.getOutputStream()
                    .write("GET /observe/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".getBytes(StandardCharsets.UTF_8));
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8)).startsWith("HTTP/1.1 200")
                    .contains("\"UP\"");
        }
    }

    /** By hand, as no Java of today would say this: a greeting of TLS 1.1 and of 1.0, answered by the alert protocol_version (70). */
    @ParameterizedTest
    @ValueSource(strings = {"0302", "0301"})
    void isNotSpokenInOldVersions(String version) throws Exception {
        String body = version + "00".repeat(32) + "00" + "0006" + "c013c009002f" + "0100" + "000e" + "000a00040002001d" + "000b00020100";
        String hello = "01" + "%06x".formatted(body.length() / 2) + body;
        byte[] record = HexFormat.of().parseHex("160301" + "%04x".formatted(hello.length() / 2) + hello);
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), serving.port())) {
            socket.setSoTimeout((int) LONG.toMillis());
            socket.getOutputStream().write(record);
            byte[] answer = socket.getInputStream().readNBytes(7);
            assertThat(answer[0]).as("%s", Arrays.toString(answer)).isEqualTo((byte) 21);
            assertThat(answer[6]).isEqualTo((byte) 70);
        }
    }

    @Test
    void plainHttpGetsNoAnswer() throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), serving.port())) {
            socket.setSoTimeout((int) LONG.toMillis());
            socket.getOutputStream()
                    .write("GET /observe/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".getBytes(StandardCharsets.UTF_8));
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1)).doesNotContain("HTTP/1.1")
                    .doesNotContain("UP");
        }
    }

    @Test
    void commandsAskAServerWhoseSignerTheyAreGivenAndNoOther(@TempDir Path files) throws Exception {
        Path other = files.resolve("other.crt");
        write(other, files.resolve("other.key"), pair("EC", 256), "SHA256withECDSA", 2);
        Path empty = Files.writeString(files.resolve("empty.crt"), "");
        String server = "https://localhost:" + serving.port();

        assertThat(told("runs", "--server", server, "--server-ca", certificate.toString())).startsWith("0 ");
        assertThat(told("runs", "--server", server)).startsWith("2 ").contains("not signed by an authority that is trusted here")
                .contains("--server-ca FILE");
        assertThat(told("runs", "--server", server, "--server-ca", other.toString())).startsWith("2 ")
                .contains("not signed by an authority that is trusted here");
        assertThat(told("runs", "--server", server.replace("localhost", "127.0.0.1"), "--server-ca", certificate.toString()))
                .startsWith("2 ").contains("is for another name");
        assertThat(told("runs", "--server", server.replace("https", "http"))).startsWith("2 ").contains("is it https:// there?");
        assertThat(told("runs", "--server", server, "--server-ca", empty.toString())).startsWith("2 ").contains("holds no certificate");
        assertThat(told("runs", "--server", server, "--server-ca", files.resolve("none").toString())).startsWith("2 ")
                .contains("there is no such file");
    }

    @Test
    void itsHealthCanBeAskedForOnTheSameMachine() throws Exception {
        assertThat(told("health", "--port", Integer.toString(serving.port()))).startsWith("0 ");
        int free;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            free = socket.getLocalPort();
        }
        assertThat(told("health", "--port", Integer.toString(free))).startsWith("2 ").contains("no server answers");
    }

    /** The exit status and what was printed for people to correct. */
    private String told(String... command) {
        console.forget();
        return CaravanCommand.execute(command) + " " + console.err();
    }

    /** Handshakes go on meanwhile, as clients do not wait for a renewal. */
    @Test
    void aRenewedCertificateIsUsedAndABrokenOneIsNot() throws Exception {
        GuardedVertx vertx = serving.engine().context().getRegistry().findSingleByType(GuardedVertx.class);
        for (int serial = 70; serial < 78; serial++) {
            BigInteger before = serial();
            write(certificate, key, pair("EC", 384), "SHA384withECDSA", serial);
            // Two writes within a tick of the file system's clock would look like one.
            Files.setLastModifiedTime(key, FileTime.from(Instant.now().plusSeconds(serial)));
            Future<BigInteger> meanwhile = HANDSHAKES.submit(TlsTest::serial);
            vertx.lookForRenewal();
            assertThat(meanwhile.get()).isIn(before, BigInteger.valueOf(serial));
            assertThat(serial()).isEqualTo(BigInteger.valueOf(serial));
        }
        Files.writeString(key, "gone wrong");
        vertx.lookForRenewal();
        assertThat(serial()).isEqualTo(BigInteger.valueOf(77));
    }

    private static BigInteger serial() throws Exception {
        try (SSLSocket socket = connect("TLSv1.3")) {
            return ((X509Certificate) socket.getSession().getPeerCertificates()[0]).getSerialNumber();
        }
    }

    // ---- files

    @ParameterizedTest
    @CsvSource({"RSA,1024,SHA256withRSA", "EC,384,SHA256withECDSA", "Ed25519,255,Ed25519"})
    void keysOfTheUsualKindsCanBeUsed(String algorithm, int size, String signature) throws Exception {
        GuardedVertx vertx = serving.engine().context().getRegistry().findSingleByType(GuardedVertx.class);
        write(certificate, key, pair(algorithm, size), signature, size);
        vertx.lookForRenewal();
        assertThat(serial()).isEqualTo(BigInteger.valueOf(size));
    }

    /** PKCS #1 and SEC 1, as older tools write them. */
    @ParameterizedTest
    @CsvSource({"RSA,1024,SHA256withRSA", "EC,256,SHA256withECDSA"})
    void keysInTheirOlderFormsCanBeUsed(String algorithm, int size, String signature, @TempDir Path files) throws Exception {
        TlsFiles tls = new TlsFiles(files.resolve("c"), files.resolve("k"));
        KeyPair pair = pair(algorithm, size);
        write(tls.certificate(), tls.key(), pair, signature, 5);
        Files.writeString(tls.key(), pem(pair.getPrivate() instanceof ECPrivateKey ec
                ? new PemObject("EC PRIVATE KEY",
                        new org.bouncycastle.asn1.sec.ECPrivateKey(size, ec.getS(), SECObjectIdentifiers.secp256r1).getEncoded())
                : new JcaMiscPEMGenerator(pair.getPrivate())));
        assertThat(Files.readString(tls.key())).contains("BEGIN " + algorithm + " PRIVATE KEY");
        assertThat(keyOf(tls)).isEqualTo(algorithm);
    }

    private static String keyOf(TlsFiles tls) throws Exception {
        KeyStore store = tls.read();
        return store.getKey(store.aliases().nextElement(), new char[0]).getAlgorithm();
    }

    @Test
    void whatIsWrongWithThemIsSaidWithWhatToDo(@TempDir Path files) throws Exception {
        Path chain = files.resolve("c.pem");
        Path own = files.resolve("k.pem");
        KeyPair pair = pair("EC", 256);
        write(chain, own, pair, "SHA256withECDSA", 5);
        Path other = files.resolve("other.pem");
        write(files.resolve("other.crt"), other, pair("RSA", 1024), "SHA256withRSA", 6);
        Path encrypted = Files.writeString(files.resolve("encrypted.pem"), pem(new JcaPKCS8Generator(pair.getPrivate(),
                new JceOpenSSLPKCS8EncryptorBuilder(PKCS8Generator.AES_256_CBC).setPassword("canary-22".toCharArray()).build())));
        Path binary = Files.write(files.resolve("binary"), pair.getPrivate().getEncoded());

        refuses(files.resolve("none"), own, "there is no file " + files.resolve("none"));
        refuses(chain, files.resolve("none"), "there is no file");
        refuses(own, own, "holds no certificate", "BEGIN CERTIFICATE");
        refuses(chain, chain, "holds no private key", "BEGIN PRIVATE KEY");
        refuses(chain, other, "is not that of the first certificate", "CN=localhost");
        refuses(chain, encrypted, "is encrypted", "openssl pkey");
        refuses(chain, binary, "is not PEM");
        refuses(files, own, "cannot be read");
    }

    private static void refuses(Path chain, Path secret, String... words) {
        assertThatThrownBy(() -> new TlsFiles(chain, secret).read()).isInstanceOf(TlsFiles.Unusable.class)
                .message().contains(words).doesNotContain("canary");
    }

    // ----

    private static SSLSocket connect(String version) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new Anybody()}, null);
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), serving.port());
        socket.setSoTimeout((int) LONG.toMillis());
        socket.setEnabledProtocols(new String[] {version});
        socket.startHandshake();
        return socket;
    }

    private static KeyPair pair(String algorithm, int size) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
        generator.initialize(size);
        return generator.generateKeyPair();
    }

    private static void write(Path certificate, Path key, KeyPair pair, String signature, int serial) throws Exception {
        X500Name name = new X500Name("CN=localhost");
        Date now = new Date();
        X509CertificateHolder holder = new JcaX509v3CertificateBuilder(name, BigInteger.valueOf(serial),
                new Date(now.getTime() - 86_400_000L),
                new Date(now.getTime() + 86_400_000L), name, pair.getPublic())
                .build(new JcaContentSignerBuilder(signature).build(pair.getPrivate()));
        Files.writeString(certificate, pem(new JcaMiscPEMGenerator(holder)));
        Files.writeString(key, pem(new JcaPKCS8Generator(pair.getPrivate(), null)));
    }

    private static String pem(PemObjectGenerator object) throws Exception {
        StringWriter text = new StringWriter();
        try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
            writer.writeObject(object);
        }
        return text.toString();
    }

    /** The test knows whom it talks to. */
    private static final class Anybody implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {
            // nobody is checked
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {
            // nobody is checked
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
